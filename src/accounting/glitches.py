"""Glitches of counters: values that came back at once, zeros that came back whenever."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from accounting.counter import falls

REACH = 5
"""Non-zero readings on either side that a reading is judged by: enough for one that flickers three times."""
ROW = 5
"""Non-zero readings dropped one after another, at most: what is wrong for longer stands."""
_PASSES = 4
_PIECE = 1 << 14
_NUMBERS_FIRST = np.argsort(
    (np.arange(2**REACH) >> np.arange(REACH)[:, None]) % 2 == 0, axis=0, kind="stable"
)
"""By the bits of where numbers stand, int64[REACH, 2**REACH]."""
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
    follows = _follows(series, value)
    if not len(follows):
        return _wrong(series, value)
    lead = np.ones(len(value), dtype=np.bool_)
    lead[follows] = False
    first = np.flatnonzero(lead)
    wrong = np.zeros(len(value), dtype=np.bool_)
    wrong[first] = _wrong(series[first], value[first])
    wrong[follows] = wrong[follows - _places(series, value, follows) - 1]
    return wrong


def _follows(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Zeros that follow a zero of the same series, int64[k]."""
    zero = value == 0
    at = np.flatnonzero(zero[1:] & zero[:-1]) + 1
    same: NDArray[np.int64] = at[series[at] == series[at - 1]]
    return same


