"""When nobody is to be told of which alerts, as people asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from accounting.grid import moment_of, to_us
from alerts.silence import DAYS, Silence, Weekly
from telemetry.storage import queries
from telemetry.storage.alert_rules import Owner

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
    owner: Owner

    @property
    def weekly(self) -> Weekly | None:
        days = frozenset(self.weekdays)
        return Weekly(days, self.clock_begins, self.clock_ends) if days else None


def put(
    conn: Connection[Any], silence: Silence, who: str, reason: str, now: datetime, *, owner: Owner
) -> None:
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
        "owner": None if owner is None else sorted(owner),
    }
    conn.execute(_SQL["put"], asked)


def end(conn: Connection[Any], number: int, who: str, now: datetime) -> bool:
    """Whether it was still going on or to come."""
    return conn.execute(_SQL["end"], {"id": number, "who": who, "now": now}).rowcount == 1


def known(conn: Connection[Any], number: int) -> bool:
    """Whether there is or was one of this number."""
    row = conn.execute(_SQL["known"], {"id": number}).fetchone()
    return bool(row and row[0])


def listed(conn: Connection[Any], now: datetime, *, over: bool = False) -> list[StoredSilence]:
    """Those that go on or are to come, with `over` those of before too, the newest thousand."""
    asked = {"over": over, "now": now}
    return conn.cursor(row_factory=class_row(StoredSilence)).execute(_SQL["listed"], asked).fetchall()


def standing(
    conn: Connection[Any], now: datetime, rules: Mapping[frozenset[str], Sequence[str]]
) -> tuple[Silence, ...]:
    """Those that go on or are to come; each of an owner's is about its own rules alone: codes by owner."""
    found = [(each, _rules(each, rules)) for each in listed(conn, now)]
    return tuple(_silence(each, named) for each, named in found if named is not None)


def _rules(of: StoredSilence, rules: Mapping[frozenset[str], Sequence[str]]) -> Sequence[str] | None:
    """None: it is about none."""
    if of.owner is None:
        return of.rules
    own = rules.get(frozenset(of.owner), ())
    return [code for code in own if not of.rules or code in of.rules] or None


def _silence(of: StoredSilence, rules: Sequence[str]) -> Silence:
    return Silence(
        to_us(of.begins),
        to_us(of.ends),
        of.maintenance,
        tuple(rules),
        tuple(of.meters),
        tuple(of.areas),
        tuple(of.sources),
        of.weekly,
    )
