"""When nobody is to be told of which alerts, as people asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from accounting.grid import moment_of, to_us
from alerts.silence import DAYS, Silence, Weekly
from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class StoredSilence:
    """As it stands, or stood until it was ended."""

    id: int
    maintenance: bool
    begins: datetime
    ends: datetime
    rules: Sequence[str]
    meters: Sequence[str]
    areas: Sequence[str]
    sources: Sequence[str]
    weekdays: Sequence[str]
    """Empty: all the time."""
    clock_begins: time
    clock_ends: time
    reason: str
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None

    @property
    def weekly(self) -> Weekly | None:
        days = frozenset(self.weekdays)
        return Weekly(days, self.clock_begins, self.clock_ends) if days else None


def put(conn: Connection[Any], silence: Silence, who: str, reason: str, now: datetime) -> None:
    weekly = silence.weekly
    asked = {
        "maintenance": silence.maintenance,
        "begins": moment_of(silence.begins_us),
        "ends": moment_of(silence.ends_us),
        "rules": list(silence.rules),
        "meters": list(silence.meters),
        "areas": list(silence.areas),
        "sources": list(silence.sources),
        "weekdays": [day for day in DAYS if weekly and day in weekly.days],
        "clock_begins": weekly.begins if weekly else time(),
        "clock_ends": weekly.ends if weekly else time(),
        "reason": reason,
        "who": who,
        "now": now,
    }
    conn.execute(_SQL["put"], asked)


def end(conn: Connection[Any], number: int, who: str, now: datetime) -> bool:
    """Whether it was still going on or to come."""
    return conn.execute(_SQL["end"], {"id": number, "who": who, "now": now}).rowcount == 1


def listed(conn: Connection[Any], now: datetime, *, over: bool = False) -> list[StoredSilence]:
    """Those that go on or are to come, with `over` those of before too, the newest thousand."""
    asked = {"over": over, "now": now}
    return conn.cursor(row_factory=class_row(StoredSilence)).execute(_SQL["listed"], asked).fetchall()


def standing(conn: Connection[Any], now: datetime) -> tuple[Silence, ...]:
    """Those that go on or are to come."""
    return tuple(
        Silence(
            to_us(each.begins),
            to_us(each.ends),
            each.maintenance,
            tuple(each.rules),
            tuple(each.meters),
            tuple(each.areas),
            tuple(each.sources),
            each.weekly,
        )
        for each in listed(conn, now)
    )
