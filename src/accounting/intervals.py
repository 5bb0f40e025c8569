"""Settlement: what meters showed becomes amounts of quarter hours, each with the share that was measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accounting.counter import Flag, falls, rolled, stepped_back
from accounting.errors import SeriesError
from accounting.glitches import REACH, ROW, glitches
from accounting.grid import HOUR_US, Grid
from accounting.spans import Knots, Spans, knots, spread

ANCHORS = 2 * (ROW + 1) + ROW + REACH
"""Non-zero readings on either side of a range that can change what it settles to.

The span at its edge ends at a reading that stands, a fall is compared with the span beyond, before each ROW
may be dropped, and the farthest is judged by ROW before it and REACH around those.
"""
_NONE = np.empty(0, dtype=np.int64)
_BLOCK = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one quantity of many meters, sorted by meter and time."""

    meter: NDArray[np.int32]
    """int32[n]: 0..m-1."""
    time: NDArray[np.int64]
    """int64[n] [us since 1970-01-01 UTC]."""
    value: NDArray[np.float64]
    """float64[n]; NaN: not read."""
    multiplier: NDArray[np.float64]
    """float64[n]: that of the moment; it holds until the next reading."""
    max_gap: NDArray[np.float64]
    """float64[m] [s]: longer spans are estimated."""
    rollover: NDArray[np.float64]
    """float64[m]: the counter's value at which it begins again; NaN: none known."""
    device: NDArray[np.int32] | None = None
    """int32[n]: which physical device showed it; None: always the same.

    A replacement is two readings at one instant, the old device's last and the new one's first.
    """

    def __post_init__(self) -> None:
        sizes = {len(self.meter), len(self.time), len(self.value), len(self.multiplier)}
        if len(sizes) > 1:
            raise SeriesError(f"columns of readings differ in length: {sorted(sizes)}")
        if len(self.meter) and not (self.meter[0] >= 0 and self.meter[-1] < len(self.max_gap)):
            raise SeriesError(f"a meter stands outside 0..{len(self.max_gap) - 1}")

    @property
    def meters(self) -> int:
        return len(self.max_gap)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What settlement found on its way."""

    meter: NDArray[np.int32]
    """int32[k]."""
    time: NDArray[np.int64]
    """int64[k] [us]."""
    flag: NDArray[np.uint8]
    """uint8[k]: Flag."""
    delta: NDArray[np.float64]
    """float64[k]: rollover, reset: what was counted; others: by how much the value differed."""

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Amounts of quarter hours; estimated = amount known and coverage < 1."""

    amount: NDArray[np.float64]
    """float64[m, s] in the quantity's unit (kWh for kW, m3 for m3/h); NaN where nothing is known."""
    coverage: NDArray[np.float32]
    """float32[m, s]: share of the quarter hour that was measured, 0..1."""
    events: Events


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What flowed between the readings that count, before it falls on quarter hours."""

    readings: Readings
    """Those that count, one an instant."""
    spans: Spans
    """One from each reading to the next; of amounts two to a reading, what lies before it and its own."""
    events: list[Events]

    def settled(self, grid: Grid) -> Settled:
        """Amounts float64[m, n] of the grid's intervals and their coverage float32[m, n]."""
        amount, coverage = spread(self.spans, grid)
        return Settled(amount, coverage, _joined(self.events))


def settle(readings: Readings, grid: Grid) -> Settled:
    """Settle counters.

    The flow between two readings is even; a span longer than the meter's max_gap and the span of a
    reset are estimated. A range is judged as the whole would be when the readings given reach beyond it by
    ANCHORS non-zero ones on either side. Raises SeriesError when readings are not sorted by meter and time.
    """
    return _by_blocks(readings, grid, lambda block, grid: counted(block, grid).settled(grid))


def integrate(readings: Readings, grid: Grid) -> Settled:
    """Settle gauges, [x] -> [xh]: a straight line between readings, estimated across gaps."""
    return _by_blocks(readings, grid, lambda block, grid: integrated(block, grid).settled(grid))


def allot(readings: Readings, grid: Grid, length: NDArray[np.float64], *, stamped_end: bool) -> Settled:
    """Settle amounts of intervals that are float64[m] `length` [s] long and stamped at their end or start.

    An amount flows evenly over its interval, estimated when that is longer than max_gap; between
    intervals nothing is known. One that begins before the amount before it has ended is dropped.
    """
    return allotted(readings, grid, length, stamped_end=stamped_end).settled(grid)


