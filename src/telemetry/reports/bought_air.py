"""Compressed air that comes from a neighbour: it carries what the pool it comes from carries."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accounting.inventory import Flow
from accounting.quantity import Carrier
from telemetry.reports.crossings import Crossings
from telemetry.reports.emission_answer import Origin
from telemetry.reports.energy import Question
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.inventory_answer import InventoryLine
from telemetry.reports.pools.answer import PoolRow, PoolsAnswer
from telemetry.reports.pools.layout import Part
from telemetry.reports.pools.report import Park, report
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction

AIR = "air_volume"
_SCOPE = "2"
_UNTOLD = "air that no pool tells, or that comes from outside: who made it, and from what, is not known"


def lines(tx: Transaction, park: Park, question: Question, crossed: Crossings) -> Iterator[InventoryLine]:
    """One line for the area's air; none where no air crossed its boundary. Location-based."""
    rows = crossed.rows(AIR)
    if not np.nansum(crossed.amount[rows]) > 0:
        return
    answers = [report(tx, park, each, [Carrier.COMPRESSED_AIR]) for each in _months(question)]
    yield _line(answers, question)


def _months(question: Question) -> Iterator[Question]:
    """The question one month at a time, which bounds what a solution takes."""
    steps = question.steps
    whole = Steps.covering(Step.MONTH, steps.zone, steps.times()[0], steps.end)
    edges = np.unique(np.clip(whole.edges, steps.edges[0], steps.edges[-1])).tolist()
    for lo, hi in pairwise(edges):
        yield replace(question, steps=Steps(Step.DAY, steps.zone, _days(steps, lo, hi)))


def _days(steps: Steps, lo: int, hi: int) -> NDArray[np.int64]:
    edges = steps.day_edges
    found: NDArray[np.int64] = edges[(edges >= lo) & (edges <= hi)]
    return found


def _line(answers: Sequence[PoolsAnswer], question: Question) -> InventoryLine:
    rows = [row for answer in answers for pool in answer.pools for row in pool.rows]
    came = [row for row in rows if row.part is Part.RECEIVED]
    went = [row for row in rows if row.part is Part.SENT]
    gases = {gas for row in came for gas in row.carried}
    kg: dict[str, float | None] = {gas: _net(came, went, gas) for gas in sorted(gases)}
    kg = {gas: mass for gas, mass in kg.items() if mass is not None} or {"CO2": None}
    lacking = any(_lacks(row) for row in rows if row.part in {Part.RECEIVED, Part.BOUGHT})
    told = [known for answer in answers for pool in answer.pools for known in pool.known]
    first, last = question.steps.days
    reasons = dict.fromkeys(each for answer in answers for each in answer.shortfalls)
    short = [Shortfall(reason, first, last) for reason in reasons or [_UNTOLD]] if lacking or not came else []
    coverage = round(float(np.mean(told)), 4) if told else 0.0
    return InventoryLine(AIR, _SCOPE, Flow.BOUGHT, Origin.METERS, kg, coverage, _factors(answers), short)


def _net(came: Sequence[PoolRow], went: Sequence[PoolRow], gas: str) -> float | None:
    received = [kg for row in came for kg in row.carried.get(gas, []) if kg is not None]
    passed_on = [kg for row in went for kg in row.carried.get(gas, []) if kg is not None]
    return math.fsum(received) - math.fsum(passed_on) if received else None


def _lacks(row: PoolRow) -> bool:
    """Whether some of what came is not told."""
    return any(
        kg is None and value
        for each in row.carried.values()
        for kg, value in zip(each, row.values, strict=True)
    )


def _factors(answers: Sequence[PoolsAnswer]) -> list[FactorUse]:
    """All that the park's pools stand on."""
    return list(dict.fromkeys(use for answer in answers for use in answer.factors))
