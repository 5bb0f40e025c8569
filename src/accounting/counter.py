"""What a counter's fall means: a glitch that comes back, a rollover, a reset, a small step back."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_NONE = np.empty(0, dtype=np.int64)
_PASSES = 4
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


def glitches(
    series: NDArray[np.integer], value: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Readings int64[k] that came back within two, zeros that came back whenever; and zeros not yet judged.

    A trailing zero after a positive value tells nothing until the next value: after it the counter
    stands higher (the zero was a glitch) or lower (the counter was reset).
    """
    if not len(falls(series, value)):
        return _NONE, _NONE
    kept = np.arange(0)
    s, v = series, value
    for _ in range(_PASSES):
        wrong = _wrong(s, v)
        if not wrong.any():
            break
        kept = kept[~wrong] if len(kept) else np.flatnonzero(~wrong)
        s, v = series[kept], value[kept]
    pending = _pending(s, v)
    if not len(kept):
        return _NONE, pending
    dropped = np.ones(len(value), dtype=np.bool_)
    dropped[kept] = False
    return np.flatnonzero(dropped), kept[pending]


def _wrong(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mask of the readings that a pass finds wrong, bool[n]."""
    zero = value == 0
    if not zero.any():
        return _marked(series, value)
    lead = np.ones(len(value), dtype=np.bool_)
    lead[1:] = ~(zero[1:] & zero[:-1]) | (series[1:] != series[:-1])
    spread: NDArray[np.bool_] = _marked(series[lead], value[lead])[np.cumsum(lead) - 1]
    return spread


def _marked(s: NDArray[np.integer], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    wrong = np.zeros(len(v), dtype=np.bool_)
    at = falls(s, v)
    for width in (1, 2):
        at = at[~_mark_dips(s, v, at, width, wrong)]
    for width in (1, 2):
        at = at[~_mark_spikes(s, v, at, width, wrong)]
    return wrong


def _mark_dips(
    s: NDArray[np.integer],
    v: NDArray[np.float64],
    at: NDArray[np.int64],
    width: int,
    wrong: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mark falls whose value is back after `width` readings; which of `at` they were."""
    back = np.minimum(at + width, len(v) - 1)
    found: NDArray[np.bool_] = (at + width < len(v)) & (s[back] == s[at]) & (v[back] >= v[at - 1])
    for n in range(width):
        wrong[at[found] + n] = True
    return found


def _mark_spikes(
    s: NDArray[np.integer],
    v: NDArray[np.float64],
    at: NDArray[np.int64],
    width: int,
    wrong: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mark the `width` readings before falls that end no lower than before them; which of `at` those were."""
    before = np.maximum(at - width - 1, 0)
    found: NDArray[np.bool_] = (at > width) & (s[before] == s[at]) & (v[at] >= v[before])
    for n in range(1, width + 1):
        found &= v[np.maximum(at - n, 0)] > v[at]
    for n in range(1, width + 1):
        wrong[at[found] - n] = True
    return found


def _pending(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Zeros at the end of a series that stood higher before."""
    last = np.flatnonzero(np.append(series[1:] != series[:-1], values=True))
    if value[last].all():
        return _NONE
    start = np.concatenate(([0], last[:-1] + 1))
    shown = np.where(value != 0, np.arange(len(value)), -1)
    solid = np.maximum.reduceat(shown, start)
    ends = (solid >= start) & (solid < last)
    return _ranges(solid[ends] + 1, last[ends] + 1)


def _ranges(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every index of the runs start..end, int64[k]."""
    length = end - start
    return np.repeat(end - np.cumsum(length), length) + np.arange(length.sum())


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
    return (before <= limit) & (after < limit) & agrees


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
