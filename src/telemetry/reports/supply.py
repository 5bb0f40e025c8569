"""What an area bought on the days of a question, by meters and documents, and what served it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.reports import activities, instruments, market
from telemetry.reports.crossings import EXPORT, Crossings, crossings, daily, generated
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors
from telemetry.reports.market import Bought, Grid, SelfUse, Told
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Record
from telemetry.storage.registry import Registry


@dataclass(frozen=True, slots=True)
class Place:
    """An area, and the park's region of factors."""

    area: str
    region: str


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    crossed: Crossings
    told: Told
    grid: Grid
    served: Bought
    sold: list[Record]
    """Certificates of its generators that others have."""


def supplied(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, place: Place
) -> Supply:
    """Of the area that the question selects, by the factors that are known when it is asked."""
    crossed = crossings(tx, registry, question)
    today = question.now.astimezone(question.steps.zone).date()
    grid = Grid(registry, factors, question.steps.zone, today, place.region)
    told = activities.electricity(tx, registry, question, crossed.day)
    holding = instruments.held(tx, registry, question, place.area)
    sold = instruments.given(tx, registry, question, place.area)
    own = SelfUse(_used_here(tx, registry, question, crossed), sold)
    return Supply(crossed, told, grid, market.bought(crossed, told, holding, own, grid), sold)


def _used_here(
    tx: Transaction, registry: Registry, question: Question, crossed: Crossings
) -> NDArray[np.float64]:
    """Own generation that was not fed in, float64[d] [kWh]."""
    made = generated(tx, registry, daily(question))
    fed_in = np.nan_to_num(crossed.amount[crossed.rows(EXPORT)]).sum(axis=0)
    used: NDArray[np.float64] = np.maximum(np.nan_to_num(made) - fed_in, 0.0)
    return used
