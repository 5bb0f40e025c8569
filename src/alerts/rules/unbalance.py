"""Phases that carry unlike loads, or stand at unlike voltages."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from accounting.prices import Label
from accounting.quantity import CATALOGUE
from alerts.amounts import Amount, Share
from alerts.look import Look
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when the phase furthest from the mean of all three differs by more than `above` of the mean.

    Unbalance by the greatest deviation from the mean, as NEMA MG 1 has it for voltages.
    """

    figure: ClassVar[Label] = Label("Unbalance of the phases", "三相不平衡度")
    remedy: ClassVar[Label] = Label(
        "Check the fuses, and spread single-phase loads over the phases.",
        "请检查熔断器,并将单相负荷均分到各相。",
    )
    share: ClassVar[bool] = True

    kind: Literal["unbalance"]
    quantity: Literal["current", "voltage", "active_power"] = "current"
    above: Share = 0.2
    hysteresis: Share = 0.02
    least: Amount | None = None
    """A mean below it is not judged: idle machines are unbalanced without harm."""

    @property
    def unit(self) -> str:
        return "1"

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset(f"{self.quantity}_l{phase}" for phase in (1, 2, 3))

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        phases = np.array([look.value(name)[..., subjects.at] for name in sorted(self.quantities)])
        mean = phases.mean(axis=0)
        least = self.least.to(CATALOGUE[self.quantity].unit) if self.least else 0.0
        judged = mean > least
        share = np.abs(phases - mean).max(axis=0) / np.where(judged, mean, np.nan)
        share = np.where(~judged & ~np.isnan(mean), 0.0, share)
        return simple(share > self.above, share <= self.above - self.hysteresis, share, self.above)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            self.least and self.least.to(CATALOGUE[self.quantity].unit)
        except ValueError as error:
            raise ValueError(f"least: {error}") from error
        return self
