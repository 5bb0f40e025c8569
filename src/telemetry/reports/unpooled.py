"""Emissions of meters without what a neighbour's pool tells: the factor of bought heat does not rate that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from telemetry.reports.emitted import Emitted, picked
from telemetry.reports.factors import Used
from telemetry.reports.pools.trade import Days
from telemetry.reports.series import Cells
from telemetry.reports.steps import Steps

Fed = Mapping[int, Days]
"""Meter by number -> the local days on which a pool tells what it let in."""


def unpooled(found: Sequence[Emitted], fed: Fed, steps: Steps) -> list[Emitted]:
    """The same; months of whole meters hold none of these."""
    if not fed:
        return list(found)
    return [one for each in found if len((one := _apart(each, fed, steps)).cells.meter_id)]


def _apart(one: Emitted, fed: Fed, steps: Steps) -> Emitted:
    cells = one.cells
    if not isinstance(cells, Cells):
        return one
    told = np.zeros(cells.amount.shape, np.bool_)
    for row, meter in enumerate(cells.meter_id.tolist()):
        if meter in fed:
            told[row] = fed[meter][_day_of(cells, steps)]
    amount = np.where(told, np.nan, cells.amount)
    used = [_used(one, row, fed, steps) for row in range(len(amount))]
    kept = [row for row, before in enumerate(one.used) if used[row] or not before]
    return Emitted(one.gas, picked(replace(cells, amount=amount), kept), [used[row] for row in kept])


def _day_of(cells: Cells, steps: Steps) -> NDArray[np.intp]:
    """Local day of each cell, intp[n]; a cell is a day or a quarter hour."""
    starts = steps.day_edges[:-1] if steps.by_day else steps.grid.slots
    found: NDArray[np.intp] = np.searchsorted(steps.day_edges, starts, side="right") - 1
    return found[: cells.amount.shape[1]]


def _used(one: Emitted, row: int, fed: Fed, steps: Steps) -> list[Used]:
    days = fed.get(int(one.cells.meter_id[row]))
    if days is None:
        return one.used[row]
    first = steps.days[0]
    told = {first + timedelta(days=n) for n in np.flatnonzero(days).tolist()}
    return [each for each in one.used[row] if each.day not in told]
