"""The past as it was recorded, lived through slot by slot."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.journal import History
from alerts.reel import HOUR_US, Reel
from alerts.window import Rows, Window

_ROWS = 400_000
"""So many are fetched at once of a long past, as far as the part before tells."""
_PART_US = 300_000_000
"""Readings of the past are fetched in parts of so many microseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows of others."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    quantities: tuple[str, ...]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows, at: NDArray[np.intp]) -> "Part":
        return cls(rows.meter_id[at], rows.time[at], rows.quantities, rows.values[at])


def fill(window: Window, history: History, lo_us: int, hi_us: int, part_us: int = _PART_US) -> Iterator[int]:
    """Let the window live through [lo, hi) as it was recorded; gives a moment of each slot [us].

    That is the last at which something was read, or the slot's end.
    """
    step = window.step_us
    for part in range(lo_us // step * step, hi_us, part_us):
        end = min(part + part_us, hi_us)
        rows = history.readings(window.park.ids, part, end, window.quantities)
        by_time = np.argsort(rows.time, kind="stable")
        slot = rows.time[by_time] // step
        for number in range(part // step, -(-end // step)):
            lo, hi = np.searchsorted(slot, (number, number + 1))
            moment = int(rows.time[by_time[hi - 1]]) if hi > lo else min((number + 1) * step - 1, hi_us)
            window.take(Part.of(rows, by_time[lo:hi]), moment)
            window.advance(moment)
            yield moment


def wind(reel: Reel, history: History, lo_us: int, hi_us: int) -> Iterator[NDArray[np.int64]]:
    """As `fill`, many slots at once; gives their moments, int64[k] [us]. Raises as the history."""
    begin, span, step = lo_us // reel.step_us * reel.step_us, HOUR_US, reel.step_us
    while begin < hi_us:
        end = min(begin + min(span, reel.ahead_us), hi_us)
        rows = history.readings(reel.park.ids, begin, end, reel.quantities)
        yield reel.play(rows, begin, end)
        fitting = (end - begin) * _ROWS // max(1, len(rows.meter_id)) // step * step
        begin, span = end, max(step, min(4 * span, fitting))
