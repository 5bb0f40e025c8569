"""What crosses the boundary of an area on each local day, by meter and quantity."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from accounting.coal import MEDIA
from accounting.sources import emitting
from telemetry.reports import energy
from telemetry.reports.energy import Question
from telemetry.reports.membership import grouped, key_of
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

IMPORT, EXPORT = "energy_import", "energy_export"


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Rows of boundary meters, one quantity each."""

    meter_id: list[int]
    quantity: list[str]
    day: list[date]
    amount: NDArray[np.float64]
    """float64[r, d]; NaN where nothing is known, and where the meter stands elsewhere."""
    refused: list[str]
    """Amounts below zero, which are none: meter, quantity, day and value."""

    def rows(self, quantity: str) -> list[int]:
        return [row for row, name in enumerate(self.quantity) if name == quantity]


def crossings(tx: Transaction, registry: Registry, question: Question) -> Crossings:
    """Amounts of the days that the question's intervals touch, by its area's boundary meters."""
    steps = question.steps
    by_day = replace(question, steps=Steps(Step.DAY, steps.zone, steps.day_edges))
    cells = energy.settled(tx, registry, by_day)
    key = key_of(question.selection, registry)
    placed = grouped(registry, [cells], by_day.steps, energy.elapsed(by_day), key)[2][0]
    amount = np.full(cells.amount.shape, np.nan)
    for row, lo, hi in zip(placed.row.tolist(), placed.lo.tolist(), placed.hi.tolist(), strict=True):
        amount[row, lo:hi] = cells.amount[row, lo:hi]
    kept = _kept(cells.meter_id.tolist(), cells.quantity)
    first = steps.days[0]
    days = [first + timedelta(days=n) for n in range(len(by_day.steps))]
    names = [cells.quantity[row] for row in kept]
    meters = [int(cells.meter_id[row]) for row in kept]
    amount = amount[kept]
    refused = [
        f"{registry.by_id[meters[row]].code} {names[row]} on {days[day]}: {amount[row, day]:g} is below 0"
        for row, day in np.argwhere(amount < 0).tolist()
    ]
    return Crossings(meters, names, days, np.where(amount < 0, np.nan, amount), refused)


def _kept(meter_id: list[int], quantity: list[str]) -> list[int]:
    """Rows that count: exports, media, and of what shows a meter's flow twice one."""
    shown: dict[int, set[str]] = {}
    for meter, name in zip(meter_id, quantity, strict=True):
        shown.setdefault(meter, set()).add(name)
    counted = {meter: {*emitting(names), *MEDIA, EXPORT} for meter, names in shown.items()}
    return [
        row
        for row, (meter, name) in enumerate(zip(meter_id, quantity, strict=True))
        if name in counted[meter]
    ]
