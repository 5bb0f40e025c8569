"""The recent past of all meters in memory: a ring laid out [quantity][time][meter]."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accounting import multiplier
from accounting.grid import AHEAD_US
from accounting.quantity import CATALOGUE, Kind
from accounting.rhythm import follow
from alerts.park import Park

STEP_US = 10_000_000
SLOTS = 361
"""An hour and the moment itself."""
NEVER = np.iinfo(np.int64).min
_FRESH = 5.0  # intervals for which a reading says how things are


class Rows(Protocol):
    """Readings as columns, as meters show them."""

    @property
    def meter_id(self) -> NDArray[np.int32]: ...
    @property
    def time(self) -> NDArray[np.int64]:
        """int64[n] [us]."""
        ...

    @property
    def quantities(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> NDArray[np.float64]:
        """float64[n, k], NaN = not read."""
        ...


class Window:
    """Slot s holds how things stood at its end; a reading holds on for as long as it is fresh."""

    latency_s = 2.0
    """From a meter's answer to its row: one commit and one flush."""

    def __init__(
        self, park: Park, quantities: Sequence[str], *, step_us: int = STEP_US, slots: int = SLOTS
    ) -> None:
        self.park = park
        self.step_us, self.slots = step_us, slots
        self.quantities = tuple(quantities)
        self._place = {name: at for at, name in enumerate(self.quantities)}
        self._flows = [flow for flow in park.flows if flow.quantity in self._place]
        self._order = np.argsort(park.ids)
        self.interval_s = np.where(np.isnan(park.interval_s), park.most_s, park.interval_s)
        size = len(park)
        self._scale = np.array([multiplier.of(name, park.multiplier) for name in self.quantities]).reshape(
            len(self.quantities), size
        )
        self._last = np.full((len(self.quantities), size), np.nan)
        self._shown = np.full((len(self.quantities), size), NEVER)
        self.time = np.full(size, NEVER)
        """When each meter was last read, int64[m] [us]."""
        self._taught = self.time.copy()
        """The last that told how often it is read, int64[m] [us]."""
        self.gap_s = np.full(size, np.nan)
        """Between each meter's last two readings, float64[m] [s]."""
        self.ahead_s = np.full(size, np.nan)
        """By how much the time of each meter's last reading lay ahead as it came [s]; NaN: none."""
        self._ring = [np.full((slots, size), np.nan, _form(name)) for name in self.quantities]
        self._age = np.full((slots, size), np.nan, np.float32)
        self.slot = -1
        """The newest, counted from 1970."""
        self.begun_us = 0
        """Since when somebody listens: silence before then is no meter's."""

    @property
    def held(self) -> Sequence[NDArray[np.floating[Any]]]:
        """Each float[slots, m]: the quantities in turn, and how old the readings were."""
        return (*self._ring, self._age)

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self.held)

    @property
    def fresh_us(self) -> NDArray[np.int64]:
        """How old a reading may be that still says how things are, int64[m] [us]."""
        return self._fresh(self.interval_s)

    def _fresh(self, interval_s: NDArray[np.float64]) -> NDArray[np.int64]:
        return ((_FRESH * interval_s + self.latency_s) * 1e6).astype(np.int64)

    def take(self, rows: Rows, now_us: int, *, teaches: bool = True) -> None:
        """Readings in the order of time, none older than those held; of a meter the last counts.

        One from the future is as new as `now_us`, at which it came: true ones that come later replace it.
        `teaches`: they come at the pace at which meters are read, not piece by piece.
        """
        meter, row = self._known(rows.meter_id)
        if not len(row):
            return
        self.ahead_s[meter] = (rows.time[row] - now_us) / 1e6
        time = np.where(rows.time[row] > now_us + AHEAD_US, now_us, rows.time[row])
        if teaches:
            self._learn(meter, time)
        np.maximum.at(self.time, meter, time)
        for column, name in enumerate(rows.quantities):
            if name in self._place:
                self._hold(self._place[name], meter, time, rows.values[row, column])

    def _known(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places of the meters that the park has, and their rows."""
        if not len(self._order):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        ordered = self.park.ids[self._order]
        at = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
        row = np.flatnonzero(ordered[at] == ids)
        return self._order[at[row]], row

    def _hold(
        self, place: int, meter: NDArray[np.intp], time: NDArray[np.int64], value: NDArray[np.float64]
    ) -> None:
        newer = ~np.isnan(value) & (time >= self._shown[place, meter])
        at = meter[newer]
        self._last[place, at] = value[newer] * self._scale[place, at]
        self._shown[place, at] = time[newer]

    def _learn(self, meter: NDArray[np.intp], time: NDArray[np.int64]) -> None:
        """The rhythm of meters whose source declares none."""
        before = self._taught[meter]
        np.maximum.at(self._taught, meter, time)
        gap = np.where(before == NEVER, 0, time - before) / 1e6
        self.gap_s[meter[gap > 0]] = gap[gap > 0]
        learned = np.isnan(self.park.interval_s[meter]) & (gap > 0)
        at = meter[learned]
        self.interval_s[at] = follow(self.interval_s[at], gap[learned], self.park.most_s[at])

    def advance(self, now_us: int) -> None:
        """Write how things stand at `now_us`; slots that were passed over stay unknown."""
        slot = now_us // self.step_us
        for passed in range(max(self.slot + 1, slot - self.slots + 1), slot):
            self._write(passed, now_us, known=False)
        self.slot = max(self.slot, slot)
        self._write(slot, now_us, known=True)

    def _write(self, slot: int, now_us: int, *, known: bool) -> None:
        row = slot % self.slots
        fresh = now_us - self.fresh_us if known else np.full(len(self.park), np.iinfo(np.int64).max)
        for place, part in enumerate(self._ring):
            part[row] = np.where(self._shown[place] >= fresh, self._last[place], np.nan)
        for flow in self._flows if known else ():
            shown = self._ring[self._place[flow.quantity]][row]
            shown[flow.meter] = flow.of(shown)
        age = np.where(self.time == NEVER, np.nan, (now_us - np.maximum(self.time, 0)) / 1e6)
        self._age[row] = np.maximum(age, 0.0) if known else np.nan

    def adopt(self, other: "Window", meters: NDArray[np.bool_]) -> None:
        """Take over what another one of the same quantities knows of meters, bool[m].

        Not of the slot that runs.
        """
        mine = np.flatnonzero(meters)
        theirs = other.park.places([self.park.codes[at] for at in mine.tolist()])
        rows = np.delete(np.arange(self.slots), self.slot % self.slots)
        for own, part in zip(self.held, other.held, strict=True):
            new = part[np.ix_(rows, theirs)]
            own[np.ix_(rows, mine)] = np.where(np.isnan(new), own[np.ix_(rows, mine)], new)

    def value(self, quantity: str, slot: int) -> NDArray[np.float64]:
        """How it stood at the end of a slot, in the line, float64[m]; NaN: not known."""
        if not self._holds(slot):
            return np.full(len(self.park), np.nan)
        found: NDArray[np.float64] = self._ring[self._place[quantity]][slot % self.slots].astype(np.float64)
        return found

    def lacks(self, quantities: Iterable[str]) -> NDArray[np.bool_]:
        """Meters that are read, and of one of these showed nothing as far back as is held, bool[m]."""
        unseen = [np.isnan(self._ring[self._place[name]]).all(axis=0) for name in quantities]
        read = ~np.isnan(self.gap_s) & (self.time >= self.slot * self.step_us - self.fresh_us)
        found: NDArray[np.bool_] = np.any(unseen, axis=0) & read
        return found

    def stretch(self, quantity: str, first: int, last: int) -> NDArray[np.float64]:
        """Slots first..last, float64[s, m]."""
        at = np.arange(max(first, self.slot - self.slots + 1), min(last, self.slot) + 1)
        found: NDArray[np.float64] = self._ring[self._place[quantity]][at % self.slots].astype(np.float64)
        return found

    def age_s(self, slot: int) -> NDArray[np.float64]:
        """Since each meter was read, float64[m] [s]; NaN: never."""
        if not self._holds(slot):
            return np.full(len(self.park), np.nan)
        found: NDArray[np.float64] = self._age[slot % self.slots].astype(np.float64)
        return found

    def _holds(self, slot: int) -> bool:
        return self.slot - self.slots < slot <= self.slot


def _form(quantity: str) -> type[np.float32 | np.float64]:
    """Counters rise by little on a lot: they need every digit."""
    return np.float64 if CATALOGUE[quantity].kind is Kind.COUNTER else np.float32
