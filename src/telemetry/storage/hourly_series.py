"""Hourly grid factors as people and systems post them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDraft:
    """A series as it is posted."""

    region: str
    edition: str
    source: str
    hours: Sequence[int]
    """Ascending, since 1970-01-01 UTC."""
    kg: Sequence[float]
    """[kgCO2/kWh]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedSeries(SeriesDraft):
    """A series as it stands, or stood until it was withdrawn."""

    id: int
    posted_by: str
    posted_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None

    def says(self, draft: SeriesDraft) -> bool:
        """Whether it tells the same as a draft."""
        return all(getattr(self, name) == getattr(draft, name) for name in SeriesDraft.__slots__)


@dataclass(frozen=True, slots=True)
class Hours:
    """Which series are asked for: those that touch the hours first..last."""

    first: int = 0
    last: int = 1 << 40
    region: str | None = None
    withdrawn: bool = False
    """Also those that were withdrawn."""


def lock(conn: Connection[Any]) -> None:
    """Let no other transaction put series until this one ends."""
    conn.execute(_SQL["lock"])


def put(conn: Connection[Any], draft: SeriesDraft, who: str, now: datetime) -> int:
    """Its number."""
    columns = asdict(draft) | {"first": draft.hours[0], "last": draft.hours[-1], "who": who, "now": now}
    row = conn.execute(_SQL["put"], columns).fetchone()
    return int(row[0]) if row else 0


def withdraw(conn: Connection[Any], number: int, who: str, reason: str, now: datetime) -> None:
    """Nothing is deleted; once withdrawn, a second time changes nothing."""
    conn.execute(_SQL["withdraw"], {"id": number, "who": who, "reason": reason, "now": now})


def one(conn: Connection[Any], number: int) -> PostedSeries | None:
    return conn.cursor(row_factory=class_row(PostedSeries)).execute(_SQL["one"], {"id": number}).fetchone()


def listed(conn: Connection[Any], asked: Hours) -> list[PostedSeries]:
    """By region and first hour."""
    return conn.cursor(row_factory=class_row(PostedSeries)).execute(_SQL["listed"], asdict(asked)).fetchall()
