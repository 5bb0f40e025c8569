"""What an area fed in and sold, and what that would have emitted where it goes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from accounting.factors import Choice
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.energy import Question
from telemetry.reports.market import Grid
from telemetry.reports.neighbours import Passed, Share, given
from telemetry.reports.pools import trade
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


def outgoing(
    tx: Transaction, park: Park, question: Question, area: str, supply: Supply, *, apart: bool = True
) -> Outgoing:
    """Fed-in electricity by the grid's average; what was bought and goes on by the factor of what is bought.

    Market-based, electricity that goes on or back to neighbours takes the residual, for instruments stay with
    whoever bought.
    """
    sold, grid = sales(tx, park, question, area), supply.grid
    plain = (
        each
        for name in dict.fromkeys(sold.plain.quantity)
        for each in _rated(sold.plain, name, grid, _goes_on(grid, name))
    )
    fed_in, back = _divided(supply.crossed, park, question) if apart else (supply.crossed, None)
    parts = list(_rated(fed_in, EXPORT, grid, lambda region, day: (grid.average(region, day), None)))
    if back is not None:
        parts.extend(_rated(back, EXPORT, grid, _goes_on(grid, IMPORT)))
    return Outgoing([*parts, *plain, *given(tx, park, question, area)], sold.every)


def _divided(crossed: Crossings, park: Park, question: Question) -> tuple[Crossings, Crossings]:
    """What left by the meters that feed nobody's pool, and what went back into a neighbour's."""
    back = np.zeros(crossed.amount.shape, np.bool_)
    areas = {area.code for area in park.registry.areas}
    days = {row.meter: each for row, each in trade.returned(park, question.steps, areas).items()}
    for row in crossed.rows(EXPORT):
        back[row] = days.get(park.registry.by_id[crossed.meter_id[row]].code, False)
    return (
        replace(crossed, amount=np.where(back, np.nan, crossed.amount)),
        replace(crossed, amount=np.where(back, crossed.amount, np.nan)),
    )


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
