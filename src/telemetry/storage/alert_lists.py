"""Alerts as people look at them, what became of each, and what people do about them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from accounting.grid import to_us
from alerts.journal import What
from telemetry.storage import queries
from telemetry.storage.alerts import in_turn

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """As its last change left it."""

    id: str
    rule: str
    subject_kind: str
    subject: str
    severity: str
    stage: int
    since: datetime
    fired: datetime
    resolved: datetime | None
    value: float | None
    limit_value: float | None
    unit: str
    flapping: bool
    corrected: bool
    quiet: str
    told: bool
    band: str
    more: Mapping[str, float | None]
    acknowledged: datetime | None
    acknowledged_by: str | None
    rank: int
    """Of three severities, the critical ones first, while it is open; then of those that are over."""


@dataclass(frozen=True, slots=True)
class KeptChange:
    """One transition, in the order in which they were kept."""

    number: int
    id: str
    alert: str
    rule: str
    subject_kind: str
    subject: str
    what: str
    at: datetime
    severity: str
    stage: int
    value: float | None
    limit_value: float | None
    unit: str
    flapping: bool
    corrected: bool
    quiet: str
    band: str
    by: str
    note: str
    more: Mapping[str, float | None]


class Place(NamedTuple):
    """Of an alert in the list."""

    rank: int
    fired: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Alerts that fit everything that is named."""

    history: bool = False
    """Also those that are over."""
    over: bool = False
    """None that is open."""
    id: str | None = None
    rule: str | None = None
    subject: str | None = None
    lo: datetime | None = None
    hi: datetime | None = None
    after: Place | None = None
    limit: int = 1000


def listed(conn: Connection[Any], wanted: Wanted) -> list[KeptAlert]:
    """Open ones first, the worst before the others; then the newest."""
    rank, fired, place = wanted.after or (None, None, None)
    asked = asdict(wanted) | {"after_rank": rank, "after_fired": fired, "after": place}
    return conn.cursor(row_factory=class_row(KeptAlert)).execute(_SQL["listed"], asked).fetchall()


def changes(conn: Connection[Any], *, alert: str | None = None, after: int = 0) -> list[KeptChange]:
    """Of one alert or of all, the first thousand after a number."""
    asked = {"alert": alert, "after": after}
    return conn.cursor(row_factory=class_row(KeptChange)).execute(_SQL["changes"], asked).fetchall()


def newest(conn: Connection[Any]) -> int:
    """The number of the last change."""
    row = conn.execute(_SQL["newest"]).fetchone()
    return int(row[0]) if row else 0


def act(conn: Connection[Any], alert: str, what: What, who: str, note: str, *, now: datetime) -> bool:
    """A person's word to an alert; False where there is no such alert, or it is acknowledged already."""
    asked = {
        "alert": alert,
        "what": what,
        "who": who,
        "note": note,
        "now": now,
        "transition": f"{alert}/{what}/0/{to_us(now)}",
    }
    in_turn(conn)
    return conn.execute(_SQL["act"], asked).rowcount == 1
