"""What crosses the boundary of an area on each local day, by meter and quantity."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from accounting.coal import MEDIA
from accounting.sources import emitting
from telemetry.model import Role
from telemetry.reports import energy
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection, grouped, key_of
from telemetry.reports.series import Cells
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
    by_day = daily(question)
    cells, amount = placed(tx, registry, by_day)
    kept = counted(cells.meter_id.tolist(), cells.quantity)
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


def daily(question: Question) -> Question:
    """The same of the local days that its intervals touch."""
    steps = question.steps
    return replace(question, steps=Steps(Step.DAY, steps.zone, steps.day_edges))


def placed(tx: Transaction, registry: Registry, question: Question) -> tuple[Cells, NDArray[np.float64]]:
    """Cells of the selection's meters, and their amounts while they stand in it; NaN elsewhere."""
    cells = energy.settled(tx, registry, question)
    key = key_of(question.selection, registry)
    where = grouped(registry, [cells], question.steps, energy.elapsed(question), key)[2][0]
    amount = np.full(cells.amount.shape, np.nan)
    for row, lo, hi in zip(where.row.tolist(), where.lo.tolist(), where.hi.tolist(), strict=True):
        amount[row, lo:hi] = cells.amount[row, lo:hi]
    return cells, amount


def generated(tx: Transaction, registry: Registry, question: Question) -> NDArray[np.float64]:
    """What generators inside the area made, float64[n] [kWh]; 0 without any, NaN where one is unknown."""
    meters = replace(question, selection=Selection(By.METER, (), question.selection.areas))
    cells, amount = placed(tx, registry, replace(meters, quantities=(EXPORT,)))
    start = question.steps.times()[0]
    terms = [registry.by_id[meter].at(start) for meter in cells.meter_id.tolist()]
    rows = [row for row, term in enumerate(terms) if term.role == Role.GENERATION]
    made: NDArray[np.float64] = amount[rows].sum(axis=0)
    return made


def counted(meter_id: list[int], quantity: list[str]) -> list[int]:
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
