"""Emissions of settled amounts over intervals, with the factors that each figure stands on."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from accounting.quantity import CATALOGUE
from accounting.sources import scope_of
from telemetry.reports import activities, energy, monthly_emissions, statement
from telemetry.reports.activities import FUGITIVE, FUGITIVE_NAME, Recorded
from telemetry.reports.emission_answer import Basis, EmissionsAnswer, EmissionSeries, Origin
from telemetry.reports.emitted import Emitted, Revision, from_quarter_hours
from telemetry.reports.energy import Question
from telemetry.reports.factors import Used, shortfalls, uses
from telemetry.reports.membership import By, grouped, key_of
from telemetry.reports.names import name_of
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.reports.series import Stretches
from telemetry.reports.steps import Step, local_time
from telemetry.reports.unpooled import Fed, unpooled
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry


def report(tx: Transaction, park: Park, question: Question, revision: Revision) -> EmissionsAnswer:
    """Of meters and documents, without what pools of neighbours tell.

    Raises QueryError for codes and quantities that are not there.
    """
    registry, steps = park.registry, question.steps
    question.selection.check(registry)
    fed = {registry.by_code[code].id: days for code, days in trade.fed(park, steps).items()}
    found = unpooled(_read(tx, park, question, revision, fed), fed, steps)
    gases = sorted({each.gas for each in found})
    return EmissionsAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        by=question.selection.by,
        basis=Basis.LOCATION,
        revision=revision,
        zone=steps.zone.key,
        times=steps.times(),
        series=[
            *(
                one
                for gas in gases
                for one in _series([each for each in found if each.gas == gas], registry, question)
            ),
            *(
                _written(one, registry, question.selection.by)
                for one in activities.recorded(tx, registry, question, revision)
            ),
        ],
    )


def _written(one: Recorded, registry: Registry, by: By) -> EmissionSeries:
    """A series that stands on documents."""
    return EmissionSeries(
        key=one.key,
        name=FUGITIVE_NAME if one.key == FUGITIVE else name_of(by, one.key, registry),
        quantity=one.kind,
        carrier=one.carrier,
        scope=str(one.scope),
        gas=one.gas,
        unit="kg",
        values=[None if math.isnan(kg) else kg for kg in one.kg.tolist()],
        coverage=np.round(one.coverage, 4).tolist(),
        estimated=one.estimated.tolist(),
        factors=one.factors,
        shortfalls=one.shortfalls,
        origin=Origin.DOCUMENTS,
    )


def _read(tx: Transaction, park: Park, question: Question, revision: Revision, fed: Fed) -> list[Emitted]:
    registry, factors = park.registry, park.factors
    if question.steps.step is Step.MONTH:
        return monthly_emissions.emitted(tx, registry, factors, question, revision, apart=fed)
    read = statement.emitted if question.steps.by_day else from_quarter_hours
    return read(tx, registry, factors, question, revision)


def _series(parts: list[Emitted], registry: Registry, question: Question) -> Iterator[EmissionSeries]:
    """Series of one gas."""
    by, key_of_row = question.selection.by, key_of(question.selection, registry)
    rows = [part.cells for part in parts]
    sums, groups, placed = grouped(registry, rows, question.steps, energy.elapsed(question), key_of_row)
    told = energy.columns(sums)
    for group, (key, quantity) in sorted(enumerate(groups), key=lambda each: each[1]):
        values, coverage, estimated = told[group]
        used = _used(parts, placed, group)
        yield EmissionSeries(
            key=key,
            name=name_of(by, key, registry),
            quantity=quantity,
            carrier=CATALOGUE[quantity].carrier.value,
            scope=str(scope_of(quantity)),
            gas=parts[0].gas,
            unit="kg",
            values=values,
            coverage=coverage,
            estimated=estimated,
            factors=uses(used),
            shortfalls=shortfalls(used),
        )


def _used(parts: Sequence[Emitted], placed: Sequence[Stretches], group: int) -> list[Used]:
    """The choices behind a group, those that rows share once."""
    shared = {
        id(part.used[row]): part.used[row]
        for part, where in zip(parts, placed, strict=True)
        for row in where.row[where.label == group].tolist()
    }
    return list({id(one): one for each in shared.values() for one in each}.values())