def allotted(readings: Readings, grid: Grid, length: NDArray[np.float64], *, stamped_end: bool) -> Flow:
    """The intervals of amounts, as `allot` takes them; `length` float64[m] [s]."""
    clean, _, found = _ordered(readings, grid)
    lasts = np.round(length[clean.meter] * 1e6).astype(np.int64)
    start = clean.time - lasts if stamped_end else clean.time
    over = np.flatnonzero((np.diff(clean.meter) == 0) & (np.diff(start) < lasts[:-1])) + 1
    found += [_events(clean, over, Flag.OVERLAP, clean.value[over])]
    kept = np.setdiff1d(np.arange(len(start)), over)
    clean, lasts, start = _take(clean, kept), lasts[kept], start[kept]
    time = np.stack((start, start + lasts), axis=1).ravel()
    ends = knots(np.repeat(clean.meter, 2), time, clean.meters, grid)
    total = np.zeros(len(time))
    total[1::2] = clean.value * clean.multiplier
    unknown = np.setdiff1d(np.arange(0, len(time), 2), ends.firsts)
    unmeasured = np.flatnonzero(lasts > clean.max_gap[clean.meter] * 1e6) * 2 + 1
    return Flow(clean, Spans(ends, total, None, unmeasured, unknown), found)


def _by_blocks(readings: Readings, grid: Grid, settled: Callable[[Readings, Grid], Settled]) -> Settled:
    """Settle some meters after the others, about as many readings at once as the processor's cache holds."""
    bound = np.searchsorted(readings.meter, np.arange(readings.meters + 1))
    if bound[-1] <= _BLOCK:
        return settled(readings, grid)
    amount = np.empty((readings.meters, grid.count))
    coverage = np.empty((readings.meters, grid.count), dtype=np.float32)
    found = []
    for first, last in _blocks(bound):
        block = settled(_meters(readings, bound, first, last), grid)
        amount[first:last], coverage[first:last] = block.amount, block.coverage
        found.append(replace(block.events, meter=block.events.meter + np.int32(first)))
    return Settled(amount, coverage, _joined(found))


