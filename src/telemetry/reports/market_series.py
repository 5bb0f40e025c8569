"""Emissions by the market-based method: electricity by what served it, everything else as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from accounting.sources import ELECTRICITY, SOURCES
from telemetry.model import AreaKind
from telemetry.reports import emissions, served_days
from telemetry.reports.emission_answer import Basis, EmissionsAnswer
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import Factors
from telemetry.reports.membership import By, Selection
from telemetry.reports.names import name_of
from telemetry.reports.pools.report import Park
from telemetry.reports.served_days import ServedDays
from telemetry.reports.supply import Place, supplied
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

POWER = frozenset(name for name, source in SOURCES.items() if source == ELECTRICITY) | {"electricity"}
"""What series of electricity are named by: quantities of meters, and the kind of documents."""


def report(tx: Transaction, park: Park, question: Question, region: str) -> EmissionsAnswer:
    """As known now; what serves is reckoned over the whole range asked for, as an inventory does.

    Raises QueryError.
    """
    check(question)
    registry, factors = park.registry, park.factors
    found = emissions.report(tx, park, question, Revision.CURRENT)
    power = [each for each in found.series if each.quantity in POWER]
    others = [each for each in found.series if each.quantity not in POWER]
    days = len(question.steps.day_edges) - 1
    series = []
    for key, areas in _groups(registry, question).items():
        parts = [_served(tx, registry, factors, question, Place(area, region)) for area in areas]
        whole = served_days.joined((part for part in parts if part), days)
        if whole:
            like = [each for each in power if each.key == key]
            name = name_of(question.selection.by, key, registry)
            series.extend(whole.series(key, name, question.steps, like))
    return structs.replace(found, basis=Basis.MARKET, series=[*series, *others])


def check(question: Question) -> None:
    """Raises QueryError for what the method cannot tell."""
    if question.selection.by is By.METER or question.selection.meters:
        reason = "is of what an area buys, and of no single meter; ask by area, enterprise, carrier or scope"
        raise QueryError("basis", Basis.MARKET.value, reason)
    if not question.steps.by_day:
        raise QueryError("basis", Basis.MARKET.value, "is reckoned by day; choose the step day or month")
    if question.quantities:
        raise QueryError("basis", Basis.MARKET.value, "is of all electricity; ask without a quantity")


def _groups(registry: Registry, question: Question) -> Mapping[str, Sequence[str]]:
    """Key of each series -> the areas in it."""
    by, asked = question.selection.by, question.selection.areas
    kinds = {area.code: area.kind for area in registry.areas}
    if by in {By.AREA, By.ENTERPRISE}:
        return {
            code: [code]
            for code, kind in kinds.items()
            if (not asked or code in asked) and (by is By.AREA or kind == AreaKind.ENTERPRISE)
        }
    parks = [code for code, kind in kinds.items() if kind == AreaKind.PARK]
    return {"2" if by is By.SCOPE else ELECTRICITY.item: list(asked) or parks}


def _served(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, place: Place
) -> ServedDays:
    its = replace(question, selection=Selection(By.AREA, (), (place.area,)))
    return served_days.of(supplied(tx, registry, factors, its, place).served)
