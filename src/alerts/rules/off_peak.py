"""Load that could be moved, running when electricity is dear."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from alerts.amounts import Amount
from alerts.look import Look
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when a meter of `where` draws more than `above` in one of the tariff's `bands`."""

    kind: Literal["off_peak"]
    above: Amount
    bands: tuple[str, ...] = Field(("peak", "sharp"), min_length=1)

    @property
    def unit(self) -> str:
        return "kW"

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({"active_power"})

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """Without a tariff nothing is known."""
        power = look.value("active_power")[subjects.at]
        band, limit = look.park.band_at(look.now_us), self.above.to("kW")
        dear = band in self.bands
        value = power if band else np.full(len(subjects), np.nan)
        found = simple((power > limit) & dear, (power <= limit) | np.logical_not(dear), value, limit)
        return Verdict(found.stage, found.well, found.known, found.value, found.limit, band=band)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            self.above.to("kW")
        except ValueError as error:
            raise ValueError(f"above: {error}") from error
        return self
