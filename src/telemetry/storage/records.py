"""What meters cannot tell: activities, certificates and production, as people posted them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


class Sort(StrEnum):
    ACTIVITY = "activity"
    """Something burnt, bought or let go that no meter shows."""
    CERTIFICATE = "certificate"
    """Proof of green power."""
    PRODUCTION = "production"
    """What was made: a product, output value, or any other figure that others are set against."""
    CONTRACT = "contract"
    """Electricity bought by a contract that names its factor."""
    SUPPLIER_RATE = "supplier_rate"
    """What a supplier says of everything that it sells."""


_TOLD = (
    "area",
    "name",
    "first_day",
    "last_day",
    "amount",
    "unit",
    "generator",
    "vintage",
    "heating_value",
    "factor",
    "factor_unit",
    "source",
    "edition",
    "published",
)
"""What two rows about the same thing must say alike; notes may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One row as it is posted."""

    sort: Sort
    area: str
    name: str
    """Kind of an activity, product, technology of a certificate, supplier."""
    first_day: date
    last_day: date
    """Included."""
    amount: float
    unit: str
    document: str
    """Of a certificate: its number in the registry; of a contract: its number."""
    generator: str | None = None
    vintage: str | None = None
    heating_value: float | None = None
    """Measured, net [GJ per unit]."""
    factor: float | None = None
    """Of a contract or a supplier [factor_unit]."""
    factor_unit: str | None = None
    source: str | None = None
    """Where the factor is written."""
    edition: str | None = None
    published: date | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """The same for two rows that tell of the same thing."""
        if self.sort is Sort.CERTIFICATE:
            return self.document
        return "\n".join(
            (self.document, self.area, self.name, f"{self.first_day}/{self.last_day}", self.unit)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row as it stands, or stood until it was withdrawn."""

    id: int
    sort: str
    key: str
    area: str
    name: str
    first_day: date
    last_day: date
    amount: float
    unit: str
    document: str
    generator: str | None
    vintage: str | None
    heating_value: float | None
    factor: float | None
    factor_unit: str | None
    source: str | None
    edition: str | None
    published: date | None
    note: str
    posted_by: str
    posted_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def says(self, draft: Draft) -> bool:
        """Whether it tells the same as a draft."""
        return all(getattr(self, name) == getattr(draft, name) for name in _TOLD)


def span_of(record: Draft | Record, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last one's end."""
    after = record.last_day + timedelta(days=1)
    return datetime.combine(record.first_day, time(), zone), datetime.combine(after, time(), zone)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which records are asked for: those that touch the days first..last."""

    sort: Sort
    first: date
    last: date
    areas: Sequence[str] | None = None
    """None: all."""
    withdrawn: bool = False
    """Also those that were withdrawn."""
    after: tuple[date, int] | None = None
    """First day and number of the one before."""
    limit: int = 100_000


def lock(conn: Connection[Any]) -> None:
    """Let no other transaction put records until this one ends."""
    conn.execute(_SQL["lock"])


def alike(conn: Connection[Any], draft: Draft) -> list[Record]:
    """What tells of the same thing: the one that stands, then those withdrawn, the newest first."""
    return _rows(conn).execute(_SQL["alike"], {"sort": draft.sort, "key": draft.key}).fetchall()


def beside(conn: Connection[Any], draft: Draft) -> list[Record]:
    """What stands of the same sort for the same area and touches the same days."""
    return listed(conn, Listing(draft.sort, draft.first_day, draft.last_day, [draft.area]))


def put(conn: Connection[Any], draft: Draft, who: str, now: datetime) -> int:
    """Its number."""
    columns = asdict(draft) | {"key": draft.key, "who": who, "now": now}
    row = conn.execute(_SQL["put"], columns).fetchone()
    return int(row[0]) if row else 0


def withdraw(conn: Connection[Any], record: Record, who: str, reason: str, now: datetime) -> bool:
    """False when it no longer stood."""
    asked = {"id": record.id, "sort": record.sort, "who": who, "reason": reason, "now": now}
    return conn.execute(_SQL["withdraw"], asked).rowcount == 1


def one(conn: Connection[Any], sort: Sort, number: int) -> Record | None:
    return _rows(conn).execute(_SQL["one"], {"sort": sort, "id": number}).fetchone()


def listed(conn: Connection[Any], asked: Listing) -> list[Record]:
    """By their first day."""
    day, number = asked.after or (None, None)
    columns = asdict(asked) | {"areas": None if asked.areas is None else list(asked.areas)}
    columns |= {"after_day": day, "after": number}
    return _rows(conn).execute(_SQL["listed"], columns).fetchall()


def of_ids(conn: Connection[Any], ids: Sequence[int]) -> list[Record]:
    return _rows(conn).execute(_SQL["of_ids"], {"ids": list(ids)}).fetchall()


def mark(conn: Connection[Any], number: int) -> None:
    """Let an activity's emissions be reckoned anew."""
    conn.execute(_SQL["mark"], {"id": number})


def mark_all(conn: Connection[Any]) -> None:
    """Every activity: the library of factors changed."""
    conn.execute(_SQL["mark_all"])


def mark_consumer(conn: Connection[Any], area: str, lo: datetime, hi: datetime) -> None:
    """Let the statement of the electricity that crosses an area's boundary be made anew."""
    conn.execute(_SQL["mark_consumer"], {"area": area, "lo": lo, "hi": hi})


def take(conn: Connection[Any], limit: int) -> list[int]:
    """Marked activities, their marks removed; those that another worker holds are left to it."""
    row = conn.execute(_SQL["take"], {"limit": limit}).fetchone()
    return [int(each) for each in row[0]] if row else []


def _rows(conn: Connection[Any]) -> Cursor[Record]:
    return conn.cursor(row_factory=class_row(Record))
