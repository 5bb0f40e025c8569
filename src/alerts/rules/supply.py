"""Voltage and frequency outside what a supply has to keep."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from accounting.prices import Label
from alerts.amounts import Amount, Share
from alerts.look import Look
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when a phase's voltage, or the frequency, lies further from the nominal than is allowed.

    Voltages by the phase that is furthest off; GB/T 12325-2008 allows 7 % either way for supplies of three
    phases up to 20 kV. Frequency: GB/T 15945-2008 allows 0.2 Hz.
    """

    remedy: ClassVar[Label] = Label(
        "Look whether other meters show the same, then call the grid operator.",
        "请查看其他表计是否相同,再联系供电公司。",
    )

    kind: Literal["supply"]
    nominal: Amount = Field(examples=["230 V", "50 Hz"])
    above: Share = Field(0.07, gt=0, lt=1)
    below: Share = Field(0.07, gt=0, lt=1)
    """How far it may lie over and under the nominal."""
    hysteresis: Share = Field(0.005, ge=0, lt=0.5)

    @property
    def unit(self) -> str:
        return self._measured[0]

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset(self._measured[1])

    @property
    def _measured(self) -> tuple[str, tuple[str, ...]]:
        if self.nominal.unit == "Hz":
            return "Hz", ("frequency",)
        return "V", ("voltage_l1", "voltage_l2", "voltage_l3")

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        nominal = self.nominal.to(self.unit)
        shown = np.array([look.value(name)[..., subjects.at] for name in self._measured[1]])
        off = shown / nominal - 1
        worst = np.where(np.isnan(off), -1.0, np.where(off >= 0, off / self.above, off / -self.below))
        value = np.take_along_axis(shown, worst.argmax(axis=0)[None], axis=0)[0]
        high, low = nominal * (1 + self.above), nominal * (1 - self.below)
        margin = nominal * self.hysteresis
        well = (value <= high - margin) & (value >= low + margin)
        return simple((value > high) | (value < low), well, value, np.where(value < nominal, low, high))

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            nominal = self.nominal.to(self.unit)
        except ValueError as error:
            raise ValueError(f"nominal: {error}") from error
        if nominal <= 0:
            raise ValueError("nominal: has to be above 0")
        return self
