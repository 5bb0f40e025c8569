"""The first stage of settlement: what marked readings mean becomes quarter hours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accounting import intervals, multiplier
from accounting.counter import Flag
from accounting.grid import Grid, ceil_slot, floor_slot, to_us
from accounting.intervals import Readings, Settled
from telemetry.jobs.ranges import DAY_US, groups, joined
from telemetry.jobs.recipes import Method, Recipe, recipes_of
from telemetry.storage import dirty, energy, flags, readings, seen
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.energy import QuarterHours
from telemetry.storage.flags import Flags
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_SLOTS = 30_000
"""Meter-slots settled in one go: what bounds the memory."""
_DEPTH = intervals.ANCHORS + 1
"""A reading changes how ANCHORS neighbours are judged, and each of them bounds one span more."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One recipe over the meters that follow it."""

    recipe: Recipe
    meters: Mapping[int, RegisteredMeter]
    still: frozenset[int]
    """Meters whose source never stood off zero."""


def settle(tx: Transaction, meters: Mapping[int, RegisteredMeter], marks: Marks, now_us: int) -> None:
    """Settle what the marks touch, and mark the statement of it.

    The quarter hour that runs at `now_us` waits for its end, unless a reading lies beyond it.
    """
    ranges = joined(Ranges(marks.meter_id, marks.lo, marks.hi), DAY_US)
    for task in _tasks(tx, meters, ranges):
        wanted = np.isin(ranges.meter_id, np.array(list(task.meters), np.int32))
        touched = _touched(tx, task, _picked(ranges, np.flatnonzero(wanted)))
        for group in groups(touched, _SLOTS):
            _settle(tx, task, _picked(touched, group), now_us)


def _tasks(tx: Transaction, meters: Mapping[int, RegisteredMeter], ranges: Ranges) -> list[_Task]:
    shown = seen.of_meters(tx, np.unique(ranges.meter_id))
    followers: dict[Recipe, dict[int, RegisteredMeter]] = {}
    for meter_id, moved in shown.items():
        for recipe in recipes_of(moved):
            followers.setdefault(recipe, {})[meter_id] = meters[meter_id]
    return [
        _Task(recipe, those, frozenset(m for m in those if not shown[m][recipe.source]))
        for recipe, those in followers.items()
    ]


def _touched(tx: Transaction, task: _Task, ranges: Ranges) -> Ranges:
    """Quarter hours that the readings of `ranges` have a part in, no two ranges of a meter on one day."""
    wide = _anchored(tx, task, ranges)
    reach = _reach(task, wide)
    lo, hi = floor_slot(wide.lo - reach), ceil_slot(wide.hi + reach + 1)
    return joined(Ranges(wide.meter_id, lo, hi), DAY_US)


def _picked(ranges: Ranges, which: NDArray[np.int64]) -> Ranges:
    return Ranges(ranges.meter_id[which], ranges.lo[which], ranges.hi[which])


def _reach(task: _Task, ranges: Ranges) -> NDArray[np.int64]:
    """How far a single reading speaks around itself, int64[m] [us]."""
    if task.recipe.method is not Method.ALLOT:
        return np.zeros(len(ranges), np.int64)
    lengths = [task.meters[meter_id].interval_s for meter_id in ranges.meter_id.tolist()]
    return np.round(np.array(lengths) * 1e6).astype(np.int64)


def _anchored(tx: Transaction, task: _Task, ranges: Ranges) -> Ranges:
    counts = task.recipe.method is Method.SETTLE
    still = np.array([not counts or one in task.still for one in ranges.meter_id.tolist()], bool)
    return readings.anchors(tx, task.recipe.source, ranges, still, _DEPTH)


def _settle(tx: Transaction, task: _Task, ranges: Ranges, now_us: int) -> None:
    shown = _readings(tx, task, _anchored(tx, task, ranges), ranges)
    grid = Grid.covering(int(ranges.lo.min()), int(ranges.hi.max()))
    settled = _scaled(_METHODS[task.recipe.method](shown, grid, task, ranges), task.recipe)
    closed = _closed(ranges, shown, _reach(task, ranges), now_us)
    _flag(tx, task.recipe.source, ranges, settled)
    energy.write(tx, task.recipe.target, closed, QuarterHours(grid, settled.amount, settled.coverage))
    some = closed.hi > closed.lo
    dirty.mark(tx, Stage.DAILY, Marks(closed.meter_id[some], closed.lo[some], closed.hi[some]))


