"""A window whose slots are written many at once: what a rule looks at over a stretch of the past."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accounting.rhythm import follow
from alerts.park import Park
from alerts.window import NEVER, SLOTS, STEP_US, Rows, Window

_CELLS = 4_000_000
"""Slots and meters that are held at once, beside what rules look back on."""
HOUR_US = 3_600_000_000


class Reel(Window):
    """Takes what was read in the order of time, slot after slot without a gap; ages are not kept."""

    def __init__(
        self, park: Park, quantities: Sequence[str], *, step_us: int = STEP_US, slots: int = SLOTS
    ) -> None:
        """`slots` are looked back on."""
        most = min(24 * HOUR_US, max(HOUR_US, _CELLS // max(1, len(park)) * step_us))
        self.ahead_us = most // step_us * step_us
        super().__init__(park, quantities, step_us=step_us, slots=slots + self.ahead_us // step_us)

    def play(self, rows: Rows, lo_us: int, hi_us: int) -> NDArray[np.int64]:
        """Live through [lo, hi), which begins with a slot and is no longer than `ahead_us`.

        Gives a moment of each slot, int64[k] [us]: the last at which something was read, or its end.
        """
        first, end = lo_us // self.step_us, -(-hi_us // self.step_us)
        meter, row = self._known(rows.meter_id)
        order = np.argsort(rows.time[row], kind="stable")
        come = _Come(meter[order], rows.time[row[order]], first, (end - first, len(self.park)), self.step_us)
        moments = _moments(rows.time, first, end, self.step_us, hi_us)
        fresh = moments[:, None] - self._fresh_after(come)
        values = {name: rows.values[row[order], at] for at, name in enumerate(rows.quantities)}
        shown = [self._show(place, come, values, fresh) for place in range(len(self.quantities))]
        for flow in self._flows:
            part = shown[self._place[flow.quantity]]
            part[:, flow.meter] = flow.of(part)
        at = np.arange(first, end) % self.slots
        for ring, part in zip(self._ring, shown, strict=True):
            ring[at] = part
        self.slot = end - 1
        return moments

    def _fresh_after(self, come: "_Come") -> NDArray[np.int64]:
        """How old a reading may be at the end of each slot, int64[k, m] [us]."""
        last = come.last(np.ones(len(come.time), np.bool_))
        read = np.where(last >= 0, np.append(come.time, NEVER)[last], NEVER)
        held = np.maximum.accumulate(np.vstack([self.time, read]), axis=0)
        before = held[:-1]
        known = (read != NEVER) & (before != NEVER)
        gap = np.where(known, np.where(known, read, 0) - np.where(known, before, 0), 0) / 1e6
        self.time = held[-1]
        return self._fresh(self._rhythm(gap))

    def _rhythm(self, gap: NDArray[np.float64]) -> NDArray[np.float64]:
        """As it is learned slot by slot, float64[k, m] [s]."""
        found = np.repeat(self.interval_s[None], len(gap), axis=0)
        moving = ((gap > 0) & (gap != self.interval_s)).any(axis=0) & np.isnan(self.park.interval_s)
        at = np.flatnonzero(moving)
        one, most = self.interval_s[at], self.park.most_s[at]
        for slot, gaps in enumerate(gap[:, at] if len(at) else ()):
            one = np.where(gaps > 0, follow(one, gaps, most), one)
            found[slot, at] = one
        self.interval_s = found[-1]
        return found

    def _show(
        self, place: int, come: "_Come", values: dict[str, NDArray[np.float64]], fresh: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        column = values.get(self.quantities[place], np.full(len(come.time), np.nan))
        last = np.maximum.accumulate(come.last(~np.isnan(column)), axis=0)
        was = last < 0
        value = np.where(was, self._last[place], np.append(column, np.nan)[last] * self._scale[place])
        time = np.where(was, self._shown[place], np.append(come.time, NEVER)[last])
        self._last[place], self._shown[place] = value[-1], time[-1]
        return np.where(time >= fresh, value, np.nan).astype(self._ring[place].dtype)

    def values(self, quantity: str, slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """How it stood at the end of each of k slots, float64[k, m]."""
        held = (self.slot - self.slots < slots) & (slots <= self.slot)
        found = self._ring[self._place[quantity]][slots % self.slots].astype(np.float64)
        found[~held] = np.nan
        return found


class _Come:
    """Readings in the order of time, and the slots and meters in which they fall."""

    def __init__(
        self,
        meter: NDArray[np.intp],
        time: NDArray[np.int64],
        first: int,
        shape: tuple[int, int],
        step_us: int,
    ) -> None:
        self.time, self._shape = time, shape
        self._cell = (time // step_us - first) * shape[1] + meter

    def last(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The last of the chosen ones in each slot of each meter, intp[k, m]; -1: none."""
        found = np.full(self._shape[0] * self._shape[1], -1, np.intp)
        at = np.flatnonzero(chosen)
        found[self._cell[at]] = at
        return found.reshape(self._shape)


def _moments(time: NDArray[np.int64], first: int, end: int, step_us: int, hi_us: int) -> NDArray[np.int64]:
    read = np.full(end - first, NEVER)
    np.maximum.at(read, time // step_us - first, time)
    ends = np.minimum(np.arange(first + 1, end + 1) * step_us - 1, hi_us)
    return np.where(read == NEVER, ends, read)
