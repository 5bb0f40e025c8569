"""How much waits for settlement, and how fast it is worked off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries
from telemetry.storage.dirty import Stage

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The marks of one stage."""

    stage: Stage
    meters: int
    days: int
    """Of all meters together, in UTC, each counted once."""
    since: datetime
    """When the oldest of them was made."""
    settled: int
    """Days settled since then, of the last hour at most."""
    days_per_s: float
    """Mean since then, of the last five minutes at most [1/s]."""


def note(conn: Connection[Any], stage: Stage, days: int) -> None:
    """So many days of meters are settled with this transaction."""
    conn.execute(_SQL["note"], {"stage": stage, "days": days})


def forget(conn: Connection[Any]) -> None:
    """Drop what is older than an hour."""
    conn.execute(_SQL["forget"])


def waiting(conn: Connection[Any]) -> dict[Stage, Waiting]:
    """The stages in which marks wait."""
    rows = conn.cursor(row_factory=class_row(Waiting)).execute(_SQL["waiting"]).fetchall()
    return {Stage(row.stage): row for row in rows}
