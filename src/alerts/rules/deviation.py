"""A load unlike the meter's own at this hour of the week."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from alerts.amounts import Amount, Seconds, Share
from alerts.look import Look
from alerts.rule import LONGEST_S
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when the mean power differs from the usual one, either way, by more than `above` and `least`.

    The usual power is the mean of the same quarter hour in the four weeks before, where it was measured in at
    least two of them.
    """

    replayed: ClassVar[bool] = False

    kind: Literal["deviation"]
    above: Share = Field(0.3, gt=0)
    hysteresis: Share = Field(0.05, ge=0)
    least: Amount = Amount(10.0, "kW")
    over: Seconds = Field(900.0, ge=10, le=LONGEST_S)
    """Length of the mean."""

    @property
    def unit(self) -> str:
        return "kW"

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({"active_power"})

    @property
    def depth_s(self) -> float:
        return self.over

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The limit is the one that is nearer to the value."""
        mean = look.mean("active_power", self.over)[subjects.at]
        usual = np.array([look.beside.usual_kw.get(code, np.nan) for code in subjects.codes], np.float64)
        least = self.least.to("kW")
        allowed = np.maximum(self.above * np.abs(usual), least)
        again = np.maximum((self.above - self.hysteresis) * np.abs(usual), least)
        off = np.where(np.isnan(usual), np.nan, mean - usual)
        known = np.where(np.isnan(off), np.nan, mean)
        limit = usual + np.copysign(allowed, off)
        found = simple(np.abs(off) > allowed, np.abs(off) <= again, known, limit)
        return Verdict(found.stage, found.well, found.known, found.value, found.limit, {"usual kW": usual})

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            self.least.to("kW")
        except ValueError as error:
            raise ValueError(f"least: {error}") from error
        return self
