"""What bought energy carries: the factor of each day, by gas."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from accounting.sources import SOURCES, UNSETTLED
from telemetry.reports.factors import Factors, Used, kg_per_unit


@dataclass(slots=True)
class Bought:
    """Rates by quantity, region and day, and what they stand on."""

    factors: Factors
    today: date
    used: list[Used] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    _found: dict[tuple[str, str, date], tuple[str, float]] = field(default_factory=dict)

    def gases(self, asked: Sequence[tuple[str, str, date]]) -> list[str]:
        """Gases of the factors that answer (quantity, region, day), CO2 first."""
        found = {gas for each in dict.fromkeys(asked) if (gas := self._of(*each)[0])}
        return sorted(found, key=lambda gas: (gas != "CO2", gas)) or ["CO2"]

    def rates(
        self, quantity: str, region: str, days: Sequence[date], gases: Sequence[str]
    ) -> NDArray[np.float64]:
        """Of each cell, float64[n, g] [kg per unit]; NaN without a factor."""
        found = np.zeros((len(days), len(gases)))
        for at, day in enumerate(days):
            gas, rate = self._of(quantity, region, day)
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
