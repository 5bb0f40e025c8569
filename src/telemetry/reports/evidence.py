"""The readings that a settlement stands on, and by which recipe."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from accounting import intervals, multiplier
from accounting.grid import Grid, to_us
from accounting.intervals import Flow, Readings, Settled
from accounting.recipes import STATED, Method, Recipe, recipes_of, undeclared
from telemetry.reports import devices
from telemetry.reports.devices import Replacements, Series
from telemetry.storage import readings, seen
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_HOUR = 0.25


@dataclass(frozen=True, slots=True)
class Task:
    """One recipe over the meters that follow it."""

    recipe: Recipe
    meters: Mapping[int, RegisteredMeter]
    still: frozenset[int]
    """Meters whose source never stood off zero."""
    now_us: int
    lapsed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """What is no longer made of the source for want of a declaration: quantity -> meters."""


def tasks(tx: Transaction, meters: Mapping[int, RegisteredMeter], ranges: Ranges, now_us: int) -> list[Task]:
    known = seen.of_meters(tx, np.unique(ranges.meter_id))
    followers: dict[Recipe, dict[int, RegisteredMeter]] = {}
    for meter_id, moved in known.items():
        for recipe in recipes_of({*moved, *meters[meter_id].declared}):
            followers.setdefault(recipe, {})[meter_id] = meters[meter_id]
    return [
        Task(
            recipe,
            those,
            frozenset(m for m in those if not known[m][recipe.source]),
            now_us,
            _lapsed(recipe, {meter_id: {*known[meter_id], *meters[meter_id].declared} for meter_id in those}),
        )
        for recipe, those in followers.items()
    ]


def _lapsed(recipe: Recipe, told: Mapping[int, Iterable[str]]) -> Mapping[str, frozenset[int]]:
    """`told`: what each meter shows and declares."""
    if recipe.target not in STATED:
        return {}
    found: dict[str, set[int]] = {}
    for meter_id, names in told.items():
        for target in undeclared(names):
            found.setdefault(target, set()).add(meter_id)
    return {target: frozenset(those) for target, those in found.items()}


def reach(task: Task, ranges: Ranges) -> NDArray[np.int64]:
    """How far a single reading speaks around itself, int64[m] [us]."""
    if task.recipe.method is not Method.ALLOT:
        return np.zeros(len(ranges), np.int64)
    lengths = [task.meters[meter_id].interval_s for meter_id in ranges.meter_id.tolist()]
    return np.round(np.array(lengths) * 1e6).astype(np.int64)


def anchored(tx: Transaction, task: Task, ranges: Ranges) -> Ranges:
    """From and to which readings those of each range have a part in what settles, and are settled by."""
    if task.recipe.method is Method.SETTLE:
        still = np.array([one in task.still for one in ranges.meter_id.tolist()], bool)
        told = devices.told(task.recipe.source, _replacements(task, ranges), ranges, task.now_us)
        return readings.anchors(tx, task.recipe.source, ranges, still, intervals.ANCHORS, told)
    far = reach(task, ranges)
    wide = Ranges(ranges.meter_id, ranges.lo - far, ranges.hi + far)
    return readings.anchors(tx, task.recipe.source, wide, np.ones(len(ranges), bool), 1)


def _replacements(task: Task, ranges: Ranges) -> list[Replacements]:
    return [task.meters[meter_id].replacements for meter_id in ranges.meter_id.tolist()]


def shown(tx: Transaction, task: Task, window: Ranges, ranges: Ranges) -> Readings:
    those = [task.meters[meter_id] for meter_id in ranges.meter_id.tolist()]
    rollover = [meter.rollover.get(task.recipe.source, np.nan) for meter in those]
    read = _read(tx, task, window, those)
    value = np.maximum(read.value * np.sign(task.recipe.scale), 0.0) if _is_split(task) else read.value
    return Readings(
        meter=read.number,
        time=read.time,
        value=value,
        multiplier=multiplier.of(task.recipe.source, _multipliers(those, read.number, read.time)),
        max_gap=np.array([meter.max_gap_s for meter in those]),
        rollover=np.array(rollover, np.float64),
        device=read.device,
    )


def _read(tx: Transaction, task: Task, window: Ranges, those: Sequence[RegisteredMeter]) -> Series:
    read = Series(*readings.series(tx, task.recipe.source, window))
    if task.recipe.method is not Method.SETTLE:
        return read
    of = [meter.replacements for meter in those]
    return devices.apart(read, task.recipe.source, of, window, task.now_us)


def _is_split(task: Task) -> bool:
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


def settled(shown: Readings, grid: Grid, task: Task, ranges: Ranges) -> Settled:
    """Quarter hours of each range, in the recipe's target unit."""
    found = _METHODS[task.recipe.method](shown, grid, task, ranges)
    return replace(found, amount=found.amount * abs(task.recipe.scale))


def flow(shown: Readings, grid: Grid, task: Task, meter: RegisteredMeter) -> Flow:
    """What flowed between the readings of one meter, in the unit of the settled source."""
    if task.recipe.method is Method.ALLOT:
        length = np.array([meter.interval_s])
        return intervals.allotted(shown, grid, length, stamped_end=meter.stamp == "end")
    return (intervals.counted if task.recipe.method is Method.SETTLE else intervals.integrated)(shown, grid)


def _counters(shown: Readings, grid: Grid, task: Task, ranges: Ranges) -> Settled:  # noqa: ARG001  # one form for all
    return intervals.settle(shown, grid)


def _gauges(shown: Readings, grid: Grid, task: Task, ranges: Ranges) -> Settled:  # noqa: ARG001  # one form for all
    return intervals.integrate(shown, grid)


def _amounts(shown: Readings, grid: Grid, task: Task, ranges: Ranges) -> Settled:
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


def mean(tx: Transaction, quantity: str, grid: Grid, task: Task, ranges: Ranges) -> NDArray[np.float64]:
    """Mean of a gauge of the task's meters over each quarter hour, float64[m, s]."""
    gauge = Task(Recipe(quantity, quantity, Method.INTEGRATE), task.meters, frozenset(), task.now_us)
    readings_of = shown(tx, gauge, anchored(tx, gauge, ranges), ranges)
    found: NDArray[np.float64] = intervals.integrate(readings_of, grid).amount / _HOUR
    return found


_METHODS: Mapping[Method, Callable[[Readings, Grid, Task, Ranges], Settled]] = {
    Method.SETTLE: _counters,
    Method.INTEGRATE: _gauges,
    Method.ALLOT: _amounts,
}
