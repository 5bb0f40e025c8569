"""How often somebody tried a name since the last success, whether or not anybody bears it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Lock:
    """After so many tries a name is closed, at first for `first_s` [s], twice as long each further time."""

    after: int = 5
    first_s: float = 60.0
    longest_s: float = 3600.0


def begin(conn: Connection[Any], name: str, now: datetime, lock: Lock) -> datetime | None:
    """Count one more try before it is made, so that many at once are counted too.

    None where it may be made; else until when the name is closed.
    """
    asked = {"name": name, "now": now, "after": lock.after}
    asked |= {"first_s": lock.first_s, "longest_s": lock.longest_s}
    if conn.execute(_SQL["begin"], asked).fetchone() is not None:
        return None
    row = conn.execute(_SQL["locked"], {"name": name}).fetchone()
    return row[0] if row else now


def succeeded(conn: Connection[Any], name: str) -> None:
    conn.execute(_SQL["succeeded"], {"name": name})


def expire(conn: Connection[Any], before: datetime) -> None:
    """Forget names that nobody tried since."""
    conn.execute(_SQL["expire"], {"before": before})
