"""A value that rises or falls faster than it should."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from accounting.prices import Label
from accounting.quantity import CATALOGUE
from alerts.amounts import Amount, Seconds
from alerts.look import Look
from alerts.rule import LONGEST_S
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when the value has risen by more than `rise`, or fallen by more than `fall`, within a time."""

    remedy: ClassVar[Label] = Label(
        "Find out what was switched on or off just now.", "请查明刚刚投入或退出的设备。"
    )

    kind: Literal["rate"]
    quantity: str = Field(examples=["active_power"])
    rise: Amount | None = None
    fall: Amount | None = None
    within: Seconds = Field(300.0, ge=10, le=LONGEST_S)

    @property
    def unit(self) -> str:
        return CATALOGUE[self.quantity].unit

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({self.quantity})

    @property
    def depth_s(self) -> float:
        return self.within

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The value is the change; unknown where one of its ends is."""
        change = (look.value(self.quantity) - look.before(self.quantity, self.within))[..., subjects.at]
        rise = self.rise.by(self.unit) if self.rise else np.inf
        fall = self.fall.by(self.unit) if self.fall else np.inf
        over = (change > rise) | (-change > fall)
        limit = np.where((change < 0) & np.isfinite(fall) | np.isinf(rise), -fall, rise)
        return simple(over, ~over, change, limit)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if self.quantity not in CATALOGUE:
            raise ValueError(f"quantity: {self.quantity!r} is not in the catalogue")
        if self.rise is None and self.fall is None:
            raise ValueError("one of rise and fall is needed")
        for name in ("rise", "fall"):
            amount = getattr(self, name)
            if amount is not None and amount.by(self.unit) <= 0:
                raise ValueError(f"{name}: has to be above 0")
        return self
