"""What a counter's fall means: a rollover, a reset, a small step back."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_STEP_BACK = 0.9
_PLAUSIBLE = 10.0
_NEAR = 0.01


class Flag(IntEnum):
    """What settlement found at a reading."""

    ROLLOVER = 1
    """The counter passed its last digit."""
    RESET = 2
    """The counter began again: what it shows is counted, its course is estimated."""
    STEP_BACK = 3
    """The counter fell by less than a tenth: nothing is counted."""
    GLITCH = 4
    """A value that came back at once, or a zero that did: dropped."""
    REPEAT = 5
    """Another value at the same instant: the first stands."""
    REPLACEMENT = 6
    """Another device from here on."""
    OVERLAP = 7
    """An amount that begins before the one before it has ended: dropped."""


def falls(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Readings that show less than the one before in the same series, int64[k]."""
    at = np.flatnonzero(value[1:] < value[:-1]) + 1
    same: NDArray[np.int64] = at[series[at] == series[at - 1]]
    return same


def rolled(
    series: NDArray[np.integer],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    at: NDArray[np.int64],
    limit: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which of the falls `at` are rollovers at `limit` float64[k] (NaN: the counter has none known), bool[k].

    A rollover must agree with the flow before or after it; where there is nothing to compare with,
    the fall must be more than half the counter's range.
    """
    before, after = value[at - 1], value[at]
    flow = after - before + limit
    rate = np.fmax(_rate(series, time, value, at - 1), _rate(series, time, value, at + 1))
    expected = np.maximum(_PLAUSIBLE * rate * (time[at] - time[at - 1]), _NEAR * limit)
    agrees = np.where(np.isnan(rate), before - after > limit / 2, flow <= expected)
    return (before <= limit) & (after >= 0) & (after < limit) & agrees


def _rate(
    series: NDArray[np.integer], time: NDArray[np.int64], value: NDArray[np.float64], at: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Flow per microsecond in the span that ends at each reading, NaN where there is none or it falls."""
    end = np.clip(at, 1, len(value) - 1)
    rise = value[end] - value[end - 1]
    valid = (at == end) & (series[end] == series[end - 1]) & (rise >= 0) & (time[end] > time[end - 1])
    return np.where(valid, rise / np.maximum(time[end] - time[end - 1], 1), np.nan)


def stepped_back(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Falls too small for a reset: it begins near zero, bool[k]."""
    return after >= _STEP_BACK * before
