"""What was answered to requests that may be sent again, by the hash of who asked and of their key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that came before."""

    fingerprint: bytes
    answer: bytes | None
    """None: it is being answered, or that ended without an answer."""


def begin(
    conn: Connection[Any], digest: bytes, fingerprint: bytes, now: datetime, before: datetime
) -> Begun | None:
    """None where it is the first under `digest` since `before`, and counts as begun; else the first."""
    conn.execute(_SQL["expire"], {"before": before})
    asked = {"digest": digest, "fingerprint": fingerprint, "now": now}
    if conn.execute(_SQL["begin"], asked).rowcount == 1:
        return None
    found = conn.cursor(row_factory=class_row(Begun)).execute(_SQL["found"], asked)
    return found.fetchone() or Begun(fingerprint, None)


def answered(conn: Connection[Any], digest: bytes, answer: bytes) -> None:
    conn.execute(_SQL["answered"], {"digest": digest, "answer": answer})


def forget(conn: Connection[Any], digest: bytes) -> None:
    """Nothing came of it: the next one is the first."""
    conn.execute(_SQL["forget"], {"digest": digest})
