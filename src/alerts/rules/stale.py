"""A meter from which nothing comes any more."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from accounting.prices import Label
from alerts.amounts import Seconds
from alerts.look import Look
from alerts.park import NOBODY, Park
from alerts.rule import Rule as AnyRule
from alerts.verdict import Kind, Subjects, Verdict


class Rule(AnyRule):
    """Fires when a meter's last reading is older than `after`, or than `intervals` of its own rhythm.

    A meter that never was read is none of its concern: nobody knows whether it is there yet.
    """

    hidden_by_source: ClassVar[bool] = True

    figure: ClassVar[Label] = Label("Silent for", "已无数据")
    remedy: ClassVar[Label] = Label(
        "Check the meter's supply and its line; its readings are missing until then.",
        "请检查表计电源与通信线路;恢复前其数据缺失。",
    )

    kind: Literal["stale"]
    after: Seconds | None = None
    intervals: float = Field(5.0, ge=2)

    @property
    def unit(self) -> str:
        return "s"

    @property
    def replayed(self) -> bool:
        return False

    def subjects(self, park: Park) -> Subjects:
        found = np.flatnonzero(self.where.picks(park) & (park.source != NOBODY))
        return Subjects(Kind.METER, tuple(park.codes[at] for at in found.tolist()), found)

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        age = look.age_s()[subjects.at]
        listened = (look.now_us - look.window.begun_us) / 1e6
        limit = self.intervals * look.window.interval_s[subjects.at] + look.window.latency_s
        if self.after is not None:
            limit = np.full(len(subjects), self.after)
        silent, well = np.minimum(age, listened) > limit, age <= limit
        return Verdict(silent.astype(np.int8), well, silent | well, age, limit)
