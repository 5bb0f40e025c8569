"""For how long nobody is to be told of which alerts: a silence, or work that is going on."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.grid import moment_of
from alerts.park import NOBODY, Park
from alerts.verdict import Kind, Subjects

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Some hours of some weekdays, on the park's clock; those past midnight belong to the day before."""

    days: frozenset[str]
    begins: time
    ends: time
    """Not after `begins`: on the day after."""

    def covers(self, at: datetime) -> bool:
        """`at` in the park's zone."""
        clock, day = at.time(), DAYS[at.weekday()]
        if self.begins < self.ends:
            return day in self.days and self.begins <= clock < self.ends
        before = DAYS[at.weekday() - 1]
        return (day in self.days and clock >= self.begins) or (before in self.days and clock < self.ends)


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that fit everything that is named; nothing named, all. They go on all the same."""

    begins_us: int
    ends_us: int
    maintenance: bool = False
    rules: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    """And whatever stands in them."""
    sources: tuple[str, ...] = ()
    weekly: Weekly | None = None
    """None: all the time from its begin to its end."""

    def covers(self, now_us: int, zone: ZoneInfo) -> bool:
        if not self.begins_us <= now_us < self.ends_us:
            return False
        return self.weekly is None or self.weekly.covers(moment_of(now_us).astimezone(zone))

    def fits(self, rule: str, subjects: Subjects, park: Park) -> NDArray[np.bool_]:
        """bool[n]."""
        if self.rules and rule not in self.rules:
            return np.zeros(len(subjects), np.bool_)
        places = zip(subjects.codes, subjects.at.tolist(), strict=True)
        return np.array([self._fits(subjects.kind, code, at, park) for code, at in places], np.bool_)

    def _fits(self, kind: Kind, code: str, at: int, park: Park) -> bool:
        if kind is Kind.METER:
            source = park.sources[park.source[at]] if park.source[at] != NOBODY else ""
            held = (code, park.within[at], source)
        else:
            held = ("", frozenset({code} if kind is Kind.AREA else ()), code if kind is Kind.SOURCE else "")
        meter, areas, source = held
        return (
            (not self.meters or meter in self.meters)
            and (not self.areas or not areas.isdisjoint(self.areas))
            and (not self.sources or source in self.sources)
        )
