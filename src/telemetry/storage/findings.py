"""What was found in a meter's readings: flags of settlement, and values that differ from those that stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Event:
    time: datetime
    quantity: str
    flag: str


@dataclass(frozen=True, slots=True)
class Conflict:
    time: datetime
    quantity: str
    standing: float
    offered: float


def events(conn: Connection[Any], meter_id: int, limit: int) -> list[Event]:
    """The newest flags first."""
    rows = conn.cursor(row_factory=class_row(Event))
    return rows.execute(_SQL["events"], {"meter": meter_id, "limit": limit}).fetchall()


def conflicts(conn: Connection[Any], meter_id: int, limit: int) -> list[Conflict]:
    """The newest readings first."""
    rows = conn.cursor(row_factory=class_row(Conflict))
    return rows.execute(_SQL["conflicts"], {"meter": meter_id, "limit": limit}).fetchall()
