"""Glitches of counters: values that came back at once, zeros that came back whenever."""

import numpy as np
from numpy.typing import NDArray

from accounting.counter import falls

REACH = 5
"""Non-zero readings on either side that a reading is judged by: enough for one that flickers three times."""
ROW = 5
"""Non-zero readings dropped one after another, at most: what is wrong for longer stands."""
_PASSES = 4
_NONE = np.empty(0, dtype=np.int64)


def glitches(
    series: NDArray[np.integer], value: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Readings int64[k] that came back within two, zeros that came back whenever; and zeros not yet judged.

    A reading is judged by REACH others on either side, a run of zeros being one, and dropped unless the
    ROW before it are wrong too. A trailing zero after a positive value tells nothing until the next value:
    after it the counter stands higher (the zero was a glitch) or lower (the counter was reset).
    """
    if not len(falls(series, value)):
        return _NONE, _NONE
    wrong = _with_runs(series, value)
    if not wrong.any():
        return _NONE, _pending(series, value)
    kept = np.flatnonzero(~wrong)
    return np.flatnonzero(wrong), kept[_pending(series[kept], value[kept])]


def _with_runs(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which are dropped, bool[n]; a run of zeros is judged as one."""
    wrong = np.zeros(len(value), dtype=np.bool_)
    if value.all():
        wrong[_wrong(series, value)] = True
        return wrong
    lead = _leads(series, value)
    first = np.flatnonzero(lead)
    wrong[_wrong(series[first], value[first])] = True
    spread: NDArray[np.bool_] = wrong[np.cumsum(lead) - 1]
    return spread


def _leads(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """All but the zeros that follow a zero of the same series, bool[n]."""
    zero = value == 0
    lead = np.ones(len(value), dtype=np.bool_)
    lead[1:] = ~(zero[1:] & zero[:-1]) | (series[1:] != series[:-1])
    return lead


def _wrong(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Readings that the REACH around them show to be wrong, without those beyond ROW of them, int64[k]."""
    centre = _doubtful(series, value)
    around, there = (each.T for each in _around(series, centre))
    found = np.zeros(around.shape, dtype=np.bool_)
    found[there] = _dropped(np.nonzero(there)[0], value[around[there]])
    wrong = centre[found[:, REACH]]
    shown = wrong[value[wrong] != 0]
    return np.setdiff1d(wrong, shown[_places(series, value, shown) >= ROW], assume_unique=True)


def _places(
    series: NDArray[np.integer], value: NDArray[np.float64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many of `at` stand right before each, a zero between them aside, int64[k]."""
    last, count = at[1:] - 1, np.arange(len(at))
    near = (at[:-1] == last) | ((at[:-1] == last - 1) & (value[last] == 0))
    begins = np.append(True, ~(near & (series[at[1:]] == series[at[:-1]])))  # numpy's own order
    places: NDArray[np.int64] = count - np.maximum.accumulate(np.where(begins[: len(at)], count, 0))
    return places


def _around(
    series: NDArray[np.integer], centre: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Readings from REACH before to REACH after each, int64[2 REACH + 1, k], and which are of its series."""
    around = centre + np.arange(-REACH, REACH + 1)[:, None]
    there = (around >= 0) & (around < len(series))
    around[~there] = 0
    there &= series[around] == series[centre]
    return around, there


def _doubtful(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Readings that may be wrong, int64[k].

    One that is wrong stands below one before it that came back, or above one after it that was there before.
    """
    at = falls(series, value)
    near = np.zeros(len(value), dtype=np.bool_)
    for n in range(-REACH, REACH):
        near[np.clip(at + n, 0, len(value) - 1)] = True
    centre = np.flatnonzero(near)
    around, there = _around(series, centre)
    before = np.where(there[:REACH], value[around[:REACH]], np.inf)
    after = np.where(there[REACH + 1 :], value[around[REACH + 1 :]], -np.inf)
    own = value[centre]
    dip = np.where(before > own, before, np.inf).min(axis=0) <= after.max(axis=0)
    spike = before.min(axis=0) <= np.where(after < own, after, -np.inf).max(axis=0)
    found: NDArray[np.int64] = centre[dip | spike]
    return found


def _dropped(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which are found wrong by passes over what earlier ones left, bool[n]."""
    dropped = np.zeros(len(value), dtype=np.bool_)
    kept = np.arange(len(value))
    for _ in range(_PASSES):
        s, v = series[kept], value[kept]
        lead = _leads(s, v)
        wrong = _marked(s[lead], v[lead])[np.cumsum(lead) - 1]
        dropped[kept[wrong]] = True
        again = np.zeros(len(series) and int(series[-1]) + 1, dtype=np.bool_)
        again[s[wrong]] = True
        kept = kept[~wrong & again[s]]
        if not len(kept):
            break
    return dropped


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
