"""Days that people and systems declare for a list of the tariff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class DeclaredDay:
    """As it stands, or stood until it was withdrawn."""

    id: int
    list: str
    day: date
    source: str
    declared_by: str
    declared_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None


@dataclass(frozen=True, slots=True)
class Declaration:
    list: str
    days: Sequence[date]
    source: str
    who: str


def put(conn: Connection[Any], declared: Declaration, now: datetime) -> None:
    """A day that stands already stays as it is."""
    asked = {
        "list": declared.list,
        "days": list(declared.days),
        "source": declared.source,
        "who": declared.who,
        "now": now,
    }
    conn.execute(_SQL["put"], asked)


def withdraw(conn: Connection[Any], number: int, who: str, reason: str, now: datetime) -> None:
    """Once withdrawn, a second time changes nothing."""
    conn.execute(_SQL["withdraw"], {"id": number, "who": who, "reason": reason, "now": now})


def listed(conn: Connection[Any], *, withdrawn: bool = False) -> list[DeclaredDay]:
    """By list and day."""
    asked = {"withdrawn": withdrawn}
    return conn.cursor(row_factory=class_row(DeclaredDay)).execute(_SQL["listed"], asked).fetchall()


def standing(conn: Connection[Any]) -> dict[str, tuple[date, ...]]:
    """Days that count, by list."""
    found: dict[str, list[date]] = {}
    for each in listed(conn):
        found.setdefault(each.list, []).append(each.day)
    return {name: tuple(days) for name, days in found.items()}
