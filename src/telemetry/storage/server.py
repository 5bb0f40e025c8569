"""What tells the three servers apart: TimescaleDB Community, its Apache edition, plain PostgreSQL."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from psycopg import Connection

from telemetry.storage import queries
from telemetry.storage.errors import SchemaError

_SQL = queries.beside(__file__)
_OLDEST = 150000  # unique nulls not distinct


class Server(StrEnum):
    COMMUNITY = "timescaledb community"
    APACHE = "timescaledb apache"
    PLAIN = "postgresql"


def check_version(conn: Connection[Any]) -> None:
    """Raise SchemaError when the server is older than PostgreSQL 15."""
    if conn.info.server_version < _OLDEST:
        raise SchemaError(f"PostgreSQL {conn.info.server_version // 10000} is too old: 15 or newer is needed")


def server_of(conn: Connection[Any]) -> Server:
    """Which server this is, by what is installed in this database."""
    row = conn.execute(_SQL["license"]).fetchone()
    if row is None:
        return Server.PLAIN
    return Server.COMMUNITY if row[0] == "timescale" else Server.APACHE


def install(conn: Connection[Any]) -> None:
    """Create the TimescaleDB extension where the server has it loaded."""
    if conn.execute(_SQL["loaded"]).fetchone() is not None:
        conn.execute(_SQL["install"])


def partition(conn: Connection[Any], chunk: timedelta) -> None:
    """Make `reading` a hypertable of chunks as long as `chunk`, where the server knows hypertables."""
    if server_of(conn) is not Server.PLAIN:
        conn.execute(_SQL["hypertable"], {"chunk": chunk})
        conn.execute(_SQL["chunk_interval"], {"chunk": chunk})


def expiry_bound(conn: Connection[Any], before: datetime) -> datetime | None:
    """Up to where readings older than `before` can go: the end of a chunk, where there are chunks."""
    if server_of(conn) is Server.PLAIN:
        return before
    row = conn.execute(_SQL["chunk_edge"], {"before": before}).fetchone()
    edge: datetime | None = row[0] if row else None
    return edge


def drop_chunks(conn: Connection[Any], bound: datetime) -> bool:
    """Drop the chunks that end by `bound`; False where there are none and rows have to be deleted."""
    if server_of(conn) is Server.PLAIN:
        return False
    conn.execute(_SQL["owner"])
    conn.execute(_SQL["drop_chunks"], {"bound": bound})
    return True
