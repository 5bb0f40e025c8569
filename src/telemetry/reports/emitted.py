"""What settled quarter hours emitted: amount x the factor chosen for the local day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from accounting.emissions import emitted
from accounting.factors import Choice
from accounting.grid import local_day_edges, local_days
from accounting.sources import SOURCES, UNSETTLED, emitting
from telemetry.reports.energy import Question, settled
from telemetry.reports.factors import Factors, Used, kg_per_unit
from telemetry.reports.membership import Rows
from telemetry.reports.series import Cells
from telemetry.reports.steps import Steps, local_time
from telemetry.storage import daily
from telemetry.storage.daily import Days
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

CO2 = "CO2"
"""The gas of an amount that has no factor."""


class Revision(StrEnum):
    """Which factor a day has: the one known when it was first settled, or the one known now."""

    CURRENT = "current"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True, eq=False)
class Emitted:
    """Masses of one gas on the cells of a question, and the choices behind each row's days."""

    gas: str
    cells: Rows
    """Amounts in kg."""
    used: list[list[Used]]
    """By row of the cells."""


def from_quarter_hours(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, revision: Revision
) -> list[Emitted]:
    """Quarter hours by gas; each day takes the factor known now, or on that day when asked as reported."""
    names = [
        name for name in (*SOURCES, *UNSETTLED) if not question.quantities or name in question.quantities
    ]
    cells = counted(settled(tx, registry, replace(question, quantities=tuple(names))))
    days = _days(question.steps)
    today = question.now.astimezone(question.steps.zone).date()
    known = [[today] * len(days)] * len(cells.quantity)
    if revision is Revision.REPORTED:
        known = _first_settled(tx, cells, days, question)
    choices = [
        _choices(registry, factors, pair, steps=question.steps, known=on)
        for pair, on in zip(zip(cells.meter_id.tolist(), cells.quantity, strict=True), known, strict=True)
    ]
    return by_gas(cells, choices, days, _day_of(question.steps))


def counted(cells: Cells) -> Cells:
    """Rows that emit: one of those that show a meter's flow twice."""
    shown: defaultdict[int, set[str]] = defaultdict(set)
    for meter_id, quantity in zip(cells.meter_id.tolist(), cells.quantity, strict=True):
        shown[meter_id].add(quantity)
    kept = [
        row
        for row, (meter_id, quantity) in enumerate(zip(cells.meter_id.tolist(), cells.quantity, strict=True))
        if quantity in emitting(shown[meter_id])
    ]
    return picked(cells, kept)


def picked(cells: Cells, rows: Sequence[int]) -> Cells:
    at = np.array(rows, dtype=np.intp)
    return Cells(
        cells.meter_id[at], [cells.quantity[row] for row in rows], cells.amount[at], cells.coverage[at]
    )


def by_gas(
    cells: Cells, choices: Sequence[Sequence[Choice]], days: Sequence[date], day_of: NDArray[np.intp]
) -> list[Emitted]:
    """Rows apart by the gas of their factors; `choices` by row and day, `day_of` intp[n] each cell's day."""
    found = []
    for gas in sorted({gas_of(choice) for row in choices for choice in row}):
        rows = [r for r, row in enumerate(choices) if any(gas_of(choice) == gas for choice in row)]
        part = picked(cells, rows)
        kg = [_kg(part, at, choices[row], gas, day_of) for at, row in enumerate(rows)]
        used = [
            _used(part, at, choices[row], gas=gas, days=days, day_of=day_of) for at, row in enumerate(rows)
        ]
        found.append(Emitted(gas, replace(part, amount=np.array(kg).reshape(part.amount.shape)), used))
    return found


def gas_of(choice: Choice) -> str:
    return choice.factor.gas if choice.factor else CO2


def _kg(
    cells: Cells, row: int, choices: Sequence[Choice], gas: str, day_of: NDArray[np.intp]
) -> NDArray[np.float64]:
    quantity = cells.quantity[row]
    rates = [kg_per_unit(quantity, each) if gas_of(each) == gas else np.nan for each in choices]
    return emitted(cells.amount[row], np.array(rates), day_of)


def _used(
    cells: Cells,
    row: int,
    choices: Sequence[Choice],
    *,
    gas: str,
    days: Sequence[date],
    day_of: NDArray[np.intp],
) -> list[Used]:
    """Choices of the days that have an amount."""
    some = set(day_of[~np.isnan(cells.amount[row])].tolist())
    return [
        Used(day, choice)
        for index, (day, choice) in enumerate(zip(days, choices, strict=True))
        if index in some and gas_of(choice) == gas
    ]


def _choices(
    registry: Registry, factors: Factors, pair: tuple[int, str], steps: Steps, known: Sequence[date]
) -> list[Choice]:
    """The choice of each day for a meter where it stood when the day began, as `known` on each."""
    meter, quantity = registry.by_id[pair[0]], pair[1]
    days = _days(steps)
    starts = local_day_edges(steps.zone, days[0], days[-1])[:-1].tolist()
    regions = [meter.at(local_time(start, steps.zone)).region for start in starts]
    found = (
        factors.choice(region, quantity, day, max(day, on))
        for region, day, on in zip(regions, days, known, strict=True)
    )
    return [choice for choice in found if choice is not None]


def _first_settled(
    tx: Transaction, cells: Cells, days: Sequence[date], question: Question
) -> list[list[date]]:
    """The local day on which each day of each row was first settled, today where it was not."""
    rows, count = len(cells.quantity), len(days)
    asked = Days(
        np.repeat(cells.meter_id, count),
        [name for name in cells.quantity for _ in days],
        np.array([*days] * rows, dtype="M8[D]"),
    )
    moments = daily.first_settled(tx, asked, question.now)
    settled = local_days(question.steps.zone, moments).reshape(rows, count)
    return [list(row) for row in settled.astype(object)]


def _days(steps: Steps) -> list[date]:
    first, last = steps.days
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day_of(steps: Steps) -> NDArray[np.intp]:
    """Local day of each quarter hour, index from the first, intp[n]."""
    return np.searchsorted(steps.day_edges, steps.grid.slots, side="right") - 1
