"""What still runs at night and on weekends."""

from datetime import UTC, datetime, time
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

import numpy as np

from accounting.prices import Label
from alerts.amounts import Power
from alerts.look import Look
from alerts.mean import MeanRule
from alerts.silence import DAYS, Day
from alerts.verdict import Subjects, Verdict, simple


class Rule(MeanRule):
    """Fires when the mean power at times of rest is above `above`; outside of them all is well."""

    figure: ClassVar[Label] = Label("Power", "功率")
    remedy: ClassVar[Label] = Label("Switch off what nobody needs now.", "请关闭此时无人使用的设备。")

    kind: Literal["base_load"]
    above: Power
    begins: time = time(22)
    """Of the night, on the park's clock."""
    ends: time = time(6)
    rest_days: tuple[Day, ...] = ("sat", "sun")
    """Times of rest from midnight to midnight."""

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        mean = look.mean("active_power", self.over)[..., subjects.at]
        limit = self.above
        resting = look.each(lambda us: self._rests(us, look.park.zone))
        return simple((mean > limit) & resting, (mean <= limit) | np.logical_not(resting), mean, limit)

    def _rests(self, now_us: int, zone: ZoneInfo) -> bool:
        """All of the mean has to lie in it."""
        return all(self._rest_at(us, zone) for us in (now_us, now_us - int(self.over * 1e6)))

    def _rest_at(self, us: int, zone: ZoneInfo) -> bool:
        at = datetime.fromtimestamp(us / 1e6, UTC).astimezone(zone)
        if DAYS[at.weekday()] in self.rest_days:
            return True
        if self.begins <= self.ends:
            return self.begins <= at.time() < self.ends
        return at.time() >= self.begins or at.time() < self.ends
