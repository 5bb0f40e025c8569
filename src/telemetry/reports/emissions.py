"""Emissions of settled amounts over intervals, with the factors that each figure stands on."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from accounting.quantity import CATALOGUE
from accounting.sources import scope_of
from telemetry.reports import energy, statement
from telemetry.reports.emitted import Emitted, Revision, from_quarter_hours
from telemetry.reports.energy import Coverage, Estimated, Question, Values
from telemetry.reports.factors import Factors, FactorUse, Shortfall, shortfalls, uses
from telemetry.reports.membership import By, key_of, stretches
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name, name_of
from telemetry.reports.series import Stretches, total
from telemetry.reports.steps import Step, local_time
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry


class Basis(StrEnum):
    LOCATION = "location"


class EmissionSeries(Struct, frozen=True):
    """The mass of one gas from one quantity in one group."""

    key: str
    name: Name
    quantity: str
    carrier: str
    scope: Annotated[str, Meta(examples=["2"])]
    gas: Annotated[str, Meta(examples=["CO2"])]
    unit: Annotated[str, Meta(examples=["kg"])]
    values: Values
    coverage: Coverage
    estimated: Estimated
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


class EmissionsAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Emissions over intervals: amount x factor, gases apart; without a factor a shortfall, and not 0."""

    from_: Moment
    to: Moment
    step: Step
    by: By
    basis: Basis
    revision: Revision
    zone: str
    times: Annotated[list[Moment], Meta(description="Starts of the intervals")]
    series: list[EmissionSeries]


def report(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, revision: Revision
) -> EmissionsAnswer:
    """Raises QueryError for codes and quantities that are not there."""
    question.selection.check(registry)
    read = statement.emitted if question.steps.by_day else from_quarter_hours
    found = read(tx, registry, factors, question, revision)
    steps = question.steps
    return EmissionsAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        by=question.selection.by,
        basis=Basis.LOCATION,
        revision=revision,
        zone=steps.zone.key,
        times=steps.times(),
        series=[one for each in found for one in _series(each, registry, question)],
    )


def _series(emitted: Emitted, registry: Registry, question: Question) -> Iterator[EmissionSeries]:
    steps, by = question.steps, question.selection.by
    placed, groups = stretches(
        registry,
        emitted.cells,
        steps,
        energy.elapsed(question),
        key_of(question.selection, registry),
    )
    sums = total(emitted.cells, placed, energy.first_cells(steps), len(groups))
    for group, (key, quantity) in sorted(enumerate(groups), key=lambda each: each[1]):
        values, coverage, estimated = energy.columns(sums, group)
        shared = {id(each): each for each in (emitted.used[row] for row in _rows(placed, group))}
        used = [one for each in shared.values() for one in each]
        yield EmissionSeries(
            key=key,
            name=name_of(by, key, registry),
            quantity=quantity,
            carrier=CATALOGUE[quantity].carrier.value,
            scope=str(scope_of(quantity)),
            gas=emitted.gas,
            unit="kg",
            values=values,
            coverage=coverage,
            estimated=estimated,
            factors=uses(used),
            shortfalls=shortfalls(used),
        )


def _rows(placed: Stretches, group: int) -> list[int]:
    rows: list[int] = placed.row[placed.label == group].tolist()
    return rows
