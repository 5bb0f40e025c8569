"""Temporary tables of one transaction, through which many rows reach a merge."""

from typing import Any

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


def create(conn: Connection[Any]) -> None:
    """Make the tables newest and settled be there, empty, until the transaction ends."""
    conn.execute(_SQL["newest"])
    conn.execute(_SQL["settled"])
