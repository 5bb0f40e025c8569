"""Closed months and years: rows as they stood, their hash, who closed them and when."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Json

from telemetry.storage import audit, queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A period as it is closed."""

    area: str
    period: str
    first_day: date
    last_day: date
    """Included."""
    form: int
    """Edition of the canonical form."""
    hash: str
    figures: Sequence[Mapping[str, Any]]
    closed_by: str
    closed_at: datetime
    replaces: int | None
    reason: str | None
    """Of a re-issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Closing):
    """A period that was closed."""

    id: int
    replaced_by: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which closed periods are asked for; None: any."""

    id: int | None = None
    area: str | None = None
    period: str | None = None
    first: date = date.min
    last: date = date.max


@contextmanager
def alone(conn: Connection[Any]) -> Iterator[None]:
    """A transaction that sees the park as it is at one moment, while nobody else closes a period.

    The lock is the session's: a transaction that waited for it would see what was before it waited.
    """
    conn.execute(_SQL["lock"])
    signature = audit.signature(conn)
    conn.commit()
    try:
        conn.execute(_SQL["one_moment"])
        audit.sign(conn, *signature)
        yield
        conn.commit()
    finally:
        conn.rollback()
        conn.execute(_SQL["unlock"])
        conn.commit()


def days(conn: Connection[Any], meters: Sequence[int], first: date, last: date) -> list[dict[str, Any]]:
    """Rows of the statement."""
    return _found(conn, "days", meters, first, last)


def emissions(conn: Connection[Any], meters: Sequence[int], first: date, last: date) -> list[dict[str, Any]]:
    """What they emitted, as current."""
    return _found(conn, "emissions", meters, first, last)


def _found(
    conn: Connection[Any], name: str, meters: Sequence[int], first: date, last: date
) -> list[dict[str, Any]]:
    asked = {"meters": list(meters), "first": first, "last": last}
    return conn.cursor(row_factory=dict_row).execute(_SQL[name], asked).fetchall()


def waiting(conn: Connection[Any], meters: Sequence[int], until: datetime) -> int:
    """How many of the meters, and of all activities, have still to be settled up to `until`."""
    asked = {"meters": list(meters), "until": until}
    found = [conn.execute(_SQL["waiting"], asked), conn.execute(_SQL["waiting_records"])]
    return sum(row[0] for row in (each.fetchone() for each in found) if row)


def put(conn: Connection[Any], closing: Closing, lines: Sequence[str]) -> int:
    """Its number."""
    columns = asdict(closing) | {"figures": Json(list(closing.figures))}
    row = conn.execute(_SQL["put"], columns).fetchone()
    number = int(row[0]) if row else 0
    conn.execute(_SQL["put_rows"], {"id": number, "content": list(lines)})
    return number


def rows(conn: Connection[Any], number: int) -> list[str]:
    """The lines of its canonical form."""
    return [content for (content,) in conn.execute(_SQL["rows"], {"id": number})]


def listed(conn: Connection[Any], wanted: Wanted) -> list[Closed]:
    """By first day, area and number."""
    return conn.cursor(row_factory=class_row(Closed)).execute(_SQL["listed"], asdict(wanted)).fetchall()
