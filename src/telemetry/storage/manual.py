"""Who read which value from a meter's display, and what was noted with it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries
from telemetry.storage.findings import Stretch

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One value as it is entered."""

    meter_id: int
    time: datetime
    quantity: str
    value: float
    who: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Draft):
    entered_at: datetime


def put(conn: Connection[Any], drafts: Sequence[Draft]) -> None:
    """The same entry twice changes nothing."""
    conn.cursor().executemany(_SQL["put"], [asdict(draft) for draft in drafts])


def select(conn: Connection[Any], meter_id: int, within: Stretch) -> list[Entered]:
    """By time, in the order in which they were entered."""
    rows = conn.cursor(row_factory=class_row(Entered))
    return rows.execute(_SQL["select"], {"meter": meter_id, **asdict(within)}).fetchall()
