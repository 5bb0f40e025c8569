"""What bought energy carries: the factor of each day, by gas; or itself, to tell what mixes are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from accounting.sources import SOURCES, UNSETTLED
from telemetry.reports.factors import Factors, Used, kg_per_unit


class Came(NamedTuple):
    """What a meter let in from outside."""

    meter: str
    quantity: str
    region: str


class Rating(Protocol):
    """By what energy is rated that enters the pools from outside."""

    def gases(self, asked: Sequence[tuple[Came, date]]) -> list[str]:
        """What rates tell of, in their order."""

    def rates(self, came: Came, days: Sequence[date], gases: Sequence[str]) -> NDArray[np.float64]:
        """Of each cell, float64[n, g] [per unit]; NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class ByOrigin:
    """Every meter's energy carries itself: what a pool's mix is made of."""

    def gases(self, asked: Sequence[tuple[Came, date]]) -> list[str]:
        """The meters."""
        return sorted({came.meter for came, _ in asked}) or [""]

    def rates(self, came: Came, days: Sequence[date], gases: Sequence[str]) -> NDArray[np.float64]:
        own = np.array([gas == came.meter for gas in gases], np.float64)
        return np.tile(own, (len(days), 1))


@dataclass(slots=True)
class Bought:
    """Rates by quantity, region and day, and what they stand on."""

    factors: Factors
    today: date
    used: list[Used] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    _found: dict[tuple[str, str, date], tuple[str, float]] = field(default_factory=dict)

    def gases(self, asked: Sequence[tuple[Came, date]]) -> list[str]:
        """Gases of the factors that answer, CO2 first."""
        each = dict.fromkeys((came.quantity, came.region, day) for came, day in asked)
        found = {gas for one in each if (gas := self._of(*one)[0])}
        return sorted(found, key=lambda gas: (gas != "CO2", gas)) or ["CO2"]

    def rates(self, came: Came, days: Sequence[date], gases: Sequence[str]) -> NDArray[np.float64]:
        """Of each cell, float64[n, g] [kg per unit]; NaN without a factor."""
        found = np.zeros((len(days), len(gases)))
        for at, day in enumerate(days):
            gas, rate = self._of(came.quantity, came.region, day)
            if gas:
                found[at, gases.index(gas)] = rate
            else:
                found[at] = np.nan
        return found

    def _of(self, quantity: str, region: str, day: date) -> tuple[str, float]:
        key = (quantity, region, day)
        if key not in self._found:
            self._found[key] = self._looked_up(quantity, region, day)
        return self._found[key]

    def _looked_up(self, quantity: str, region: str, day: date) -> tuple[str, float]:
        if quantity not in SOURCES:
            self.lacking.add(UNSETTLED.get(quantity) or f"no factor is known for bought {quantity}")
            return "", np.nan
        choice = self.factors.choice(region, quantity, day, max(day, self.today))
        if choice is None or choice.factor is None:
            self.lacking.add(choice.why if choice else f"no factor is known for bought {quantity}")
            return "", np.nan
        self.used.append(Used(day, choice))
        return choice.factor.gas, kg_per_unit(quantity, choice)
