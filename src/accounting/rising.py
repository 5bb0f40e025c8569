"""How fast counters rise now, from the last few readings of each."""

import numpy as np
from numpy.typing import NDArray

from accounting.glitches import glitches
from accounting.grid import HOUR_US

WINDOW_S = 300
"""How far back readings tell how fast a counter rises now; its last two steps always do."""
STILL = 5.0
"""A counter that stands for so many of its steps, and longer than the window, has stopped."""
NEVER = np.iinfo(np.int64).min
_STEP_US = 30_000_000
_KEPT = WINDOW_S * 1_000_000 // _STEP_US + 2
_WINDOW_H = WINDOW_S * 1e6 / HOUR_US
_Floats = NDArray[np.float64]


class Rises:
    """The last readings of each meter's counters, about one a step, and the rates that they show."""

    def __init__(self, max_gap_s: _Floats, counters: int) -> None:
        """`max_gap_s` float64[m] [s]: longer spans tell nothing about now."""
        cells = (len(max_gap_s), counters)
        self.per_hour = np.full(cells, np.nan)
        """float64[m, k] [unit/h] by counter, as the meter shows it; NaN: not known."""
        self._max_gap_us = max_gap_s * 1e6
        self._time = np.full((*cells, _KEPT), NEVER)
        self._value = np.full((*cells, _KEPT), np.nan)

    def take(self, meter: NDArray[np.int64], time: NDArray[np.int64], values: _Floats) -> None:
        """Readings float64[n, k] at int64[n] [us] of n different meters, newer than those before.

        Where one is older, those before bore a wrong time.
        """
        row, counter = np.nonzero(~np.isnan(values))
        at, now = (meter[row], counter), time[row]
        times, shown = self._time[at], self._value[at]
        last = times[:, -1]
        gap = now - np.maximum(last, 0)
        broken = (last != NEVER) & ((gap > self._max_gap_us[meter[row]]) | (gap < 0))
        times[broken], shown[broken] = NEVER, np.nan
        self._time[at], self._value[at] = times, shown = _pushed(times, shown, now, values[row, counter])
        self.per_hour[at] = rising(times, shown)


def rising(time: NDArray[np.int64], value: _Floats) -> _Floats:
    """Rate float64[c] [unit/h] of readings int64[c, d] [us] and float64[c, d], newest last; NaN: not known.

    Of the steps in the last WINDOW_S, or between the last two, since the counter fell; glitches count for
    nothing. Where it stands since, no more than its last step in that time.
    """
    at, shown = _solid(time, value)
    rise, lasts = np.diff(shown), np.diff(at)
    whole = _since_fall(rise) & (lasts > 0)
    step = whole & (rise > 0)
    last = _last(step)
    began = _began(step, at, last)
    places = np.arange(rise.shape[1])
    counted = step & (places > began[:, None])
    first = np.where(began < 0, np.argmax(whole, axis=1), began + 1)
    flow = np.where(counted, rise, 0.0).sum(axis=1)
    hours = _of(at, last + 1) - _of(at, first)
    still = _of(at, np.full(len(at), at.shape[1] - 1)) - _of(at, last + 1)
    rate = np.divide(flow, hours, out=np.full(len(at), np.nan), where=step.any(axis=1) & (hours > 0))
    rate = np.minimum(rate, np.divide(_of(rise, last), still, out=np.full(len(at), np.inf), where=still > 0))
    stopped = still > np.fmax(_WINDOW_H, STILL * hours / np.maximum(counted.sum(axis=1), 1))
    return np.where(whole.any(axis=1) & (stopped | ~step.any(axis=1)), 0.0, rate)


def _solid(time: NDArray[np.int64], value: _Floats) -> tuple[_Floats, _Floats]:
    """Hours before the newest, and values, float64[c, d]; a glitch is the reading before it once more."""
    series, place = np.nonzero(time != NEVER)
    kept = np.zeros(time.shape, np.bool_)
    kept[series, place] = True
    wrong = np.concatenate(glitches(series, value[series, place]))
    kept[series[wrong], place[wrong]] = False
    source = np.maximum.accumulate(np.where(kept, np.arange(time.shape[1]), 0), axis=1)
    rows = np.arange(len(time))[:, None]
    hours = np.where(time == NEVER, np.nan, (time - np.maximum(time[:, -1:], 0)) / HOUR_US)
    known = np.logical_or.accumulate(kept, axis=1)
    return np.where(known, hours[rows, source], np.nan), np.where(known, value[rows, source], np.nan)


def _since_fall(rise: _Floats) -> NDArray[np.bool_]:
    """Spans after the last one in which the counter fell, bool like `rise`."""
    fell = (rise < 0)[:, ::-1]
    later: NDArray[np.bool_] = ~np.logical_or.accumulate(fell, axis=1)[:, ::-1]
    return later & ~np.isnan(rise)


def _last(step: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Place of each row's last step, intp[c]; the first place where there is none."""
    found: NDArray[np.intp] = step.shape[1] - 1 - np.argmax(step[:, ::-1], axis=1)
    return np.where(step.any(axis=1), found, 0)


def _began(step: NDArray[np.bool_], at: _Floats, last: NDArray[np.intp]) -> NDArray[np.intp]:
    """The step from which on it counts: the first in the window, else the one before the last; -1: none."""
    earlier = step & (np.arange(step.shape[1]) < last[:, None])
    within = earlier & (at[:, 1:] >= _of(at, last + 1)[:, None] - _WINDOW_H)
    before = np.where(earlier.any(axis=1), _last(earlier), -1)
    return np.where(within.any(axis=1), np.argmax(within, axis=1), before)


def _of(table: _Floats, place: NDArray[np.intp]) -> _Floats:
    found: _Floats = table[np.arange(len(table)), place]
    return found


def _pushed(
    times: NDArray[np.int64], values: _Floats, time: NDArray[np.int64], value: _Floats
) -> tuple[NDArray[np.int64], _Floats]:
    """A reading at the end of each row, in place of one that stood less than a step or showed the same."""
    two = (times[:, -1] != NEVER) & (times[:, -2] != NEVER)
    brief = two & (times[:, -1] - np.maximum(times[:, -2], 0) < _STEP_US)
    same = values[:, -1] == value
    still = same & (values[:, -2] == value)
    edge = same & (values[:, -2] == values[:, -3])
    stays = (still | (brief & ~edge) | (times[:, -1] == time))[:, None]
    times = np.where(stays, times, np.roll(times, -1, axis=1))
    values = np.where(stays, values, np.roll(values, -1, axis=1))
    times[:, -1], values[:, -1] = time, value
    return times, values
