"""The first stage of settlement: what marked readings mean becomes quarter hours."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from accounting.counter import Flag
from accounting.grid import DAY_SLOTS, Grid, ceil_slot, floor_slot
from accounting.intervals import Readings, Settled
from telemetry.jobs import amended
from telemetry.jobs.ranges import DAY_US, groups, joined, picked, pieces
from telemetry.reports import evidence, gas, steam
from telemetry.reports.evidence import Task
from telemetry.storage import dirty, energy, flags, formulas, retention
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.energy import QuarterHours
from telemetry.storage.flags import Flags
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_SLOTS = 30_000
"""Meter-slots settled in one go: what bounds the memory."""
_STRETCH = 8 * DAY_SLOTS
"""Slots of one meter in it at most: readings of many meters over few days lie close together."""
_DAYS = 10_000
"""Days of meters settled in one transaction: those with gaps of years take turns, so that live ones go on."""
_BY_STATE = {"steam_energy": steam.by_state, "gas_volume_0c": gas.by_state}


def settle(tx: Transaction, meters: Mapping[int, RegisteredMeter], marks: Marks, now_us: int) -> None:
    """Settle what the marks touch, and mark the statement of it; what is too much for once is marked anew.

    The quarter hour that runs at `now_us` waits for its end, unless a reading lies beyond it.
    """
    ranges = joined(Ranges(marks.meter_id, marks.lo, marks.hi), DAY_US)
    work = [
        (task, _touched(tx, task, _of(ranges, list(task.meters))))
        for task in evidence.tasks(tx, meters, ranges, now_us)
    ]
    now = _first([touched for _, touched in work])
    late = np.setdiff1d(np.concatenate([touched.meter_id for _, touched in work] or [now]), now)
    dirty.mark(tx, Stage.ENERGY, marks.picked(np.isin(marks.meter_id, late)))
    written = [picked(ranges, np.flatnonzero(~np.isin(ranges.meter_id, late)))]
    for task, whole in work:
        touched = pieces(_of(whole, now), _STRETCH)
        written.append(touched)
        for group in groups(touched, _SLOTS):
            _settle(tx, task, picked(touched, group), now_us)
    amended.settle(tx, written)


def _of(ranges: Ranges, meter_ids: Sequence[int] | NDArray[np.int32]) -> Ranges:
    return picked(ranges, np.flatnonzero(np.isin(ranges.meter_id, np.asarray(meter_ids, np.int32))))


def _first(work: Sequence[Ranges]) -> NDArray[np.int32]:
    """Meters that are settled in this transaction: not many more days than `_DAYS`, but one meter."""
    meter_id = np.concatenate([each.meter_id for each in work] or [np.empty(0, np.int32)])
    days = np.concatenate([each.hi - each.lo for each in work] or [np.empty(0, np.int64)]) // DAY_US
    ids, place = np.unique(meter_id, return_inverse=True)
    each = np.bincount(place, days, len(ids))
    return ids[np.cumsum(each) - each < _DAYS]


def _touched(tx: Transaction, task: Task, ranges: Ranges) -> Ranges:
    """Quarter hours that the readings of `ranges` have a part in, no two ranges of a meter on one day."""
    wide = evidence.anchored(tx, task, ranges)
    reach = evidence.reach(task, wide)
    lo, hi = floor_slot(wide.lo - reach), ceil_slot(wide.hi + reach + 1)
    return _kept(tx, joined(Ranges(wide.meter_id, lo, hi), DAY_US))


def _kept(tx: Transaction, ranges: Ranges) -> Ranges:
    """What the readings still kept can say: what was settled from readings that are gone stays."""
    lo = np.maximum(ranges.lo, retention.until(tx, ranges.meter_id))
    some = np.flatnonzero(ranges.hi > lo)
    return Ranges(ranges.meter_id[some], lo[some], ranges.hi[some])


def _settle(tx: Transaction, task: Task, ranges: Ranges, now_us: int) -> None:
    shown = evidence.shown(tx, task, evidence.anchored(tx, task, ranges), ranges)
    grid = Grid.covering(int(ranges.lo.min()), int(ranges.hi.max()))
    settled = evidence.settled(shown, grid, task, ranges)
    if task.recipe.by_state:
        settled = _BY_STATE[task.recipe.target](tx, settled, grid, task, ranges)
    closed = _closed(ranges, shown, evidence.reach(task, ranges), now_us)
    _flag(tx, task.recipe.source, ranges, settled)
    energy.write(tx, task.recipe.target, closed, QuarterHours(grid, settled.amount, settled.coverage))
    formulas.spread(tx, task.recipe.target, closed)
    for target, those in task.lapsed.items():
        _withdraw(tx, target, picked(closed, np.flatnonzero(np.isin(closed.meter_id, list(those)))), grid)


def _withdraw(tx: Transaction, target: str, ranges: Ranges, grid: Grid) -> None:
    """Take back what a declaration that is gone had made of the same readings."""
    nothing = np.full((len(ranges), grid.count), np.nan)
    energy.write(tx, target, ranges, QuarterHours(grid, nothing, np.zeros(nothing.shape, np.float32)))
    formulas.spread(tx, target, ranges)


def _closed(ranges: Ranges, shown: Readings, reach: NDArray[np.int64], now_us: int) -> Ranges:
    """Ranges without quarter hours that still run."""
    last = np.full(len(ranges), np.iinfo(np.int64).min)
    np.maximum.at(last, shown.meter, shown.time)
    some = np.bincount(shown.meter, minlength=len(ranges)) > 0
    over = floor_slot(np.maximum(np.where(some, last + reach, 0), now_us))
    return Ranges(ranges.meter_id, ranges.lo, np.where(some, np.minimum(ranges.hi, over), ranges.lo))


def _flag(tx: Transaction, source: str, ranges: Ranges, settled: Settled) -> None:
    found = settled.events
    inside = (found.time >= ranges.lo[found.meter]) & (found.time < ranges.hi[found.meter])
    names = [Flag(int(flag)).name.lower() for flag in found.flag[inside]]
    meter_id = ranges.meter_id[found.meter[inside]]
    flags.replace(tx, source, ranges, Flags(meter_id, found.time[inside], names, found.delta[inside]))
