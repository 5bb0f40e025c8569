"""How many requests a key may make: a bucket that fills by the minute."""

import math
from dataclasses import dataclass

_ROUNDING = 1e-9
"""Whoever waits as told passes, though the bucket's float may fall short of one by its last digit."""


@dataclass(slots=True)
class Bucket:
    """Holds a minute's worth of requests at most; `filled_at` [s] is when `left` was counted."""

    per_minute: int
    left: float
    filled_at: float

    def take(self, now: float) -> int:
        """0 where one more may pass, else after how many seconds it may [s]."""
        per_second = self.per_minute / 60
        self.left = min(self.per_minute, self.left + max(0.0, now - self.filled_at) * per_second)
        self.filled_at = now
        if self.left >= 1 - _ROUNDING:
            self.left -= 1
            return 0
        return math.ceil((1 - self.left) / per_second)
