"""Rates and counters of every meter at any instant since the park's epoch, the same in every run.

Rates are linear between nodes ten seconds apart, and counters are their exact integrals: what a feeder
counts is what the meters below it count, plus what nobody measures, plus its losses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from telemetry.demo.noise import Array, key_of
from telemetry.demo.park import Behind, Feeder, Follower, Station
from telemetry.model import Meter

DAY_S = 86400
_NODE_S = 10
_NODES = DAY_S // _NODE_S
_DAYS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Course:
    """What flowed through the meters: rows are instants, columns are meters."""

    rate: Array
    """float64[n, m], in the meter's unit [kW, m3/h, t/h ...]; negative flows out of the area."""
    forward: Array
    """float64[n, m], the integral of what flowed in since the epoch [kWh, m3, t ...]."""
    backward: Array
    """float64[n, m], the integral of what flowed out."""


@dataclass(frozen=True, slots=True)
class _Day:
    rate: Array
    forward: Array
    backward: Array


class Simulation:
    """One park from its epoch on. Not for use by two threads at once."""

    def __init__(self, meters: Sequence[Meter], behind: Mapping[str, Behind], epoch_s: int) -> None:
        """Raises KeyError for a meter with nothing behind it."""
        self.codes = tuple(meter.code for meter in meters)
        self.epoch_s = epoch_s
        self._behind = [behind[code] for code in self.codes]
        self._inputs = _inputs(meters, self._behind)
        self._order = tuple(TopologicalSorter(self._inputs).static_order())
        self._days: dict[int, _Day] = {}
        nothing = np.zeros(len(self.codes))
        self._starts = [(nothing, nothing)]

    def course(self, times: Array) -> Course:
        """Rates and counters at float64[n] [s since 1970]. Raises ValueError before the epoch."""
        if times.size and times.min() < self.epoch_s:
            raise ValueError(f"the park has no past before its epoch {self.epoch_s}")
        shape = (len(times), len(self.codes))
        course = Course(np.empty(shape), np.empty(shape), np.empty(shape))
        days = ((times - self.epoch_s) // DAY_S).astype(np.int64)
        for day in np.unique(days):
            rows = np.flatnonzero(days == day)
            self._fill(course, rows, int(day), times[rows] - self.epoch_s - day * DAY_S)
        return course

    def nodes(self, day: int) -> Array:
        """float64[m, nodes + 1], the rates of one day at its nodes."""
        return self._day(day).rate

    def _fill(self, course: Course, rows: NDArray[np.intp], day: int, within: Array) -> None:
        table, (forward, backward) = self._day(day), self._start(day)
        node = np.minimum((within // _NODE_S).astype(np.int64), _NODES - 1)
        since = (within - node * _NODE_S)[:, None]
        before, after = table.rate[:, node].T, table.rate[:, node + 1].T
        rate = before + (after - before) * (since / _NODE_S)
        course.rate[rows] = rate
        course.forward[rows] = forward + table.forward[:, node].T + _inflow(before, rate, since)
        course.backward[rows] = backward + table.backward[:, node].T + _inflow(-before, -rate, since)

    def _start(self, day: int) -> tuple[Array, Array]:
        while len(self._starts) <= day:
            forward, backward = self._starts[-1]
            table = self._day(len(self._starts) - 1)
            self._starts.append((forward + table.forward[:, -1], backward + table.backward[:, -1]))
        return self._starts[day]

    def _day(self, day: int) -> _Day:
        if day not in self._days:
            while len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day] = self._computed(day)
        return self._days[day]

    def _computed(self, day: int) -> _Day:
        t: Array = np.arange(_NODES + 1, dtype=np.float64) * _NODE_S + (self.epoch_s + day * DAY_S)
        rate: Array = np.zeros((len(self.codes), len(t)))
        for index in self._order:
            key, inputs = key_of(self.codes[index]), sorted(self._inputs[index])
            rate[index] = _rate(self._behind[index], t, key, rate[inputs])
        return _Day(rate, _running(rate), _running(-rate))


def losses(feeder: Feeder, through: Array) -> Array:
    """float64[n], what a feeder loses while `through` flows."""
    load: Array = feeder.load_loss * np.square(through / feeder.rated)
    return feeder.rated * (feeder.idle_loss + load)


def unmetered(feeder: Feeder, t: Array, key: int) -> Array:
    """float64[n], what flows below a feeder without a meter of its own."""
    return feeder.unmetered.rate(t, key) if feeder.unmetered else np.zeros_like(t)


def _rate(behind: Behind, t: Array, key: int, inputs: Array) -> Array:
    if isinstance(behind, Feeder):
        through: Array = np.sum(inputs, axis=0) + unmetered(behind, t, key)
        return through + losses(behind, through)
    if isinstance(behind, Follower):
        driven: Array = np.sum(np.maximum(inputs, 0), axis=0)
        return behind.factor * driven
    if isinstance(behind, Station):
        return np.zeros_like(t)
    return behind.rate(t, key)


def _inputs(meters: Sequence[Meter], behind: Sequence[Behind]) -> dict[int, set[int]]:
    index = {meter.code: i for i, meter in enumerate(meters)}
    inputs: dict[int, set[int]] = {i: set() for i in range(len(meters))}
    for i, meter in enumerate(meters):
        if meter.parent is not None and isinstance(behind[index[meter.parent]], Feeder):
            inputs[index[meter.parent]].add(i)
        above = behind[i]
        if isinstance(above, Follower):
            inputs[i] |= {index[code] for code in above.of}
    return inputs


def _running(rate: Array) -> Array:
    """float64[m, nodes + 1], what flowed in from the day's start to each node."""
    total = np.zeros_like(rate)
    flowing = np.flatnonzero((rate > 0).any(axis=1))
    lines, seconds = rate[flowing], np.full((1, _NODES), float(_NODE_S))
    total[flowing, 1:] = np.cumsum(_inflow(lines[:, :-1], lines[:, 1:], seconds), axis=1)
    return total


def _inflow(before: Array, after: Array, seconds: Array) -> Array:
    """The integral of the positive part of a line from `before` to `after` [rate x h]."""
    first, last = np.maximum(before, 0), np.maximum(after, 0)
    span = np.abs(before) + np.abs(after)
    crossing = (before < 0) != (after < 0)
    share = np.where(crossing, (first + last) / np.where(span > 0, span, 1), 1.0)
    return (first + last) / 2 * share * (seconds / 3600)
