"""Virtual meters: quarter hours by formula from those of others, the ones stood on first."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from accounting import formula
from accounting.formula import Formula
from accounting.grid import Grid, ceil_slot, floor_slot
from telemetry.jobs.ranges import DAY_US, groups, joined, picked, pieces
from telemetry.reports.reckoning import Known, editions, known
from telemetry.storage import energy, formulas
from telemetry.storage.dirty import Marks
from telemetry.storage.energy import QuarterHours
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_SLOTS = 30_000
_Meters = Mapping[int, RegisteredMeter]


def settle(tx: Transaction, meters: _Meters, marks: Marks) -> None:
    """Reckon what the marks touch from what is settled of the terms, and mark what stands on it."""
    touched = Ranges(marks.meter_id, floor_slot(marks.lo), ceil_slot(marks.hi))
    ranges = pieces(joined(touched, DAY_US), _SLOTS)
    for level in _levels(meters):
        of_level = picked(ranges, np.flatnonzero(np.isin(ranges.meter_id, level)))
        for group in groups(of_level, _SLOTS):
            _settle(tx, meters, picked(of_level, group))


def _levels(meters: _Meters) -> Iterator[NDArray[np.int32]]:
    """Meters by what they stand on. What stands on a later one is marked by it, and settled once more."""
    ids = {meter.code: meter_id for meter_id, meter in meters.items()}
    below = {
        meter_id: {ids[code] for one in _formulas(meter) for code in one.meters if code in ids}
        for meter_id, meter in meters.items()
    }
    order = TopologicalSorter(below)
    try:
        order.prepare()
    except CycleError:  # of formulas of different dates: at no instant is there one
        yield np.array(list(meters), np.int32)
        return
    while ready := order.get_ready():
        yield np.array(ready, np.int32)
        order.done(*ready)


def _formulas(meter: RegisteredMeter) -> Iterator[Formula]:
    for term in meter.terms:
        yield from formula.parsed(term.formula).values()


def _settle(tx: Transaction, meters: _Meters, ranges: Ranges) -> None:
    grid = Grid.covering(int(ranges.lo.min()), int(ranges.hi.max()))
    reads = [read for meter_id in ranges.meter_id.tolist() for read in _formulas(meters[meter_id])]
    found = known(tx, reads, np.unique(ranges.meter_id), grid)
    for quantity in sorted(_told(meters, ranges, found)):
        amount, coverage = _reckoned(meters, ranges, quantity, found, grid)
        energy.write(tx, quantity, ranges, QuarterHours(grid, amount, coverage))
        formulas.spread(tx, quantity, ranges)


def _told(meters: _Meters, ranges: Ranges, found: Known) -> set[str]:
    """Quantities that the meters' formulas tell, or that others told before."""
    own = {*ranges.meter_id.tolist()}
    before = {quantity for meter_id, quantity in found.place if meter_id in own}
    return before.union(*(term.formula or () for one in own for term in meters[one].terms))


def _reckoned(
    meters: _Meters, ranges: Ranges, quantity: str, found: Known, grid: Grid
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Amount float64[r, grid.count] and coverage float32[r, grid.count]; what no formula holds for stays."""
    amount, coverage = np.empty((len(ranges), grid.count)), np.empty((len(ranges), grid.count), np.float32)
    for row, meter_id in enumerate(ranges.meter_id.tolist()):
        amount[row], coverage[row] = found.at((meter_id, quantity), slice(0, grid.count))
        for at, text in editions(meters[meter_id], quantity, grid):
            amount[row, at], coverage[row, at] = np.nan, 0.0
            if text is not None:
                amount[row, at], coverage[row, at] = found.combined(formula.parse(text), at)
    return amount, coverage
