"""What tells the three servers apart: TimescaleDB Community, its Apache edition, plain PostgreSQL."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from psycopg import Connection

from telemetry.model import Chunks
from telemetry.storage import queries
from telemetry.storage.errors import SchemaError

_SQL = queries.beside(__file__)
_OLDEST = 150000  # unique nulls not distinct
_UNRESTORABLE = ([2, 19], [2, 20, 1])
"""From which version on, and before which, a dump of columns is not read back: timescaledb#8893, #8153."""


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


def partition(conn: Connection[Any]) -> None:
    """Make `reading` a hypertable where the server knows them, with a columnstore where it has one."""
    found = server_of(conn)
    if found is not Server.PLAIN:
        conn.execute(_SQL["hypertable"])
    if found is Server.COMMUNITY and conn.execute(_SQL["columnar"]).fetchone() is None:
        conn.execute(_SQL["columnstore"])


def arrange(conn: Connection[Any], chunks: Chunks) -> str:
    """Give chunks their length, and the age at which they become columns; what holds on this server."""
    found = server_of(conn)
    if found is Server.PLAIN:
        return "PostgreSQL: readings lie in one table, without chunks"
    conn.execute(_SQL["owner"])
    conn.execute(_SQL["chunk_interval"], {"chunk": timedelta(days=chunks.days)})
    made = f"chunks of {chunks.days} days"
    if found is Server.APACHE:
        return f"TimescaleDB, Apache edition: {made}, no columnstore"
    version = _version(conn)
    broken = _UNRESTORABLE[0] <= version < _UNRESTORABLE[1]
    after = None if broken else chunks.columnstore
    _set_policy(conn, timedelta(days=after) if after else None)
    return f"TimescaleDB, Community edition: {made}, {_columns(after, version if broken else [])}"


def _columns(after: int | None, broken: list[int]) -> str:
    if broken:
        old, mended = (".".join(map(str, number)) for number in (broken, _UNRESTORABLE[1]))
        return f"no columns: {old} cannot restore a dump of them, {mended} and newer can"
    return f"columns after {after} days" if after else "all of them rows"


def _version(conn: Connection[Any]) -> list[int]:
    row = conn.execute(_SQL["version"]).fetchone()
    return list(row[0]) if row else []


def _set_policy(conn: Connection[Any], after: timedelta | None) -> None:
    """Set anew only what differs: a policy that is made again begins to count its runs again."""
    row = conn.execute(_SQL["policy"]).fetchone()
    if (row[0] if row else None) == after:
        return
    conn.execute(_SQL["remove_policy"])
    if after:
        conn.execute(_SQL["add_policy"], {"after": after})


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