def _wrong(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Readings that the REACH around them show to be wrong, without those beyond ROW of them, bool[n]."""
    wrong = np.zeros(len(value), dtype=np.bool_)
    near = _near_falls(series, value)
    line, at = _apart(series[near], near, value[near])
    marked = np.zeros(len(line), dtype=np.bool_)
    for start in range(0, len(line) - 2 * REACH, _PIECE):
        piece = line[start : start + _PIECE + 2 * REACH]
        marked[start + REACH : start + len(piece) - REACH] = _middles(piece)
    wrong[near] = marked[at]
    shown = np.flatnonzero(wrong & (value != 0))
    wrong[shown[_places(series, value, shown) >= ROW]] = False
    return wrong


def _middles(line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which on a line are shown wrong by the REACH around them, its first and last REACH aside, bool[k]."""
    marked = _marked(line)[REACH:-REACH]
    later = np.flatnonzero(_crossed(line) & ~marked)
    marked[later[_dropped(line[later + np.arange(2 * REACH + 1)[:, None]])]] = True
    return marked


def _crossed(line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which have higher ones within REACH on both sides, or lower ones, without the first and last, bool[k].

    Others are not wrong: one that is stands below one before it that came back, or above one after it that
    was there before.
    """
    runs = [line[n : len(line) - REACH + 1 + n] for n in range(REACH)]
    low, high, own = reduce(np.fmin, runs), reduce(np.fmax, runs), line[REACH:-REACH]
    before, after = slice(None, -REACH - 1), slice(REACH + 1, None)
    found: NDArray[np.bool_] = (high[before] > own) & (high[after] > own)
    found |= (low[before] < own) & (low[after] < own)
    return found


def _places(
    series: NDArray[np.integer], value: NDArray[np.float64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many of `at` stand right before each, a zero between them aside, int64[k]."""
    last, count = at[1:] - 1, np.arange(len(at))
    near = (at[:-1] == last) | ((at[:-1] == last - 1) & (value[last] == 0))
    begins = np.append(True, ~(near & (series[at[1:]] == series[at[:-1]])))  # numpy's own order
    places: NDArray[np.int64] = count - np.maximum.accumulate(np.where(begins[: len(at)], count, 0))
    return places


def _near_falls(series: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Readings that stand in the reach of one that a fall is in the reach of, int64[k]."""
    near = np.zeros(len(value) + 4 * REACH, dtype=np.bool_)
    near[falls(series, value)] = True
    wide = 1
    while wide < 4 * REACH:
        step = min(wide, 4 * REACH - wide)
        near[step:] |= near[:-step]
        wide += step
    return np.flatnonzero(near[2 * REACH : len(value) + 2 * REACH])


def _apart(
    series: NDArray[np.integer], index: NDArray[np.int64], value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values on a line, REACH times NaN around each run of neighbours, and where each stands, int64[k]."""
    begins = np.append(True, (np.diff(index) > 1) | (np.diff(series) != 0))[: len(index)]
    at = np.arange(len(index)) + REACH * np.cumsum(begins)
    line = np.full((at[-1] if len(at) else 0) + REACH + 1, np.nan)
    line[at] = value
    return line, at


def _dropped(window: NDArray[np.float64]) -> NDArray[np.int64]:
    """Windows float64[2 REACH + 1, k] whose middle is found wrong by passes over what earlier ones left."""
    found = []
    which = np.arange(window.shape[1])
    for _ in range(_PASSES):
        marked = _marked(window)
        found.append(which[marked[REACH]])
        on = np.flatnonzero(marked.any(axis=0) & ~marked[REACH])
        window = np.where(marked[:, on], np.nan, window[:, on])
        doubtful = _doubtful(window)
        which, window = which[on[doubtful]], window[:, doubtful]
        if not len(which):
            break
        window = _closed_up(window)
    return np.concatenate(found)


def _doubtful(window: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Windows whose middle may be wrong, bool[k]: a higher one before it came back, a lower one was there."""
    before, own, after = window[:REACH], window[REACH], window[REACH + 1 :]
    above = reduce(np.minimum, (np.where(row > own, row, np.inf) for row in before))
    below = reduce(np.maximum, (np.where(row < own, row, -np.inf) for row in after))
    found: NDArray[np.bool_] = (above <= reduce(np.fmax, after)) | (reduce(np.fmin, before) <= below)
    return found


def _marked(v: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Values, in turn along the first axis, that came back within two or were there before, bool like `v`."""
    wrong, fall = np.zeros(v.shape, dtype=np.bool_), np.zeros(v.shape, dtype=np.bool_)
    fall[1:] = v[1:] < v[:-1]
    for width in (1, 2):
        _mark_dips(v, fall, width, wrong)
    for width in (1, 2):
        _mark_spikes(v, fall, width, wrong)
    return wrong


def _mark_dips(v: NDArray[np.float64], fall: NDArray[np.bool_], width: int, wrong: NDArray[np.bool_]) -> None:
    """Mark falls whose value is back after `width` values; they are falls no more."""
    found = fall[1:-width] & (v[width + 1 :] >= v[: -width - 1])
    fall[1:-width] &= ~found
    for n in range(width):
        wrong[1 + n : len(v) - width + n] |= found


def _mark_spikes(
    v: NDArray[np.float64], fall: NDArray[np.bool_], width: int, wrong: NDArray[np.bool_]
) -> None:
    """Mark the `width` values before falls that end no lower than before them; they are falls no more."""
    end = v[width + 1 :]
    found = fall[width + 1 :] & (end >= v[: -width - 1])
    for n in range(2, width + 1):
        found &= v[width + 1 - n : -n] > end
    fall[width + 1 :] &= ~found
    for n in range(1, width + 1):
        wrong[width + 1 - n : len(v) - n] |= found


def _closed_up(window: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windows whose readings move up to the middle, past what is dropped, a run of zeros as one of them."""
    window = _to_middle(window)
    zero = window == 0
    doubled = zero[1:] & zero[:-1]
    if not doubled.any():
        return window
    window[:REACH][doubled[:REACH]] = np.nan
    window[REACH + 1 :][doubled[REACH:]] = np.nan
    return _to_middle(window)


def _to_middle(window: NDArray[np.float64]) -> NDArray[np.float64]:
    before, after = _filled(window[REACH - 1 :: -1]), _filled(window[REACH + 1 :])
    return np.concatenate((before[::-1], window[REACH : REACH + 1], after))


def _filled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column's numbers first, in their order, float64[REACH, k]."""
    bits = np.zeros(rows.shape[1], dtype=np.uint8)
    for n, there in enumerate(~np.isnan(rows)):
        bits |= there.view(np.uint8) << n
    filled: NDArray[np.float64] = rows[_NUMBERS_FIRST[:, bits], np.arange(rows.shape[1])]
    return filled


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
