"""A load unlike the meter's own at this hour of the week."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from accounting.prices import Label
from alerts.amounts import Power, Share
from alerts.look import Look
from alerts.mean import MeanRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(MeanRule):
    """Fires when the mean power differs from the usual one, either way, by more than `above` and `least`.

    The usual power is the mean of the same quarter hour in the four weeks before, where it was measured in at
    least two of them.
    """

    figure: ClassVar[Label] = Label("Power", "功率")
    remedy: ClassVar[Label] = Label(
        "Compare with what runs today: it may be a fault or a machine left on.",
        "请与今日开机情况核对:可能是故障或忘关的设备。",
    )

    kind: Literal["deviation"]
    above: Share = Field(0.3, gt=0)
    hysteresis: Share = Field(0.05, ge=0)
    least: Power = 10.0

    @property
    def replayed(self) -> bool:
        return False

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The limit is the one that is nearer to the value."""
        mean = look.mean("active_power", self.over)[subjects.at]
        usual = np.array([look.beside.usual_kw.get(code, np.nan) for code in subjects.codes], np.float64)
        least = self.least
        allowed = np.maximum(self.above * np.abs(usual), least)
        again = np.maximum((self.above - self.hysteresis) * np.abs(usual), least)
        off = np.where(np.isnan(usual), np.nan, mean - usual)
        known = np.where(np.isnan(off), np.nan, mean)
        limit = usual + np.copysign(allowed, off)
        found = simple(np.abs(off) > allowed, np.abs(off) <= again, known, limit)
        return Verdict(found.stage, found.well, found.known, found.value, found.limit, {"usual kW": usual})
