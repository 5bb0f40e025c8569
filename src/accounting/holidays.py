"""Free days of a country as they were announced year by year, and the weekend days worked in their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day of a run of free days around a holiday."""

    day: date
    holidays: tuple[str, ...]
    """Names of the holidays of its run."""
    run: int
    """Length of the run [days]."""


@dataclass(frozen=True)
class Holidays:
    """What is known of a country's days; nothing of the years that no source tells."""

    years: tuple[int, ...] = ()
    free: tuple[FreeDay, ...] = ()
    workdays: tuple[date, ...] = ()
    """Weekend days that are worked."""

    @cached_property
    def by_day(self) -> Mapping[date, FreeDay]:
        return {each.day: each for each in self.free}

    @cached_property
    def worked(self) -> frozenset[date]:
        return frozenset(self.workdays)


UNKNOWN = Holidays()
