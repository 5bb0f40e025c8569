"""An inventory of an area under a rule set: lines by scope and gas, both bases, standard coal, intensity."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from accounting import inventory
from accounting.coal import Coefficient
from accounting.errors import FactorError
from accounting.gwp import Potentials
from accounting.inventory import Flow, Inventory, Line, RuleSet, in_co2e, intensity
from accounting.uncertainty import of_product
from telemetry.reports import activities, emissions, market
from telemetry.reports.activities import Part
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings, crossings
from telemetry.reports.emissions import EmissionSeries, Origin
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors, FactorUse, Shortfall, shortfalls, uses
from telemetry.reports.market import Bought, Grid
from telemetry.reports.membership import lineage
from telemetry.reports.moment import Moment
from telemetry.reports.worth import Worth, worth
from telemetry.storage import records
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Listing, Record, Sort
from telemetry.storage.registry import Registry

Masses = Annotated[
    dict[str, float | None],
    Meta(description="Gas -> kg; null: an amount without a factor", examples=[{"CO2": 1.0}]),
]
_BIOGENIC = frozenset({"biodiesels", "other_biogas", "wood_or_wood_waste"})
_BOUGHT = frozenset({IMPORT, "electricity"})
_KG_PER_T = 1e3


class InventoryLine(Struct, frozen=True):
    """Emissions of one source over the whole period."""

    name: Annotated[str, Meta(description="Quantity of meters, or kind of the activities of documents")]
    scope: Annotated[str, Meta(examples=["2"])]
    flow: Flow
    origin: Origin
    kg: Masses
    coverage: Annotated[float, Meta(description="Share of the time that was measured or documented")]
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


class ServedBy(Struct, frozen=True):
    """A certificate and what it did."""

    document: str
    consumer: str
    vintage: str | None
    kwh: Annotated[float, Meta(description="What it served in this period")]
    refused: Annotated[str, Meta(description="Why it served nothing; empty: it may serve")]


class MarketBased(Struct, frozen=True):
    """Scope 2 of bought electricity by the market-based method."""

    kg: Masses
    served: Annotated[
        dict[str, float],
        Meta(description="What served the kWh, from certificate to average; none: a shortfall"),
    ]
    certificates: list[ServedBy]
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


class Co2e(Struct, frozen=True):
    """Scope 1 and 2 in CO2e, where every factor covers it."""

    report: Annotated[str, Meta(examples=["ar5"])]
    kg: float | None
    why: Annotated[str, Meta(description="Why there is no sum")]


class InventoryAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """What an area emitted, gases apart: CO2 and CO2e are never added up."""

    area: str
    from_: Moment
    to: Moment
    rules: RuleSet
    lines: list[InventoryLine]
    scopes: Annotated[dict[str, Masses], Meta(description="Scope -> gas -> kg, scope 2 location-based")]
    market: MarketBased
    scope2_market: Annotated[Masses, Meta(description="Scope 2 as a whole, market-based")]
    avoided: Annotated[Masses, Meta(description="What was sold, beside the totals")]
    biogenic: Annotated[Masses, Meta(description="CO2 of biomass, in no total")]
    short: Annotated[list[str], Meta(description="Lines with days that have no factor")]
    co2e: Co2e
    uncertainty: Annotated[
        dict[str, float | None],
        Meta(description="Gas -> percent of the sum by IPCC approach 1; null: not stated"),
    ]
    coal: Worth
    tco2_per_tce: Annotated[float | None, Meta(description="CO2 of scopes 1 and 2 over calorific tce")]


@dataclass(frozen=True, slots=True)
class Library:
    """What an inventory is reckoned by."""

    factors: Factors
    potentials: Potentials
    coal: Mapping[str, Coefficient]
    coal_rates: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which area, by which rules."""

    area: str
    region: str
    """The park's, of factors."""
    rules: RuleSet
    report: str = "ar5"
    percent: tuple[float, float] = (math.nan, math.nan)
    """Uncertainty of amounts and of factors [%]."""


def report(
    tx: Transaction, registry: Registry, library: Library, question: Question, asked: Asked
) -> InventoryAnswer:
    """Raises QueryError for codes that are not there."""
    series = emissions.report(tx, registry, library.factors, question, Revision.CURRENT).series
    crossed = crossings(tx, registry, question)
    today = question.now.astimezone(question.steps.zone).date()
    grid = Grid(registry, library.factors, question.steps.zone, today, asked.region)
    documents = _documents(tx, registry, question)
    power = [part for name, part in documents if name == "electricity"]
    served = market.bought(crossed, power, _certificates(tx, registry, question, asked.area), grid)
    lines = [*_lines(series), *_sold(crossed, grid)]
    return _answer(
        question, asked, lines, served, worth(crossed, documents, library.coal, library.coal_rates), library
    )


