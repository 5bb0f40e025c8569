"""Amounts that people set: they stand over what is settled from readings, for as long as they hold."""

from collections.abc import Sequence

import numpy as np

from accounting.grid import Grid, to_us
from telemetry.storage import corrections, energy, formulas
from telemetry.storage.corrections import SetAmount
from telemetry.storage.energy import QuarterHours
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges


def settle(tx: Transaction, written: Sequence[Ranges]) -> None:
    """Set the amounts that touch what was written, spread evenly over their quarter hours and estimated."""
    whole = Ranges(
        np.concatenate([part.meter_id for part in written]),
        np.concatenate([part.lo for part in written]),
        np.concatenate([part.hi for part in written]),
    )
    for each in corrections.amounts(tx, whole):
        _set(tx, each)


def _set(tx: Transaction, each: SetAmount) -> None:
    lo, hi = to_us(each.lo), to_us(each.hi)
    grid = Grid.covering(lo, hi)
    part = Ranges(np.array([each.meter_id], np.int32), np.array([lo]), np.array([hi]))
    amount = np.full((1, grid.count), each.amount / grid.count)
    energy.write(tx, each.quantity, part, QuarterHours(grid, amount, np.zeros(amount.shape, np.float32)))
    formulas.spread(tx, each.quantity, part)