def _blocks(bound: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs first..last of meters that hold about as many readings each."""
    cuts = np.unique(np.searchsorted(bound, np.arange(0, bound[-1] + _BLOCK, _BLOCK)))
    cuts[-1] = len(bound) - 1
    return pairwise(cuts.tolist())


def _meters(readings: Readings, bound: NDArray[np.int64], first: int, last: int) -> Readings:
    lo, hi = int(bound[first]), int(bound[last])
    return Readings(
        meter=readings.meter[lo:hi] - np.int32(first),
        time=readings.time[lo:hi],
        value=readings.value[lo:hi],
        multiplier=readings.multiplier[lo:hi],
        max_gap=readings.max_gap[first:last],
        rollover=readings.rollover[first:last],
        device=None if readings.device is None else readings.device[lo:hi],
    )


def counted(readings: Readings, grid: Grid) -> Flow:
    """The spans of counters, as `settle` takes them."""
    clean, ends, found = _judged(*_ordered(readings, grid), grid)
    series = _series(clean)
    total = _differences(clean.value)
    at = falls(series, clean.value)
    flag, total[at] = _fallen(clean, series, at)
    changed = _changes(series, ends)
    total[changed] = 0.0
    total[1:] *= clean.multiplier[:-1]
    total[ends.firsts] = 0.0
    unmeasured = np.zeros(len(total), dtype=np.bool_)
    unmeasured[_gaps(ends, clean.max_gap)] = True
    unmeasured[at[flag != Flag.ROLLOVER]] = True
    unmeasured[changed] = False
    found += [_events(clean, at, flag, total[at])]
    found += [_events(clean, changed, Flag.REPLACEMENT, clean.value[changed] - clean.value[changed - 1])]
    return Flow(clean, Spans(ends, total, None, np.flatnonzero(unmeasured), changed), found)


def integrated(readings: Readings, grid: Grid) -> Flow:
    """The spans of gauges, as `integrate` takes them."""
    clean, ends, found = _ordered(readings, grid)
    power = clean.value * clean.multiplier
    hours = np.diff(clean.time, prepend=0) / HOUR_US
    bend = _differences(power) / 2 * hours
    total = bend + np.concatenate((power[:1], power[:-1])) * hours
    total[ends.firsts] = bend[ends.firsts] = 0.0
    return Flow(clean, Spans(ends, total, bend, _gaps(ends, clean.max_gap), _NONE), found)


def _knots(readings: Readings, grid: Grid) -> Knots:
    return knots(readings.meter, readings.time, readings.meters, grid)


def _take(readings: Readings, which: NDArray[np.int64]) -> Readings:
    return replace(
        readings,
        meter=readings.meter[which],
        time=readings.time[which],
        value=readings.value[which],
        multiplier=readings.multiplier[which],
        device=None if readings.device is None else readings.device[which],
    )


def _without(readings: Readings, which: NDArray[np.int64]) -> Readings:
    kept = np.ones(len(readings.time), dtype=np.bool_)
    kept[which] = False
    return _take(readings, np.flatnonzero(kept))


def _ordered(readings: Readings, grid: Grid) -> tuple[Readings, Knots, list[Events]]:
    """Readings that were read, one an instant."""
    finite = np.isfinite(readings.value)
    clean = readings if finite.all() else _take(readings, np.flatnonzero(finite))
    ends = _knots(clean, grid)
    again = np.flatnonzero(ends.key[1:] == ends.key[:-1]) + 1
    if not len(again):
        return clean, ends, []
    series = _series(clean)
    again = again[series[again] == series[again - 1]]
    differ = again[clean.value[again] != clean.value[again - 1]]
    events = _events(clean, differ, Flag.REPEAT, clean.value[differ] - clean.value[differ - 1])
    clean = _without(clean, again)
    return clean, _knots(clean, grid), [events]


def _judged(
    readings: Readings, ends: Knots, found: list[Events], grid: Grid
) -> tuple[Readings, Knots, list[Events]]:
    """Readings of a counter without its glitches."""
    wrong, pending = glitches(_series(readings), readings.value)
    left_out = np.concatenate((wrong, pending))
    if not len(left_out):
        return readings, ends, found
    events = _events(readings, wrong, Flag.GLITCH, readings.value[wrong] - readings.value[wrong - 1])
    clean = _without(readings, left_out)
    return clean, _knots(clean, grid), [*found, events]


def _series(readings: Readings) -> NDArray[np.integer]:
    """Ascending number of the run of one meter's one device, int[n]."""
    if readings.device is None:
        return readings.meter
    change = (np.diff(readings.meter) != 0) | (np.diff(readings.device) != 0)
    return np.concatenate(([0], np.cumsum(change)))[: len(readings.meter)]


def _changes(series: NDArray[np.integer], ends: Knots) -> NDArray[np.int64]:
    """Knots at which another device of the same meter begins, int64[k]."""
    if series is ends.meter:
        return _NONE
    at = np.flatnonzero(np.diff(series)) + 1
    same: NDArray[np.int64] = at[ends.meter[at] == ends.meter[at - 1]]
    return same


def _fallen(
    clean: Readings, series: NDArray[np.integer], at: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Flag uint8[k] of spans in which a counter fell, and what flowed float64[k] as the device shows it."""
    before, after, limit = clean.value[at - 1], clean.value[at], clean.rollover[clean.meter[at]]
    over = rolled(series, clean.time, clean.value, at, limit)
    back = ~over & stepped_back(before, after)
    flow = np.where(over, after - before + limit, np.where(back, 0.0, np.maximum(after, 0.0)))
    flag = np.where(over, Flag.ROLLOVER, np.where(back, Flag.STEP_BACK, Flag.RESET))
    return flag.astype(np.uint8), flow


def _gaps(ends: Knots, max_gap: NDArray[np.float64]) -> NDArray[np.int64]:
    """Spans longer than their meter's max_gap [s], int64[k]."""
    limit = np.ceil(max_gap * 1e6)
    long = np.flatnonzero(np.diff(ends.key) > limit.min(initial=np.inf)) + 1
    long = long[ends.meter[long] == ends.meter[long - 1]]
    gaps: NDArray[np.int64] = long[ends.time[long] - ends.time[long - 1] > limit[ends.meter[long]]]
    return gaps


def _differences(value: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.zeros(len(value))
    np.subtract(value[1:], value[:-1], out=steps[1:])
    return steps


def _events(
    readings: Readings, at: NDArray[np.int64], flag: Flag | NDArray[np.uint8], delta: NDArray[np.float64]
) -> Events:
    flags = np.broadcast_to(np.asarray(flag, dtype=np.uint8), at.shape)
    return Events(readings.meter[at], readings.time[at], flags, delta)


def _joined(parts: list[Events]) -> Events:
    if not parts:
        return Events(_NONE.astype(np.int32), _NONE, _NONE.astype(np.uint8), _NONE.astype(np.float64))
    return Events(
        np.concatenate([p.meter for p in parts]),
        np.concatenate([p.time for p in parts]),
        np.concatenate([p.flag for p in parts]),
        np.concatenate([p.delta for p in parts]),
    )
