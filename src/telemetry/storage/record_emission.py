"""What activities emitted, as reported and as current, with the evidence for each run of days."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Json

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEmission:
    """The mass of one gas on days that have one factor."""

    record_id: int
    revision: str
    gas: str
    first_day: date
    last_day: date
    """Included."""
    scope: int
    amount: float
    """The days' part of the activity, in its unit."""
    kg: float
    """NaN: no factor."""
    factor: str | None
    shortfall: str | None
    evidence: Mapping[str, Any] | None
    """The factor with edition, source and why it was chosen."""


def replace(conn: Connection[Any], ids: Sequence[int], rows: Sequence[RecordEmission], now: datetime) -> None:
    """Let `rows` be the only ones of the activities `ids`."""
    conn.execute(_SQL["remove"], {"ids": list(ids)})
    columns = [asdict(row) | {"evidence": row.evidence and Json(row.evidence), "now": now} for row in rows]
    conn.cursor().executemany(_SQL["put"], columns)


def select(conn: Connection[Any], first: date, last: date, revision: str) -> list[RecordEmission]:
    """Those of activities that stand, as far as they touch the days first..last."""
    asked = {"first": first, "last": last, "revision": revision}
    return conn.cursor(row_factory=class_row(RecordEmission)).execute(_SQL["select"], asked).fetchall()
