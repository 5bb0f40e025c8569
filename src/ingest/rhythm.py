"""When a line is polled, and when a device behind it that fell silent is asked again."""

import math
from zlib import crc32

_LONGEST_PAUSE_S = 300.0
_SPREAD = 0.1
_MOST_SPREAD_S = 0.5


class Station:
    """A meter behind a line; one that falls silent is asked less and less often."""

    def __init__(self, meter: str, poll_s: float | None = None) -> None:
        """`poll_s`: how often it is read [s], a multiple of its line's period; None: as often as the line."""
        self.meter = meter
        self.poll_s = poll_s
        self._turn = -1
        self._silences = 0
        self._asleep_until = 0.0

    @property
    def silent(self) -> bool:
        return self._silences > 0

    def due(self, now: float) -> bool:
        """`now` [s, monotonic]."""
        return now >= self._asleep_until

    def has_turn(self, tick: int, line_s: float) -> bool:
        """Whether a period of its own has begun with this poll of the line, or since the last one."""
        turn = tick // stride(self.poll_s, line_s)
        begun, self._turn = turn != self._turn, turn
        return begun

    def answered(self) -> None:
        self._silences = 0
        self.wake()

    def wake(self) -> None:
        self._asleep_until = 0.0

    def fell_silent(self, now: float, poll_s: float) -> float:
        """How long it is left alone [s]: at first not at all, then twice as long each time, at most 300 s."""
        pause: float = min(poll_s * (2**self._silences - 1), _LONGEST_PAUSE_S)
        self._silences = min(self._silences + 1, 30)
        self._asleep_until = now + pause
        return pause


def stride(poll_s: float | None, line_s: float) -> int:
    """Of how many polls of its line a meter takes part in one; None: in each."""
    return 1 if poll_s is None else max(1, round(poll_s / line_s))


def phase(source: str, poll_s: float) -> float:
    """How long after the multiple of the period a source is polled [s], so that not all are at once."""
    return (crc32(source.encode()) / 2**32) * min(_SPREAD * poll_s, _MOST_SPREAD_S)


def next_poll(now: float, poll_s: float, phase_s: float, last: int | None) -> tuple[float, int]:
    """Seconds to the next multiple of the period shifted by the phase, and its number: never `last` again."""
    tick = math.floor((now - phase_s) / poll_s) + 1
    if tick == last:
        tick += 1
    return tick * poll_s + phase_s - now, tick
