"""What a tenant's connection sees: views of its scope in the place of the tables."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Spans: TypeAlias = Sequence[tuple[datetime | None, datetime | None]]
"""Stretches [since, until), None: without an end."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the park somebody may see, for what is held in memory."""

    meters: Mapping[str, Spans]
    """By code, when each is theirs."""
    areas: frozenset[str]
    """Those that are theirs at any time."""
    wholly: frozenset[str]
    """Those in which nothing stands now that is another's."""

    def holds(self, meter: str, moment: datetime) -> bool:
        """Whether what this meter shows at a moment is theirs to see."""
        return any(
            (since is None or since <= moment) and (until is None or moment < until)
            for since, until in self.meters.get(meter, ())
        )


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


def scope(conn: Connection[Any]) -> Scope:
    """Of the transaction that runs, as it is now."""
    meters = {
        code: tuple((each.lower, each.upper) for each in spans)
        for code, spans in conn.execute(_SQL["meters"])
    }
    areas = dict(conn.execute(_SQL["areas"]).fetchall())
    return Scope(meters, frozenset(areas), frozenset(code for code, whole in areas.items() if whole))
