"""Intervals of a report: quarter hours, hours, days or months of the park's own clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.grid import HOUR_US, SLOT_US, Grid, local_day_edges, local_month_edges, local_wall, to_us
from telemetry.reports.errors import QueryError

MOST = 36_000
"""Intervals of one answer: a leap year of quarter hours."""
_EARLIEST, _LATEST = date(1990, 1, 1), date(2199, 12, 31)


class Step(StrEnum):
    QUARTER = "15min"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


_SHORTEST_US = {
    Step.QUARTER: SLOT_US,
    Step.HOUR: HOUR_US // 2,
    Step.DAY: 23 * HOUR_US,
    Step.MONTH: 28 * 24 * HOUR_US,
}


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Interval i runs from edges[i] to edges[i + 1]."""

    step: Step
    zone: ZoneInfo
    edges: NDArray[np.int64]
    """int64[k + 1] [us since 1970-01-01 UTC], each on a quarter hour."""

    @classmethod
    def covering(cls, step: Step, zone: ZoneInfo, lo: datetime, hi: datetime) -> Self:
        """The intervals that [lo, hi) touches. Raises QueryError when there are none, or too many."""
        lo_us, hi_us = to_us(lo), to_us(hi)
        if hi_us <= lo_us:
            raise QueryError("to", hi.isoformat(), "has to be after from")
        if (hi_us - lo_us) // _SHORTEST_US[step] > MOST:
            raise QueryError(
                "step", step.value, f"would make more than {MOST} intervals; choose a longer one"
            )
        return cls(step, zone, _edges(step, zone, lo_us, hi_us))

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def grid(self) -> Grid:
        """The quarter hours inside."""
        return Grid(int(self.edges[0]), int((self.edges[-1] - self.edges[0]) // SLOT_US))

    @property
    def day_edges(self) -> NDArray[np.int64]:
        """Edges of the local days, int64[d + 1] [us]."""
        return local_day_edges(self.zone, *self.days)

    @property
    def by_day(self) -> bool:
        """Whether answers stand on local days, and not on quarter hours."""
        return self.step in (Step.DAY, Step.MONTH)

    @property
    def cells(self) -> NDArray[np.int64]:
        """Starts of the cells that answers stand on, int64[n] [us]."""
        return self.day_edges[:-1] if self.by_day else self.grid.slots

    @property
    def days(self) -> tuple[date, date]:
        """First and last local day."""
        return local_time(int(self.edges[0]), self.zone).date(), local_time(
            int(self.edges[-1]) - 1, self.zone
        ).date()

    def times(self) -> list[datetime]:
        """Starts, in the park's zone."""
        return [local_time(us, self.zone) for us in self.edges[:-1].tolist()]

    @property
    def begin(self) -> datetime:
        return local_time(int(self.edges[0]), self.zone)

    @property
    def end(self) -> datetime:
        return local_time(int(self.edges[-1]), self.zone)


def local_time(us: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, zone)  # exact to the microsecond until 2200


def moment(text: str, field: str, zone: ZoneInfo) -> datetime:
    """An RFC 3339 time, or a date as the start of that day in `zone`. Raises QueryError."""
    try:
        when = _parsed(text, zone)
    except (ValueError, OverflowError):
        raise QueryError(field, text, "is not an RFC 3339 time or a date, such as 2026-11-22") from None
    if when.tzinfo is None:
        raise QueryError(field, text, "has no zone; write 2026-11-22T08:00:00+08:00, or a date alone")
    if not _EARLIEST <= when.date() <= _LATEST:
        raise QueryError(field, text, f"has to lie from {_EARLIEST} to {_LATEST}")
    return when


def _parsed(text: str, zone: ZoneInfo) -> datetime:
    if len(text) == len("2026-11-22"):
        return datetime.combine(date.fromisoformat(text), time(), zone)
    # A plus sign that was not escaped arrives as a space.
    return datetime.fromisoformat(text.replace(" ", "+") if text[10:11] in "Tt" else text)


def _edges(step: Step, zone: ZoneInfo, lo: int, hi: int) -> NDArray[np.int64]:
    if step in (Step.DAY, Step.MONTH):
        first, last = local_time(lo, zone).date(), local_time(hi - 1, zone).date()
        return (local_day_edges if step is Step.DAY else local_month_edges)(zone, first, last)
    if step is Step.QUARTER:
        return Grid.covering(lo, hi).edges
    return _hours(zone, lo, hi)


def _hours(zone: ZoneInfo, lo: int, hi: int) -> NDArray[np.int64]:
    """Edges on the full hour of the wall clock, which is not UTC's where the offset has half hours."""
    slots = Grid.covering(lo - 2 * HOUR_US, hi + 2 * HOUR_US).edges
    full = slots[local_wall(zone, slots) % HOUR_US == 0]
    first, last = np.searchsorted(full, lo, side="right") - 1, np.searchsorted(full, hi)
    hours: NDArray[np.int64] = full[first : last + 1]
    return hours


def today(zone: ZoneInfo, now: datetime) -> datetime:
    """Start of the local day that holds `now`."""
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def tomorrow(zone: ZoneInfo, now: datetime) -> datetime:
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
