"""What looks wrong in readings as they come: they are kept as they are, and flagged."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from accounting.grid import AHEAD_US
from accounting.quantity import CATALOGUE, Kind, Quantity

_US_PER_H = 3_600_000_000
_STILL_US = _US_PER_H
_CLOSE_US = _US_PER_H // 4
"""Readings further apart say nothing about a jump or a frozen value."""
_OVERLOAD = 1.5
_IMPOSSIBLE_FLOW = 3.0
_LIMITS: Mapping[str, tuple[float, float]] = {
    "frequency": (40.0, 70.0),
    "state_of_charge": (0.0, 100.0),
    "ambient_humidity": (0.0, 100.0),
    "ambient_temperature": (-60.0, 60.0),
    "irradiance": (-20.0, 1600.0),
}
_LIMITS_BY_UNIT: Mapping[str, tuple[float, float]] = {
    "V": (0.0, 1e6),
    "degC": (-100.0, 1500.0),
    "kPa": (-101.325, 1e5),
    "1": (-1.0, 1.0),
    "%": (0.0, 500.0),
}
_STEPS: Mapping[str, float] = {"Hz": 2.0, "degC": 50.0}
"""By unit, what a gauge does not do between two close readings."""


class Doubt(StrEnum):
    RANGE = "range"
    """No such value exists, or it is more than half again what the meter is rated for."""
    JUMP = "jump"
    STUCK = "stuck"
    """A voltage or a frequency has not moved for an hour."""
    COUNTER_BACK = "counter_back"
    CLOCK_AHEAD = "clock_ahead"
    """The reading is from the future."""
    DUPLICATE = "duplicate"
    """Another value came for an instant that has one."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """Columns of one length."""

    row: NDArray[np.int64]
    quantity: Sequence[str]
    """`time` where the time itself is in doubt."""
    flag: Sequence[Doubt]
    delta: NDArray[np.float64]
    """By how much: beyond the limit, from the reading before; seconds for a time."""


@dataclass(frozen=True, slots=True, eq=False)
class _Last:
    """The newest value of each tracked quantity, as matrices of one shape."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    since: NDArray[np.int64]
    """When it came to this value [us]."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    doubts: Doubts
    meter_id: NDArray[np.int32]
    places: NDArray[np.int64]
    last: _Last
    """Of these meters and quantities, after the rows."""


def _limits(quantity: Quantity) -> tuple[float, float]:
    if quantity.kind is not Kind.GAUGE:
        return 0.0, np.inf
    return _LIMITS.get(quantity.name) or _LIMITS_BY_UNIT.get(quantity.unit, (-np.inf, np.inf))


_PLACE = {name: i for i, name in enumerate(CATALOGUE)}
_RANGE = np.array([_limits(quantity) for quantity in CATALOGUE.values()])
_COUNTER = np.array([quantity.kind is Kind.COUNTER for quantity in CATALOGUE.values()])
_STILL = np.array([quantity.unit in {"V", "Hz"} for quantity in CATALOGUE.values()])
_STEP = np.array([_STEPS.get(quantity.unit, np.inf) for quantity in CATALOGUE.values()])
_POWER = np.array(
    [quantity.unit == "kW" and name.startswith("active") for name, quantity in CATALOGUE.items()]
)
_ENERGY = np.array([name in {"energy_import", "energy_export"} for name in CATALOGUE])
_TRACKED = _COUNTER | _STILL | np.isfinite(_STEP)


class Checks:
    """Remembers the newest value of every meter; used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = _empty(0)
        self._rated = np.empty(0)

    def learn(self, rated: Mapping[int, float]) -> None:
        """The rated power of meters as they would show it [kW]."""
        known = np.full(max(rated, default=0) + 1, np.nan)
        known[list(rated)] = list(rated.values())
        self._rated = known

    def look(
        self,
        meter_id: NDArray[np.int32],
        time: NDArray[np.int64],
        columns: Sequence[str],
        values: NDArray[np.float64],
        now_us: int,
    ) -> Looked:
        """Judge rows sorted by meter and time, float64[n, k]; remembers nothing before `hold`."""
        places = np.array([_PLACE[name] for name in columns], np.int64)
        tracked = np.flatnonzero(_TRACKED[places])
        if not len(time):
            return _nothing(places[tracked])
        starts = np.flatnonzero(np.diff(meter_id, prepend=-1))
        rated = self._rated_of(meter_id)
        found = _beyond(values, places, rated)
        course = self._course(meter_id, time, values[:, tracked], places[tracked], starts)
        found += [_Found(one.flag, one.row, tracked[one.column], one.delta) for one in course.found(rated)]
        ahead = np.flatnonzero(time > now_us + AHEAD_US)
        doubts = _doubts(found, columns, ahead, (time[ahead] - now_us) / 1e6)
        return Looked(doubts, meter_id[starts], places[tracked], course.after())

    def hold(self, looked: Looked) -> None:
        """What was looked at was committed."""
        if not len(looked.meter_id):
            return
        at = np.ix_(looked.meter_id, looked.places)
        with self._lock:
            self._grow(int(looked.meter_id.max()))
            newer = looked.last.time > self._last.time[at]
            for name in ("time", "value", "since"):
                held, new = getattr(self._last, name), getattr(looked.last, name)
                held[at] = np.where(newer, new, held[at])

    def _rated_of(self, meter_id: NDArray[np.int32]) -> NDArray[np.float64]:
        rated = self._rated
        if not len(rated):
            return np.full(len(meter_id), np.nan)
        return np.where(meter_id < len(rated), rated[np.minimum(meter_id, len(rated) - 1)], np.nan)

    def _course(
        self,
        meter_id: NDArray[np.int32],
        time: NDArray[np.int64],
        values: NDArray[np.float64],
        places: NDArray[np.int64],
        starts: NDArray[np.int64],
    ) -> "_Course":
        with self._lock:
            self._grow(int(meter_id.max(initial=0)))
            at = np.ix_(meter_id[starts], places)
            known = _Last(self._last.time[at], self._last.value[at], self._last.since[at])
        return _Course(time, values, places, starts, known)

    def _grow(self, meter_id: int) -> None:
        if (missing := meter_id + 1 - len(self._last.time)) > 0:
            more = _empty(missing)
            self._last = _Last(
                np.vstack([self._last.time, more.time]),
                np.vstack([self._last.value, more.value]),
                np.vstack([self._last.since, more.since]),
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    flag: Doubt
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    delta: NDArray[np.float64]


class _Course:
    """How each tracked quantity of each meter went: what stood before each value, and since when."""

    def __init__(
        self,
        time: NDArray[np.int64],
        values: NDArray[np.float64],
        places: NDArray[np.int64],
        starts: NDArray[np.int64],
        known: _Last,
    ) -> None:
        """`known` [meters, k] is what stood before the rows, of which `starts` are each meter's first."""
        self._time, self._values, self._places = time, values, places
        self._starts, self._known = starts, known
        self._number = np.arange(len(time))[:, None]
        lengths = np.diff(starts, append=len(time))
        self._head = np.repeat(starts, lengths)[:, None]
        self._meter = np.repeat(np.arange(len(starts)), lengths)
        self._shown = ~np.isnan(values)
        self._whole = bool(self._shown.all())
        self._until = self._number if self._whole else self._newest(self._shown)
        self._above = self._until[:-1]
        self._before = self._row_above() if self._whole else self._preceding()
        self._still = np.flatnonzero(_STILL[places])
        self._since = self._since_when(self._still)

    def _newest(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The last row up to each at which the mask holds, of whichever meter; -1 where there is none."""
        newest: NDArray[np.int64] = np.maximum.accumulate(np.where(mask, self._number, -1), axis=0)
        return newest

    def _row_above(self) -> NDArray[np.float64]:
        """The value before each, NaN where none is known."""
        value = np.empty(self._values.shape)
        value[1:] = self._values[:-1]
        first = self._time[self._starts][:, None]
        value[self._starts] = np.where(self._known.time < first, self._known.value, np.nan)
        return value

    def _preceding(self) -> NDArray[np.float64]:
        """The same where not all rows show each quantity."""
        above, time = self._above_of(np.arange(len(self._places))), self._time[:, None]
        known = self._known.time[self._meter] < time
        stood = np.where(known, self._known.value[self._meter], np.nan)
        return np.where(above >= self._head, self._values[above, np.arange(len(self._places))], stood)

    def _above_of(self, of: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row before each that shows the quantity, of whichever meter; -1 where there is none."""
        above = self._above if self._whole else self._above[:, of]
        return np.vstack([np.full((1, above.shape[1]), -1), above])

    def _apart(self, of: NDArray[np.int64]) -> NDArray[np.int64]:
        """How long before each value the one before it came [us]."""
        above = self._above_of(of)
        stood = self._known.time[:, of][self._meter]
        apart: NDArray[np.int64] = self._time[:, None] - np.where(
            above >= self._head, self._time[above], stood
        )
        return apart

    def _since_when(self, of: NDArray[np.int64]) -> NDArray[np.int64]:
        """When each came to the value it has [us]."""
        turn = self._newest(self._shown[:, of] & (self._values[:, of] != self._before[:, of]))
        return np.where(turn >= self._head, self._time[turn], self._known.since[:, of][self._meter])

    def found(self, rated: NDArray[np.float64]) -> list[_Found]:
        counters = np.flatnonzero(_COUNTER[self._places])
        stepping = np.flatnonzero(np.isfinite(_STEP)[self._places])
        energies = np.flatnonzero(_ENERGY[self._places])
        return [
            self._at(Doubt.COUNTER_BACK, counters, self._values[:, counters] < self._before[:, counters]),
            self._at(Doubt.JUMP, stepping, self._leapt(stepping)),
            self._at(Doubt.JUMP, energies, self._overflown(energies, rated)),
            self._at(Doubt.STUCK, self._still, self._stuck(self._still), moved=False),
        ]

    def _at(
        self, flag: Doubt, of: NDArray[np.int64], doubtful: NDArray[np.bool_], *, moved: bool = True
    ) -> _Found:
        row, column = _spots(doubtful)
        at = row, of[column]
        delta = self._values[at] - self._before[at] if moved else np.zeros(len(row))
        return _Found(flag, row, of[column], delta)

    def _leapt(self, of: NDArray[np.int64]) -> NDArray[np.bool_]:
        leapt = np.abs(self._values[:, of] - self._before[:, of]) > _STEP[self._places[of]]
        close: NDArray[np.bool_] = leapt & (self._apart(of) <= _CLOSE_US)
        return close

    def _overflown(self, of: NDArray[np.int64], rated: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Counters that rose faster than the meter's rated power allows."""
        if np.isnan(rated).all():
            return np.zeros((len(rated), len(of)), bool)
        hours = np.maximum(self._apart(of), 1) / _US_PER_H
        most = _IMPOSSIBLE_FLOW * rated[:, None] * hours
        over: NDArray[np.bool_] = self._values[:, of] - self._before[:, of] > most
        return over

    def _stuck(self, of: NDArray[np.int64]) -> NDArray[np.bool_]:
        """True once, at the reading that completes the hour."""
        value, apart, lasted = self._values[:, of], self._apart(of), self._time[:, None] - self._since
        same = (value == self._before[:, of]) & (value != 0) & (apart <= _CLOSE_US)
        stuck: NDArray[np.bool_] = same & (lasted >= _STILL_US) & (lasted - apart < _STILL_US)
        return stuck

    def after(self) -> _Last:
        ends = np.append(self._starts[1:], len(self._time)) - 1
        last = np.broadcast_to(self._until[ends], (len(ends), len(self._places)))
        shown, columns = last >= self._starts[:, None], np.arange(len(self._places))
        since, still = self._known.since.copy(), self._still
        since[:, still] = np.where(
            shown[:, still], self._since[last[:, still], np.arange(len(still))], since[:, still]
        )
        return _Last(
            np.where(shown, self._time[last], self._known.time),
            np.where(shown, self._values[last, columns], self._known.value),
            since,
        )


def _spots(doubtful: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of what holds, as nonzero finds them, but fast where little does."""
    return np.divmod(np.flatnonzero(doubtful), doubtful.shape[1])


def _beyond(
    values: NDArray[np.float64], places: NDArray[np.int64], rated: NDArray[np.float64]
) -> list[_Found]:
    lo, hi = _RANGE[places].T
    power = np.flatnonzero(_POWER[places])
    doubtful = (values > hi) | ((values < lo) & (values != 0))  # a line without voltage has no frequency
    doubtful[:, power] |= np.abs(values[:, power]) > _OVERLOAD * rated[:, None]
    row, column = _spots(doubtful)
    value = values[row, column]
    most = np.where(_POWER[places[column]], _OVERLOAD * rated[row], np.inf)
    delta = np.fmax(np.fmax(value - hi[column], lo[column] - value), np.abs(value) - most)
    return [_Found(Doubt.RANGE, row, column, delta)]


def _doubts(
    found: Sequence[_Found], columns: Sequence[str], ahead: NDArray[np.int64], by: NDArray[np.float64]
) -> Doubts:
    """What was found at values, and the rows that are `ahead` of the clock, `by` seconds."""
    names = [columns[column] for one in found for column in one.column.tolist()]
    doubts = [one.flag for one in found for _ in range(len(one.row))]
    return Doubts(
        np.concatenate([ahead, *(one.row for one in found)]),
        ["time"] * len(ahead) + names,
        [Doubt.CLOCK_AHEAD] * len(ahead) + doubts,
        np.concatenate([by, *(one.delta for one in found)]),
    )


def _nothing(places: NDArray[np.int64]) -> Looked:
    none = np.empty(0, np.int64)
    return Looked(Doubts(none, (), (), none.astype(np.float64)), none.astype(np.int32), places, _empty(0))


def _empty(meters: int) -> _Last:
    shape = (meters, len(CATALOGUE))
    never = np.full(shape, np.iinfo(np.int64).min // 2)
    return _Last(never, np.full(shape, np.nan), never.copy())
