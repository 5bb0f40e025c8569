"""Load that could be moved, running when electricity is dear."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from accounting.prices import Label
from alerts.amounts import Power
from alerts.look import Look
from alerts.mean import PowerRule
from alerts.verdict import Subjects, Verdict, simple


class Rule(PowerRule):
    """Fires when a meter of `where` draws more than `above` in one of the tariff's `bands`."""

    figure: ClassVar[Label] = Label("Power", "功率")
    remedy: ClassVar[Label] = Label(
        "Move this load to cheaper hours if it can wait.", "如可等待,请将该负荷移到低价时段。"
    )

    kind: Literal["off_peak"]
    above: Power
    bands: tuple[str, ...] = Field(("peak", "sharp"), min_length=1)

    def named(self) -> Iterator[tuple[str, str, str]]:
        yield from super().named()
        for index, band in enumerate(self.bands):
            yield f"bands[{index}]", "band", band

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """Without a tariff nothing is known."""
        power = look.value("active_power")[..., subjects.at]
        band, limit = look.each(look.park.band_at), self.above
        dear = np.isin(band, self.bands)
        value = np.where(np.asarray(band) != "", power, np.nan)
        found = simple((power > limit) & dear, (power <= limit) | np.logical_not(dear), value, limit)
        return Verdict(found.stage, found.well, found.known, found.value, found.limit, band=band)
