"""How often one address may try to come in."""

import time
from collections.abc import Callable

from telemetry.access.bucket import Bucket

_MOST = 10_000
"""Addresses that are remembered; those heard of first are forgotten first."""


class Pace:
    def __init__(self, per_minute: int = 30, clock: Callable[[], float] = time.time) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def wait_s(self, address: str) -> int:
        """0 where it may try now, which is counted; else how long to wait [s]."""
        now = self._clock()
        bucket = self._buckets.pop(address, None) or Bucket(self._per_minute, self._per_minute, now)
        while len(self._buckets) >= _MOST:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[address] = bucket
        return bucket.take(now)
