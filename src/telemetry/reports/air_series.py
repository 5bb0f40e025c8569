"""Series of emissions of what an area's air carries, by day, beside those of its meters and documents."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE
from telemetry.model import AreaKind
from telemetry.reports import bought_air
from telemetry.reports.emission_answer import EmissionsAnswer, EmissionSeries
from telemetry.reports.energy import Question
from telemetry.reports.membership import By
from telemetry.reports.names import name_of
from telemetry.reports.neighbours import AIR, SCOPE, Brought, brought
from telemetry.reports.pools.report import Park
from telemetry.reports.served_days import sums
from telemetry.reports.steps import Steps
from telemetry.storage.pool import Transaction


def joined(tx: Transaction, park: Park, question: Question, found: EmissionsAnswer) -> EmissionsAnswer:
    """The answer with the air of each of its areas; by day or month, and of areas or enterprises alone."""
    selection = question.selection
    named = not question.quantities or AIR in question.quantities
    if selection.by not in {By.AREA, By.ENTERPRISE} or selection.meters or not named:
        return found
    if not question.steps.by_day:
        return found
    more = [
        series
        for area in park.registry.areas
        if (not selection.areas or area.code in selection.areas)
        and (selection.by is By.AREA or area.kind == AreaKind.ENTERPRISE)
        for series in _series(tx, park, question, area.code)
    ]
    return structs.replace(found, series=[*found.series, *more])


def _series(tx: Transaction, park: Park, question: Question, area: str) -> Iterator[EmissionSeries]:
    found, steps = brought(tx, park, question, area), question.steps
    for line in bought_air.line(found):
        for gas in line.kg:
            kg, known = _by_day(found, gas, steps)
            yield EmissionSeries(
                key=area,
                name=name_of(question.selection.by, area, park.registry),
                quantity=AIR,
                carrier=CATALOGUE[AIR].carrier.value,
                scope=str(SCOPE),
                gas=gas,
                unit="kg",
                values=sums(kg, known, steps),
                coverage=[line.coverage] * len(steps),
                estimated=[line.coverage < 1] * len(steps),
                factors=line.factors,
                shortfalls=line.shortfalls,
            )


def _by_day(found: Brought, gas: str, steps: Steps) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mass float64[d] [kg] and whether it is known, bool[d]."""
    days: dict[date, list[float]] = {}
    for each in found.shares:
        if each.gas == gas and not math.isnan(each.kg):
            days.setdefault(each.day, []).append(each.kg)
    first, last = steps.days
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    kg = np.array([math.fsum(days.get(day, ())) for day in every])
    return kg, np.array([day in days for day in every], np.bool_)
