"""What was found in a meter's readings: flags of settlement, and values that differ from those that stand."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries
from telemetry.storage.terms import BEGINNING

_SQL = queries.beside(__file__)
ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    time: datetime
    quantity: str
    flag: str
    delta: float
    """In the quantity's unit, as the meter shows it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    id: int
    time: datetime
    quantity: str
    standing: float
    """NaN: withdrawn."""
    offered: float
    accepted_by: int | None
    """The correction that accepted what was offered."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One quantity of a meter from `lo` to before `hi`."""

    quantity: str
    lo: datetime
    hi: datetime


def events(conn: Connection[Any], meter_id: int, limit: int, within: Stretch | None = None) -> list[Event]:
    """The newest flags first."""
    rows = conn.cursor(row_factory=class_row(Event))
    return rows.execute(_SQL["events"], _asked(meter_id, limit, within)).fetchall()


def conflicts(
    conn: Connection[Any], meter_id: int, limit: int, within: Stretch | None = None
) -> list[Conflict]:
    """The newest readings first."""
    rows = conn.cursor(row_factory=class_row(Conflict))
    return rows.execute(_SQL["conflicts"], _asked(meter_id, limit, within)).fetchall()


def _asked(meter_id: int, limit: int, within: Stretch | None) -> dict[str, object]:
    everything = Stretch("", BEGINNING, ENDLESS)
    return {"meter": meter_id, "limit": limit, **asdict(within or everything)}