def _answer(  # noqa: PLR0917  # what the answer is put together from
    question: Question,
    asked: Asked,
    lines: Sequence[InventoryLine],
    served: Bought,
    worth: Worth,
    library: Library,
) -> InventoryAnswer:
    percent = float(of_product(*asked.percent)) if not any(map(math.isnan, asked.percent)) else math.nan
    counted = _counted(lines, served, percent)
    found = inventory.inventory(counted, asked.rules)
    gases = sorted({gas for scope in found.scopes.values() for gas in scope})
    return InventoryAnswer(
        area=asked.area,
        from_=question.steps.times()[0],
        to=question.steps.end,
        rules=asked.rules,
        lines=list(lines),
        scopes={str(scope): dict(masses) for scope, masses in found.scopes.items()},
        market=_market(served),
        scope2_market=dict(found.market),
        avoided=dict(found.avoided),
        biogenic=dict(found.biogenic),
        short=sorted({line.name for line in lines if line.shortfalls} | set(found.short)),
        co2e=_co2e(counted, library.potentials, asked.report),
        uncertainty={gas: inventory.uncertainty_of(_in_totals(counted), gas) for gas in gases},
        coal=worth,
        tco2_per_tce=_per_tce(found, worth),
    )


def _lines(series: Sequence[EmissionSeries]) -> list[InventoryLine]:
    """One line a quantity or kind, its gases together."""
    found: dict[tuple[str, Origin], list[EmissionSeries]] = {}
    for each in series:
        found.setdefault((each.quantity, each.origin), []).append(each)
    return [line for (name, origin), those in found.items() for line in _of_source(name, origin, those)]


def _of_source(name: str, origin: Origin, those: Sequence[EmissionSeries]) -> list[InventoryLine]:
    """A source's line; CO2 of biomass is one of its own."""
    apart = [each for each in those if name in _BIOGENIC and each.gas == "CO2"]
    rest = [each for each in those if each not in apart]
    flow = Flow.EMITTED if those[0].scope == "1" else Flow.BOUGHT
    parts = ((Flow.BIOGENIC, apart), (flow, rest))
    return [_joined(name, origin, of, some) for of, some in parts if some]


def _joined(name: str, origin: Origin, flow: Flow, those: Sequence[EmissionSeries]) -> InventoryLine:
    return InventoryLine(
        name,
        those[0].scope,
        flow,
        origin,
        {each.gas: _sum(each.values) for each in those},
        round(float(np.mean([np.mean(each.coverage) for each in those])), 4),
        [factor for each in those for factor in each.factors],
        [short for each in those for short in each.shortfalls],
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def _sold(crossed: Crossings, grid: Grid) -> list[InventoryLine]:
    """Electricity that was fed in, rated by the grid that it went to."""
    masses, used = market.sold(crossed, grid)
    if not used:
        return []
    kg: dict[str, float | None] = dict(masses)
    return [InventoryLine(EXPORT, "2", Flow.SOLD, Origin.METERS, kg, 1.0, uses(used), shortfalls(used))]


def _counted(lines: Sequence[InventoryLine], served: Bought, percent: float) -> list[Line]:
    """Lines as they are summed: bought electricity is one thing to the market, told by its first line."""
    market, found = dict(served.kg), []
    for line in lines:
        gases = {gas: math.nan if kg is None else kg for gas, kg in line.kg.items()}
        own = market if line.name in _BOUGHT else None
        found.append(Line(line.name, int(line.scope), line.flow, gases, own, percent))
        market = {} if own is not None else market
    return found


def _market(served: Bought) -> MarketBased:
    return MarketBased(
        dict(served.kg),
        served.served,
        [
            ServedBy(each.document, each.area, each.vintage, kwh, refused)
            for each, kwh, refused in served.certificates
        ],
        uses(served.used),
        shortfalls(served.used),
    )


def _co2e(lines: Sequence[Line], potentials: Potentials, report: str) -> Co2e:
    try:
        return Co2e(report, in_co2e(_in_totals(lines), potentials, report), "")
    except FactorError as error:
        return Co2e(report, None, str(error))


def _in_totals(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.flow in (Flow.EMITTED, Flow.BOUGHT)]


def _per_tce(found: Inventory, worth: Worth) -> float | None:
    return intensity(found.gross("CO2", (1, 2)) / _KG_PER_T, worth.calorific) if worth.calorific else None


def _documents(tx: Transaction, registry: Registry, question: Question) -> list[tuple[str, Part]]:
    """Activities of the area, each run of days with its kind."""
    found = activities.parts(tx, registry, question, Revision.CURRENT)
    return [(kind, part) for (_, kind, _, _), those in found.items() for part in those]


def _certificates(tx: Transaction, registry: Registry, question: Question, area: str) -> list[Record]:
    """Certificates of consumers in the area."""
    parents = {each.code: each.parent for each in registry.areas}
    inside = [code for code in parents if area in lineage(code, parents)]
    return records.listed(tx, Listing(Sort.CERTIFICATE, *question.steps.days, inside))
