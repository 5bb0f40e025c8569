"""By how much counts have risen of late: what was lost in the last ten minutes, not since the start."""

from collections import deque
from collections.abc import Mapping
from itertools import pairwise

WITHIN_S = 600.0


class Lately:
    """Asked now and then with counts that only rise; one that begins anew counts from there."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._seen: deque[tuple[float, Mapping[str, int]]] = deque()

    def rise(self, counts: Mapping[str, int], now_s: float) -> Mapping[str, int]:
        """What each has gained within the time, as far as somebody looked."""
        if not self._seen or self._seen[-1][1] != counts:
            self._seen.append((now_s, dict(counts)))
        while len(self._seen) > 1 and self._seen[1][0] <= now_s - self._within_s:
            self._seen.popleft()
        steps = [each for _, each in self._seen]
        return {name: sum(_gain(name, *pair) for pair in pairwise(steps)) for name in counts}


def _gain(name: str, before: Mapping[str, int], after: Mapping[str, int]) -> int:
    return max(0, after.get(name, 0) - before.get(name, after.get(name, 0)))
