"""A power factor below what the contract asks for."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accounting.prices import Label
from alerts.amounts import Power
from alerts.look import Look
from alerts.mean import POWER, MeanRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(MeanRule):
    """Fires when the mean power factor, P / sqrt(P^2 + Q^2), is below `below` while enough power is drawn.

    Of meters by which the park is billed `more` tells what the factor of the month does to the bill.
    """

    figure: ClassVar[Label] = Label("Power factor", "功率因数")
    remedy: ClassVar[Label] = Label("Check the capacitor bank.", "请检查无功补偿装置。")

    kind: Literal["power_factor"]
    below: float = Field(0.9, gt=0, le=1)
    hysteresis: float = Field(0.01, ge=0, lt=0.5)
    least: Power = 10.0
    """Less power than this is not judged."""

    @property
    def unit(self) -> str:
        return "1"

    @property
    def quantities(self) -> frozenset[str]:
        return POWER | {"reactive_power"}

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        active = look.mean("active_power", self.over)[..., subjects.at]
        reactive = np.abs(look.mean("reactive_power", self.over)[..., subjects.at])
        judged = active >= self.least
        factor = active / np.hypot(np.where(judged, active, np.nan), reactive)
        idle = ~judged & ~np.isnan(active + reactive)
        factor = np.where(idle, 1.0, factor)
        missing = np.maximum(reactive - active * np.tan(np.arccos(self.below)), 0.0)
        found = simple(factor < self.below, factor >= self.below + self.hysteresis, factor, self.below)
        more = {"missing kvar": missing} | self._cost(look, subjects)
        return Verdict(found.stage, found.well | idle, found.known, found.value, found.limit, more)

    @staticmethod
    def _cost(look: Look, subjects: Subjects) -> dict[str, NDArray[np.float64]]:
        """Of the meters alone by which the park is billed."""
        month, billed = look.beside.month_factor, look.park.boundary.get(look.park.root)
        if month is None or billed is None or not billed[subjects.at].any():
            return {}
        return {name: np.where(billed[subjects.at], figure, np.nan) for name, figure in month.more.items()}
