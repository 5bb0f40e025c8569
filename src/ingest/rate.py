"""How often something happens: its mean over the last minute."""

SPAN_S = 60
_SLICE_S = 5
_SLICES = SPAN_S // _SLICE_S + 1


class Rate:
    """Counts by slices of the minute; the slice that runs and twelve full ones are known."""

    __slots__ = ("_begun", "_counts", "_slice")

    def __init__(self) -> None:
        self._counts = [0] * _SLICES
        self._slice = 0
        self._begun: float | None = None

    def add(self, at: float, count: int = 1) -> None:
        """`at` [s since 1970]."""
        if self._begun is None or at // _SLICE_S > self._slice:
            self._advance(at)
        self._counts[self._slice % _SLICES] += count

    def per_second(self, now: float) -> float:
        """Mean of the last minute, or of as much of it as has been counted [1/s]."""
        if self._begun is None:
            return 0.0
        oldest = int(now // _SLICE_S) - _SLICES + 1
        counted = sum(self._counts[each % _SLICES] for each in range(oldest, self._slice + 1))
        return counted / max(now - max(self._begun, oldest * _SLICE_S), _SLICE_S)

    def _advance(self, now: float) -> None:
        running = int(now // _SLICE_S)
        if self._begun is None:
            self._begun, self._slice = now, running
        if running > self._slice:
            for step in range(1, min(running - self._slice, _SLICES) + 1):
                self._counts[(self._slice + step) % _SLICES] = 0
            self._slice = running
