"""What still runs at night and on weekends."""

from datetime import UTC, datetime, time
from typing import Literal

import numpy as np

from alerts.amounts import Power
from alerts.look import Look
from alerts.mean import MeanRule
from alerts.silence import DAYS, Day
from alerts.verdict import Subjects, Verdict, simple


class Rule(MeanRule):
    """Fires when the mean power at times of rest is above `above`; outside of them all is well."""

    kind: Literal["base_load"]
    above: Power
    begins: time = time(22)
    """Of the night, on the park's clock."""
    ends: time = time(6)
    rest_days: tuple[Day, ...] = ("sat", "sun")
    """Times of rest from midnight to midnight."""

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        mean = look.mean("active_power", self.over)[subjects.at]
        limit = self.above
        resting = self._rests(look)
        return simple((mean > limit) & resting, (mean <= limit) | np.logical_not(resting), mean, limit)

    def _rests(self, look: Look) -> bool:
        """All of the mean has to lie in it."""
        return all(self._rest_at(look, us) for us in (look.now_us, look.now_us - int(self.over * 1e6)))

    def _rest_at(self, look: Look, us: int) -> bool:
        at = datetime.fromtimestamp(us / 1e6, UTC).astimezone(look.park.zone)
        if DAYS[at.weekday()] in self.rest_days:
            return True
        if self.begins <= self.ends:
            return self.begins <= at.time() < self.ends
        return at.time() >= self.begins or at.time() < self.ends
