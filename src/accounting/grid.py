"""Quarter hours in UTC, and where local days and months begin among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from accounting.errors import SeriesError

SLOT_US = 900_000_000
DAY_SLOTS = 96
HOUR_US = 3_600_000_000
AHEAD_US = 120_000_000
"""A clock that is ahead of ours by no more is as good as right [us]."""
_DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def floor_slot(us: int) -> int: ...
@overload
def floor_slot(us: NDArray[np.int64]) -> NDArray[np.int64]: ...
def floor_slot(us: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """Start [us] of the quarter hour that holds `us`."""
    return us - us % SLOT_US


@overload
def ceil_slot(us: int) -> int: ...
@overload
def ceil_slot(us: NDArray[np.int64]) -> NDArray[np.int64]: ...
def ceil_slot(us: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """First quarter-hour edge [us] not before `us`."""
    return us + -us % SLOT_US


@dataclass(frozen=True, slots=True)
class Grid:
    """A run of quarter hours. Raises SeriesError when it starts off the quarter hour."""

    start_us: int
    """Start of the first one [us since 1970-01-01 UTC]."""
    count: int

    def __post_init__(self) -> None:
        if self.start_us % SLOT_US:
            raise SeriesError(f"grid start {self.start_us} us is not on a quarter hour")
        if self.count < 0:
            raise SeriesError(f"grid count {self.count} is negative")

    @classmethod
    def covering(cls, lo_us: int, hi_us: int) -> "Grid":
        """The quarter hours that [lo, hi] touches."""
        start = floor_slot(lo_us)
        return cls(start, max(0, ceil_slot(hi_us) - start) // SLOT_US)

    @property
    def end_us(self) -> int:
        return self.start_us + self.count * SLOT_US

    @property
    def edges(self) -> NDArray[np.int64]:
        """int64[count + 1] [us]."""
        return self.start_us + SLOT_US * np.arange(self.count + 1, dtype=np.int64)

    @property
    def slots(self) -> NDArray[np.int64]:
        """Starts, int64[count] [us]."""
        return self.edges[:-1]


def to_us(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware time."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(us: int) -> datetime:
    """The time in UTC of microseconds since 1970-01-01."""
    return _EPOCH + timedelta(microseconds=us)


@lru_cache(maxsize=256)
def local_day_edges(zone: tzinfo, first: date, last: date) -> NDArray[np.int64]:
    """Starts of the local days first..last and the end of last, int64[days + 1] [us], read-only."""
    days = (last - first).days + 2
    edges = _midnights(zone, (first + timedelta(days=n) for n in range(days)))
    edges.flags.writeable = False
    return edges


def local_month_edges(zone: tzinfo, first: date, last: date) -> NDArray[np.int64]:
    """Starts of the local months that hold first..last and the end of the last, int64[months + 1] [us]."""
    lo, hi = first.year * 12 + first.month - 1, last.year * 12 + last.month + 1
    return _midnights(zone, (date(n // 12, n % 12 + 1, 1) for n in range(lo, hi)))


def local_days(zone: tzinfo, slots_us: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Local day of each instant, datetime64[D][n]."""
    return local_wall(zone, slots_us).astype("datetime64[us]").astype("datetime64[D]")


def local_wall(zone: tzinfo, us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Wall clock of each instant, read as if it were UTC, int64[n] [us]."""
    if us.size == 0:
        return us.astype(np.int64)
    since, offset = _offsets(zone, int(us.min()), int(us.max()))
    return us + offset[np.searchsorted(since, us, side="right") - 1]


def _midnights(zone: tzinfo, days: Iterator[date]) -> NDArray[np.int64]:
    return np.fromiter((to_us(datetime(d.year, d.month, d.day, tzinfo=zone)) for d in days), dtype=np.int64)


def _offsets(zone: tzinfo, lo: int, hi: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    years = range((_EPOCH + timedelta(microseconds=lo)).year, (_EPOCH + timedelta(microseconds=hi)).year + 1)
    parts = [_year_offsets(zone, year) for year in years]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


@lru_cache(maxsize=256)
def _year_offsets(zone: tzinfo, year: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Instants of a UTC year from which another offset holds, and the offsets [us]."""
    start, end = to_us(datetime(year, 1, 1, tzinfo=UTC)), to_us(datetime(year + 1, 1, 1, tzinfo=UTC))
    since, offset = [start], [_offset(zone, start)]
    for day in range(start, end, _DAY_US):
        after = _offset(zone, day + _DAY_US - 1)
        if after != offset[-1]:
            since.append(_change(zone, day - _SECOND_US, day + _DAY_US))
            offset.append(after)
    return np.array(since, dtype=np.int64), np.array(offset, dtype=np.int64)


def _change(zone: tzinfo, lo: int, hi: int) -> int:
    """First whole second in (lo, hi] at which the offset differs from the one at lo."""
    before = _offset(zone, lo)
    while hi - lo > _SECOND_US:
        middle = lo + (hi - lo) // (2 * _SECOND_US) * _SECOND_US
        lo, hi = (middle, hi) if _offset(zone, middle) == before else (lo, middle)
    return hi


def _offset(zone: tzinfo, us: int) -> int:
    shift = (_EPOCH + timedelta(microseconds=us)).astimezone(zone).utcoffset()
    if shift is None:
        raise SeriesError(f"{zone} tells no offset from UTC")
    return shift // timedelta(microseconds=1)
