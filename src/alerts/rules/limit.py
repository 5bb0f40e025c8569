"""A measured value above or below a limit, with hysteresis."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from accounting.prices import Label
from accounting.quantity import CATALOGUE
from alerts.amounts import Amount
from alerts.look import Look
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires above `above` or below `below`; all is well again beyond the limit by `hysteresis`."""

    remedy: ClassVar[Label] = Label("Check on site what this meter measures.", "请到现场核对该表所测的设备。")

    kind: Literal["limit"]
    quantity: str = Field(examples=["active_power"])
    above: Amount | None = None
    below: Amount | None = None
    hysteresis: Amount | None = None

    @property
    def unit(self) -> str:
        return CATALOGUE[self.quantity].unit

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({self.quantity})

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        value = look.value(self.quantity)[..., subjects.at]
        margin = self.hysteresis.by(self.unit) if self.hysteresis else 0.0
        high = self.above.to(self.unit) if self.above else np.inf
        low = self.below.to(self.unit) if self.below else -np.inf
        well = (value <= high - margin) & (value >= low + margin)
        broken = np.where(value > high, high, np.where(value < low, low, high if self.above else low))
        return simple((value > high) | (value < low), well, value, broken)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if self.quantity not in CATALOGUE:
            raise ValueError(f"quantity: {self.quantity!r} is not in the catalogue")
        if self.above is None and self.below is None:
            raise ValueError("one of above and below is needed")
        for name in ("above", "below", "hysteresis"):
            amount = getattr(self, name)
            try:
                amount and amount.by(self.unit)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        if self.above and self.below and self.above.to(self.unit) <= self.below.to(self.unit):
            raise ValueError(f"above: {self.above} does not lie over below {self.below}")
        if self.hysteresis and self.hysteresis.by(self.unit) < 0:
            raise ValueError("hysteresis: has to be 0 or more")
        return self
