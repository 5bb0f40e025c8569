"""A tariff as a supply contract has it: from the contract's first day to its last."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from accounting.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Held:
    tariff: Tariff
    """Its `valid_from` is the contract's first day."""
    last: date = date.max

    @property
    def first(self) -> date:
        return self.tariff.valid_from or date.min

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def on(self, days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """On which of the days datetime64[D][...] it holds, bool[...]."""
        found: NDArray[np.bool_] = (days >= np.datetime64(self.first)) & (days <= np.datetime64(self.last))
        return found
