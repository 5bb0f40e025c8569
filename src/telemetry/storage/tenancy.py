"""What a tenant's connection sees: views of its scope in the place of the tables."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Spans: TypeAlias = Sequence[tuple[datetime | None, datetime | None]]
"""Stretches [since, until), None: without an end."""


def make_role(conn: Connection[Any]) -> None:
    """Make parkwatt_tenant where the server lacks it."""
    conn.execute(_SQL["role"])


def clear(conn: Connection[Any]) -> None:
    """Take the views away, so that the tables below them may change."""
    conn.execute(_SQL["drop"])


def install(conn: Connection[Any]) -> None:
    """Give the tenants' role its views as this version has them, and the right to read them."""
    edition = hashlib.sha256(_SQL["views"].encode()).hexdigest()
    if conn.execute(_SQL["standing"]).fetchone() != (edition,):
        conn.execute(_SQL["drop"])
        conn.execute(_SQL["views"])
        conn.execute(_SQL["named"], {"hash": edition})
        conn.execute(_SQL["comment"])
    conn.execute(_SQL["grants"])


def configure(conn: Connection[Any]) -> None:
    """Make a session a tenant's: without a scope it sees nothing."""
    conn.execute(_SQL["session"])


def enter(conn: Connection[Any], areas: Collection[str]) -> None:
    """Set the scope of the transaction that runs: what belongs to these areas and to who occupies them."""
    named = sorted(areas)
    conn.execute(_SQL["scope"], {"areas": named, "home": next(iter(named), "")})


def scope(conn: Connection[Any]) -> Mapping[str, Spans]:
    """Codes of the meters of the transaction's scope, and when each is in it."""
    return {
        code: [(each.lower, each.upper) for each in spans] for code, spans in conn.execute(_SQL["meters"])
    }
