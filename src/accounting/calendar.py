"""Band calendars: which band of a tariff holds in each half hour of a local day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from accounting.errors import TariffError
from accounting.holidays import UNKNOWN, Holidays

HALVES = 48
NO_BAND = 255
"""Where a calendar does not hold."""
STRICT: Mapping[str, Any] = {"extra": "forbid"}
"""For whoever builds these from a file: a key that is not a field is a mistake."""
_DAY = 24
_SATURDAY = 5
_MONTHS = tuple(range(1, 13))


class DayType(StrEnum):
    WEEKDAY = "weekday"
    WEEKEND = "weekend"


Clock = int | str
"""Wall clock: whole hours as a number, 0 to 24, or "H:MM" on the half hour."""
Interval = tuple[Clock, Clock, str]
"""From, to, band; one that ends before it begins runs over midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The bands of ordinary days of some months."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    months: tuple[int, ...] = _MONTHS
    day_types: tuple[DayType, ...] = tuple(DayType)
    intervals: tuple[Interval, ...]

    def __post_init__(self) -> None:
        _check_months(self.months)

    def holds(self, month: int, day_type: DayType) -> bool:
        return month in self.months and day_type in self.day_types


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Days on which an overlay holds: all that is named has to be so."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    months: tuple[int, ...] = _MONTHS
    day_types: tuple[DayType, ...] = tuple(DayType)
    days: str | None = None
    """A list of declared days."""
    holidays: tuple[str, ...] = ()
    """Free days around one of these."""
    free_days: int | None = None
    """Free days around any holiday, where they are that many in a row at least."""
    classes: tuple[str, ...] = ()
    """Users for whom it holds; empty: all."""

    def __post_init__(self) -> None:
        _check_months(self.months)

    def holds(self, day: date, declared: Mapping[str, Collection[date]], holidays: Holidays) -> bool:
        if day.month not in self.months or day_type(day, holidays) not in self.day_types:
            return False
        if self.days is not None and day not in declared.get(self.days, ()):
            return False
        free = holidays.by_day.get(day)
        if self.holidays and (free is None or not set(self.holidays) & set(free.holidays)):
            return False
        return self.free_days is None or (free is not None and free.run >= self.free_days)

    @property
    def by_day_type(self) -> bool:
        """Whether one has to know which days are free."""
        return bool(self.holidays) or self.free_days is not None or len(set(self.day_types)) < len(DayType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Bands that replace those below them on some days."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    when: When
    intervals: tuple[Interval, ...]


def day_type(day: date, holidays: Holidays = UNKNOWN) -> DayType:
    """A weekend day that is worked in place of a free one is a weekday."""
    weekend = day.weekday() >= _SATURDAY and day not in holidays.worked
    return DayType.WEEKEND if weekend else DayType.WEEKDAY


def compile_days(  # noqa: PLR0917  # the parts of a calendar
    bands: Sequence[str],
    base: Sequence[Base],
    overlays: Sequence[Overlay],
    days: Sequence[date],
    declared: Mapping[str, Collection[date]],
    holidays: Holidays = UNKNOWN,
) -> NDArray[np.uint8]:
    """Index into `bands` of every half hour, uint8[days, 48].

    Raises TariffError when a half hour has no band or two.
    """
    ordinary = ordinary_days(bands, base)
    painted = [(overlay, _halves(overlay.intervals, bands)) for overlay in overlays]
    table = np.empty((len(days), HALVES), dtype=np.uint8)
    for row, day in zip(table, days, strict=True):
        row[:] = ordinary[day.month, day_type(day, holidays)]
        for overlay, (where, band) in painted:
            if overlay.when.holds(day, declared, holidays):
                row[where] = band
    return table


def ordinary_days(bands: Sequence[str], base: Sequence[Base]) -> dict[tuple[int, DayType], NDArray[np.uint8]]:
    """Bands uint8[48] of an ordinary day of each month and type. Raises TariffError as compile_days does."""
    return {(month, kind): _ordinary(bands, base, month, kind) for month in _MONTHS for kind in DayType}


def check_overlays(bands: Sequence[str], overlays: Sequence[Overlay]) -> None:
    """Raise TariffError when an overlay claims a half hour twice or names an unknown band."""
    for overlay in overlays:
        where, _ = _halves(overlay.intervals, bands)
        if len(np.unique(where)) < len(where):
            raise TariffError(f"overlay {overlay.code!r} claims {_clock(_twice(where))} twice")


def _ordinary(bands: Sequence[str], base: Sequence[Base], month: int, kind: DayType) -> NDArray[np.uint8]:
    intervals = [interval for part in base if part.holds(month, kind) for interval in part.intervals]
    where, band = _halves(intervals, bands)
    claims = np.bincount(where, minlength=HALVES)
    for count, fault in ((0, "no band"), (2, "two bands")):
        wrong = np.flatnonzero(claims == 0 if count == 0 else claims > 1)
        if len(wrong):
            raise TariffError(f"month {month}, {kind}: {_clock(int(wrong[0]))} has {fault}")
    row = np.empty(HALVES, dtype=np.uint8)
    row[where] = band
    return row


def _halves(
    intervals: Sequence[Interval], bands: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Half hours that intervals claim, int64[k], and the band of each, uint8[k]."""
    where, band = [], []
    for begin, end, code in intervals:
        if code not in bands:
            raise TariffError(f"band {code!r} is none of {list(bands)}")
        first, last = half(begin), half(end)
        run = range(first, last if last > first else last + HALVES)
        where += [n % HALVES for n in run]
        band += [bands.index(code)] * len(run)
    return np.array(where, dtype=np.int64), np.array(band, dtype=np.uint8)


def half(clock: Clock) -> int:
    """Half hour of a wall clock, 0 to 48. Raises TariffError when it is on none."""
    hour, _, minute = str(clock).partition(":")
    if not hour.isdecimal() or minute not in {"", "00", "30"}:
        raise TariffError(f"time {clock!r} is not on a half hour such as 8 or '8:30'")
    number = 2 * int(hour) + (minute == "30")
    if number > HALVES:
        raise TariffError(f"time {clock!r} is beyond {_DAY}:00; write minutes in quotes, '8:30'")
    return number


def _clock(number: int) -> str:
    return f"{number // 2}:{number % 2 * 30:02}"


def _twice(where: NDArray[np.int64]) -> int:
    return int(np.flatnonzero(np.bincount(where) > 1)[0])


def _check_months(months: Sequence[int]) -> None:
    for month in months:
        if month not in _MONTHS:
            raise TariffError(f"month {month} is none of 1 to 12")
