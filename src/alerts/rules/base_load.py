"""What still runs at night and on weekends."""

from datetime import UTC, datetime, time
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from alerts.amounts import Amount, Seconds
from alerts.look import Look
from alerts.rule import LONGEST_S
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rule(AnyRule):
    """Fires when the mean power at times of rest is above `above`; outside of them all is well."""

    kind: Literal["base_load"]
    above: Amount
    over: Seconds = Field(900.0, ge=10, le=LONGEST_S)
    """Length of the mean."""
    begins: time = time(22)
    """Of the night, on the park's clock."""
    ends: time = time(6)
    rest_days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("sat", "sun")
    """Times of rest from midnight to midnight."""

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
        mean = look.mean("active_power", self.over)[subjects.at]
        limit = self.above.to("kW")
        resting = self._rests(look)
        return simple((mean > limit) & resting, (mean <= limit) | np.logical_not(resting), mean, limit)

    def _rests(self, look: Look) -> bool:
        """All of the mean has to lie in it."""
        return all(self._rest_at(look, us) for us in (look.now_us, look.now_us - int(self.over * 1e6)))

    def _rest_at(self, look: Look, us: int) -> bool:
        at = datetime.fromtimestamp(us / 1e6, UTC).astimezone(look.park.zone)
        if _DAYS[at.weekday()] in self.rest_days:
            return True
        if self.begins <= self.ends:
            return self.begins <= at.time() < self.ends
        return at.time() >= self.begins or at.time() < self.ends

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            self.above.to("kW")
        except ValueError as error:
            raise ValueError(f"above: {error}") from error
        return self
