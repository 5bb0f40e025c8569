"""How fast counters rise now, from the last few readings of each."""

import numpy as np
from numpy.typing import NDArray

from accounting.glitches import glitches
from accounting.grid import HOUR_US
from accounting.quantity import CATALOGUE, Kind
from accounting.sources import SOURCES
from telemetry.storage.latest import NEVER

COUNTERS = tuple(name for name in SOURCES if CATALOGUE[name].kind is Kind.COUNTER)
"""Those whose rise emits."""
WINDOW_S = 300
"""How far back readings tell how fast a counter rises now; the last two always do."""
_STEP_US = 30_000_000
_KEPT = WINDOW_S * 1_000_000 // _STEP_US + 2
_WINDOW_US = WINDOW_S * 1_000_000


class Rises:
    """The last readings of each meter's counters, about one a step, and the rates that they show."""

    def __init__(self, max_gap_s: NDArray[np.float64]) -> None:
        """`max_gap_s` float64[m] [s]: longer spans tell nothing about now."""
        cells = (len(max_gap_s), len(COUNTERS))
        self.per_hour = np.full(cells, np.nan)
        """float64[m, k] [unit/h] by COUNTERS, as the meter shows it; NaN: not known."""
        self._max_gap = max_gap_s
        self._time = np.full((*cells, _KEPT), NEVER)
        self._value = np.full((*cells, _KEPT), np.nan)

    def take(self, meter: NDArray[np.int64], time: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Readings float64[n, k] at int64[n] [us] of n different meters, newer than those before."""
        row, counter = np.nonzero(~np.isnan(values))
        at = (meter[row], counter)
        self._time[at], self._value[at] = _pushed(
            self._time[at], self._value[at], time[row], values[row, counter]
        )
        self.per_hour[at] = rising(self._time[at], self._value[at], self._max_gap[meter[row]])


def rising(
    time: NDArray[np.int64], value: NDArray[np.float64], max_gap_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rate float64[c] [unit/h] of readings int64[c, d] [us] and float64[c, d]; NaN: not known.

    Glitches count for nothing, nor do spans in which the counter fell or that are longer than its gap.
    """
    series, place = np.nonzero(time != NEVER)
    at, shown = time[series, place], value[series, place]
    kept = np.ones(len(at), np.bool_)
    kept[np.concatenate(glitches(series, shown))] = False
    series, at, shown = series[kept], at[kept], shown[kept]
    meter, lasts, rise = series[1:], np.diff(at), np.diff(shown)
    good = (meter == series[:-1]) & (rise >= 0) & (lasts > 0) & (lasts <= max_gap_s[meter] * 1e6)
    good &= at[1:] > time[meter, -1] - _WINDOW_US
    flow = np.bincount(meter[good], rise[good], len(time))
    hours = np.bincount(meter[good], lasts[good], len(time)) / HOUR_US
    rate: NDArray[np.float64] = np.divide(flow, hours, out=np.full(len(time), np.nan), where=hours > 0)
    return rate


def _pushed(
    times: NDArray[np.int64], values: NDArray[np.float64], time: NDArray[np.int64], value: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A reading at the end of each row; it takes the place of one that stood less than a step."""
    full = (times[:, -1] != NEVER) & (times[:, -2] != NEVER) & (times[:, -1] - times[:, -2] < _STEP_US)
    stays = (full | (times[:, -1] == time))[:, None]
    times = np.where(stays, times, np.roll(times, -1, axis=1))
    values = np.where(stays, values, np.roll(values, -1, axis=1))
    times[:, -1], values[:, -1] = time, value
    return times, values
