"""How much room the database takes, and for what."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries
from telemetry.storage.server import Server, server_of

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Relation:
    """One table with its chunks and indexes."""

    name: str
    bytes: int
    rows: int
    """As the server estimates them."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The database as a whole."""

    name: str
    bytes: int
    version: str
    server: Server
    relations: list[Relation]
    """The largest first; what the server itself keeps is in none of them."""


def extent(conn: Connection[Any]) -> Extent:
    """Raises psycopg.Error."""
    row = conn.execute(_SQL["database"]).fetchone()
    assert row is not None  # noqa: S101  # a select without a table has one
    relations = conn.cursor(row_factory=class_row(Relation)).execute(_SQL["relations"]).fetchall()
    return Extent(row[0], row[1], row[2], server_of(conn), relations)
