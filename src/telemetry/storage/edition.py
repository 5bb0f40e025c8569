"""By what is settled: the site as it was applied, and the edition of each library."""

from collections.abc import Mapping
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


def change(conn: Connection[Any]) -> None:
    """Wait for settlements that run, and let none begin until the transaction ends.

    One that began by what held before could otherwise settle readings that no mark of the change covers.
    """
    conn.execute(_SQL["change"])


def holds(conn: Connection[Any], digests: Mapping[str, str]) -> bool:
    """Whether the statement is made by these libraries; nothing changes until the transaction ends."""
    conn.execute(_SQL["hold"])
    libraries = {"library": list(digests), "hash": list(digests.values())}
    return conn.execute(_SQL["others"], libraries).fetchone() is None
