"""Which edition of each library the statement was last made with."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


def changed(conn: Connection[Any], library: str, digest: str, now: datetime) -> bool:
    """Whether the library's hash is another than at the last call; the very first call changes nothing."""
    before = conn.execute(_SQL["stands"], {"library": library}).fetchone()
    conn.execute(_SQL["put"], {"library": library, "hash": digest, "now": now})
    return before is not None and before[0] != digest
