"""The free days of a country as the package `holidays` has them, and of which years they were announced."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import groupby

import holidays
from holidays import HolidayBase

from accounting.holidays import FreeDay, Holidays

_YEARS = range(2018, 2036)
_DAY = timedelta(days=1)
_ADDED = re.compile(r"^休息日|\uff08.*\uff09$|\(.*\)$")
"""What marks a day that is free in place of another."""


@cache
def of_country(code: str) -> Holidays:
    """Runs of free days around holidays; where days move by decree, of the years that have one."""
    language = holidays.country_holidays(code).default_language
    calendar = holidays.country_holidays(code, years=_YEARS, language=language)
    decreed = {day.year for day in calendar.weekend_workdays}
    years = [year for year in _YEARS if not decreed or year in decreed]
    return Holidays(
        tuple(years),
        tuple(day for day in _runs(calendar) if day.day.year in years),
        tuple(sorted(calendar.weekend_workdays)),
    )


def _runs(calendar: HolidayBase) -> Iterator[FreeDay]:
    for _, run in groupby(enumerate(_free(calendar)), lambda each: each[1] - each[0] * _DAY):
        days = [day for _, day in run]
        names = sorted({name for day in days for name in _names(calendar, day)})
        if names:
            yield from (FreeDay(day, tuple(names), len(days)) for day in days)


def _free(calendar: HolidayBase) -> Iterator[date]:
    first = date(_YEARS[0], 1, 1)
    days = (first + n * _DAY for n in range((date(_YEARS[-1], 12, 31) - first).days + 1))
    return (day for day in days if not calendar.is_working_day(day))


def _names(calendar: HolidayBase, day: date) -> Iterator[str]:
    """Holidays of a day; none where it is only free in place of another."""
    return (name for name in calendar.get(day, "").split("; ") if name and not _ADDED.search(name))
