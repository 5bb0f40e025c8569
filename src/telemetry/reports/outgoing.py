"""What an area fed in and sold, and what that would have emitted where it goes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from accounting.factors import Choice
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.energy import Question
from telemetry.reports.market import Grid
from telemetry.reports.neighbours import Passed, Share, given
from telemetry.reports.pools.report import Park
from telemetry.reports.sales import sales
from telemetry.reports.supply import Supply
from telemetry.storage.pool import Transaction

_Rating = Callable[[str, date], tuple[Choice, Choice | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    parts: list[Passed]
    """Each by what it is rated by: of what a pool carries, the bought energy that it was made of."""
    sales: Crossings
    """To neighbours, by meter and day."""


def outgoing(tx: Transaction, park: Park, question: Question, area: str, supply: Supply) -> Outgoing:
    """Fed-in electricity by the grid's average; what was bought and goes on by the factor of what is bought.

    Market-based, electricity that goes on to neighbours takes the residual, for instruments stay with whoever
    bought.
    """
    sold, grid = sales(tx, park, question, area), supply.grid
    plain = (
        each
        for name in dict.fromkeys(sold.plain.quantity)
        for each in _rated(sold.plain, name, grid, _goes_on(grid, name))
    )
    fed_in = _rated(supply.crossed, EXPORT, grid, lambda region, day: (grid.average(region, day), None))
    return Outgoing([*fed_in, *plain, *given(tx, park, question, area)], sold.every)


def _goes_on(grid: Grid, quantity: str) -> _Rating:
    def rated(region: str, day: date) -> tuple[Choice, Choice | None]:
        residual = grid.residual(region, day) if quantity == IMPORT else None
        return grid.factor(region, quantity, day), residual if residual and residual.factor else None

    return rated


def _rated(sold: Crossings, quantity: str, grid: Grid, rating: _Rating) -> Iterator[Passed]:
    of = IMPORT if quantity == EXPORT else quantity
    for row in sold.rows(quantity):
        regions = grid.regions(sold.meter_id[row], sold.day)
        meter = grid.registry.by_id[sold.meter_id[row]]
        found = Passed("", meter.code, quantity, known=[np.ones(1)])
        for at in np.flatnonzero(sold.amount[row] > 0).tolist():
            day, cells = sold.day[at], sold.amount[row, at : at + 1]
            found.shares.append(Share(meter.code, of, day, 0, cells, *rating(regions[at], day)))
        if found.shares:
            yield found