def _readings(tx: Transaction, task: _Task, window: Ranges, ranges: Ranges) -> Readings:
    number, time, value = readings.series(tx, task.recipe.source, window)
    those = [task.meters[meter_id] for meter_id in ranges.meter_id.tolist()]
    rollover = [meter.rollover.get(task.recipe.source, np.nan) for meter in those]
    return Readings(
        meter=number,
        time=time,
        value=np.maximum(value * np.sign(task.recipe.scale), 0.0) if _is_split(task) else value,
        multiplier=multiplier.of(task.recipe.source, _multipliers(those, number, time)),
        max_gap=np.array([meter.max_gap_s for meter in those]),
        rollover=np.array(rollover, np.float64),
    )


def _is_split(task: _Task) -> bool:
    """Whether one direction of a flow that has two is settled."""
    return task.recipe.source == "active_power"


def _multipliers(
    those: Sequence[RegisteredMeter], number: NDArray[np.int32], time: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Multiplier of the meter at each reading, float64[n]."""
    last = np.array([meter.terms[-1].multiplier for meter in those])
    found: NDArray[np.float64] = last[number]
    for index, meter in enumerate(those):
        if len(meter.terms) > 1:
            at = np.flatnonzero(number == index)
            since = np.array([to_us(term.valid_from) for term in meter.terms])
            values = np.array([term.multiplier for term in meter.terms])
            found[at] = values[np.searchsorted(since, time[at], side="right") - 1]
    return found


def _counters(shown: Readings, grid: Grid, task: _Task, ranges: Ranges) -> Settled:  # noqa: ARG001  # one form for all
    return intervals.settle(shown, grid)


def _gauges(shown: Readings, grid: Grid, task: _Task, ranges: Ranges) -> Settled:  # noqa: ARG001  # one form for all
    return intervals.integrate(shown, grid)


def _amounts(shown: Readings, grid: Grid, task: _Task, ranges: Ranges) -> Settled:
    """Amounts of meters that mark the end of their intervals, then of those that mark the start."""
    those = [task.meters[meter_id] for meter_id in ranges.meter_id.tolist()]
    length = np.array([meter.interval_s for meter in those])
    ends = np.array([meter.stamp == "end" for meter in those], bool)
    by_end = intervals.allot(shown, grid, length, stamped_end=True)
    if ends.all():
        return by_end
    by_start = intervals.allot(shown, grid, length, stamped_end=False)
    return Settled(
        np.where(ends[:, None], by_end.amount, by_start.amount),
        np.where(ends[:, None], by_end.coverage, by_start.coverage),
        by_end.events,
    )


_METHODS: Mapping[Method, Callable[[Readings, Grid, _Task, Ranges], Settled]] = {
    Method.SETTLE: _counters,
    Method.INTEGRATE: _gauges,
    Method.ALLOT: _amounts,
}


def _scaled(settled: Settled, recipe: Recipe) -> Settled:
    return replace(settled, amount=settled.amount * abs(recipe.scale))


def _closed(ranges: Ranges, shown: Readings, reach: NDArray[np.int64], now_us: int) -> Ranges:
    """Ranges without quarter hours that still run and without those before the first reading kept."""
    count = len(ranges)
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, shown.meter, shown.time)
    np.maximum.at(last, shown.meter, shown.time)
    some = last >= first
    lo = np.where(some, np.maximum(ranges.lo, floor_slot(np.where(some, first - reach, 0))), ranges.lo)
    over = floor_slot(np.maximum(np.where(some, last + reach, 0), now_us))
    return Ranges(ranges.meter_id, lo, np.where(some, np.minimum(ranges.hi, over), lo))


def _flag(tx: Transaction, source: str, ranges: Ranges, settled: Settled) -> None:
    found = settled.events
    inside = (found.time >= ranges.lo[found.meter]) & (found.time < ranges.hi[found.meter])
    names = [Flag(int(flag)).name.lower() for flag in found.flag[inside]]
    meter_id = ranges.meter_id[found.meter[inside]]
    flags.replace(tx, source, ranges, Flags(meter_id, found.time[inside], names, found.delta[inside]))
