"""What areas draw, make and emit now: sums over the meters that cross their boundaries."""

import math

import numpy as np
from numpy.typing import NDArray

from telemetry.reports.live import LATE
from telemetry.reports.picture import AreaRow
from telemetry.reports.roster import Roster


class Members:
    """Meters of areas, as pairs: few of all that could be."""

    def __init__(self, members: NDArray[np.bool_]) -> None:
        """`members` bool[a, m]."""
        self._areas = len(members)
        self._area, self._meter = np.nonzero(members)
        self._size = np.bincount(self._area, minlength=self._areas)

    def total(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each area's meters of what is known of float64[m], float64[a]; NaN where nothing is."""
        found = amount[self._meter]
        known = ~np.isnan(found)
        total = np.bincount(self._area[known], found[known], self._areas)
        return np.where(self._known(known) > 0, total, np.nan)

    def share(self, amount: NDArray[np.float64]) -> list[float]:
        """Share of each area's meters whose amount is known."""
        known = self._known(~np.isnan(amount[self._meter]))
        rounded: list[float] = np.round(known / np.maximum(self._size, 1), 4).tolist()
        return rounded

    def _known(self, known: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.bincount(self._area[known], minlength=self._areas)


class AreaSums:
    """The areas of a roster, by boundary meters; a stale meter counts as unknown, and coverage says so."""

    def __init__(self, roster: Roster) -> None:
        crossing = roster.boundary & roster.electric
        self._areas = roster.areas
        self._crossing = Members(crossing)
        self._making = Members(roster.inside)
        self._measured = Members(crossing | roster.inside)
        self._burning = Members(roster.boundary & roster.emits)

    def rows(
        self, power: NDArray[np.float64], rate: NDArray[np.float64], state: NDArray[np.int8]
    ) -> list[AreaRow]:
        """By power float64[m] [kW] in the line, CO2 float64[m] [kg/h] and state int8[m] of each meter."""
        fresh, current = (np.where(state <= LATE, amount, np.nan) for amount in (power, rate))
        imported, made = self._crossing.total(fresh), self._making.total(generated(fresh))
        load = np.where(np.isnan(imported), np.nan, imported + np.nan_to_num(made))
        sums = (load, imported, made, self._burning.total(current))
        shares = (self._measured.share(fresh), self._burning.share(current))
        columns = (*(map(_known, each.tolist()) for each in sums), *shares)
        return [AreaRow(*row) for row in zip(self._areas, *columns, strict=True)]


def generated(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """What generators make, float64[m] [kW]: power counts into the meter's area, so making is negative."""
    return 0.0 - power


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
