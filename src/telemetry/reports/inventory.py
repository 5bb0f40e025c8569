"""An inventory of an area under a rule set: lines by scope and gas, both bases, standard coal, intensity."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accounting import inventory
from accounting.activities import GWP_REPORT
from accounting.coal import Coefficient
from accounting.errors import FactorError
from accounting.gwp import Potentials
from accounting.hourly import HourlySeries
from accounting.inventory import Flow, Inventory, Line, RuleSet, above, deduction, in_co2e, intensity
from accounting.scope2 import Tier
from accounting.uncertainty import of_product
from telemetry.model import Converter
from telemetry.reports import activities, emissions, market, neighbour_lines
from telemetry.reports.activities import Part
from telemetry.reports.beside import beside
from telemetry.reports.crossings import IMPORT, Crossings
from telemetry.reports.emission_answer import EmissionSeries, Origin
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors, shortfalls, uses
from telemetry.reports.hourly import Hourly, hourly
from telemetry.reports.instruments import Held
from telemetry.reports.inventory_answer import (
    Co2e,
    Deduction,
    InventoryAnswer,
    InventoryLine,
    MarketBased,
    ServedBy,
    ServedUnder,
)
from telemetry.reports.market import Bought, Grid, Told
from telemetry.reports.neighbours import brought, came_back
from telemetry.reports.outgoing import outgoing
from telemetry.reports.pools.report import Park
from telemetry.reports.posted_series import standing
from telemetry.reports.restated import restated
from telemetry.reports.supply import Place, supplied
from telemetry.reports.worth import Worth, worth
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_BIOGENIC = frozenset({"biodiesels", "other_biogas", "wood_or_wood_waste"})
_BOUGHT = frozenset({IMPORT, "electricity"})
_KG_PER_T = 1e3
_KWH_PER_MWH = 1e3


@dataclass(frozen=True, slots=True)
class Library:
    """What an inventory is reckoned by."""

    factors: Factors
    potentials: Potentials
    coal: Mapping[str, Coefficient]
    coal_rates: Mapping[int, float]
    series: Sequence[HourlySeries]
    converters: Sequence[Converter] = ()


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
    threshold: float | None = None
    """Carbon per energy that may not be passed [tCO2/tce]."""
    losses: float | None = None
    """What transmission and distribution lose of what is sent out [%]."""
    allowances_short: float | None = None
    """Shortfall in a regional market that deducts green power [tCO2]."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the totals are made of."""

    lines: Sequence[InventoryLine]
    served: Bought
    hourly: Hourly
    worth: Worth
    refused: Sequence[str]


def report(
    tx: Transaction, registry: Registry, library: Library, question: Question, asked: Asked
) -> InventoryAnswer:
    """Raises QueryError for codes that are not there."""
    park = Park(registry, library.converters, library.factors)
    series = emissions.report(tx, park, question, Revision.CURRENT).series
    documents = _documents(tx, registry, question)
    supply = supplied(tx, registry, library.factors, question, Place(asked.area, asked.region))
    sold = outgoing(tx, park, question, asked.area, supply)
    crossed, grid, served = supply.crossed, supply.grid, supply.served
    came = brought(tx, park, question, {asked.area})
    lines = [
        *_lines(series, library.potentials, asked.report),
        *neighbour_lines.bought(came),
        *neighbour_lines.sold(sold.parts),
        *_lost(crossed, supply.told, asked.losses, grid),
    ]
    found = Found(
        lines,
        served,
        hourly(tx, registry, question, [*library.series, *standing(tx, question.steps)]),
        worth(
            crossed,
            sold.sales,
            came_back(came, park, crossed.day),
            documents,
            library.coal,
            library.coal_rates,
        ),
        [*crossed.refused, *beside(tx, park, question, asked.area)],
    )
    return _answer(question, asked, found, library)


def _answer(question: Question, asked: Asked, parts: Found, library: Library) -> InventoryAnswer:
    percent = float(of_product(*asked.percent)) if not any(map(math.isnan, asked.percent)) else math.nan
    counted = _counted(parts.lines, parts.served, percent)
    found = inventory.inventory(counted, asked.rules)
    gases = sorted({gas for scope in found.scopes.values() for gas in scope})
    without = {line.name for line in parts.lines if line.shortfalls} | set(found.short)
    return InventoryAnswer(
        area=asked.area,
        from_=question.steps.times()[0],
        to=question.steps.end,
        rules=asked.rules,
        lines=list(parts.lines),
        scopes={str(scope): dict(masses) for scope, masses in found.scopes.items()},
        market=_market(parts.served),
        scope2_market=dict(found.market),
        avoided=dict(found.avoided),
        biogenic=dict(found.biogenic),
        short=[*sorted(without), *parts.refused],
        co2e=_co2e(counted, library.potentials, asked.report),
        uncertainty={gas: inventory.uncertainty_of(_in_totals(counted), gas) for gas in gases},
        hourly=parts.hourly,
        coal=parts.worth,
        tco2_per_tce=_per_tce(found, parts.worth),
        above_t=_above(found, parts.worth, asked.threshold),
        deduction=_deduction(parts.served, asked, question, library.factors),
    )


def _lines(series: Sequence[EmissionSeries], potentials: Potentials, report: str) -> list[InventoryLine]:
    """One line a quantity or kind, its gases together; gases that escape by the potentials of the report."""
    found: dict[tuple[str, Origin], list[EmissionSeries]] = {}
    for each in series:
        found.setdefault((each.quantity, each.origin), []).append(each)
    lines = [line for (name, origin), those in found.items() for line in _of_source(name, origin, those)]
    return [
        restated(line, potentials, report)
        if line.origin is Origin.DOCUMENTS and line.name in potentials[GWP_REPORT]
        else line
        for line in lines
    ]


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


def _counted(lines: Sequence[InventoryLine], served: Bought, percent: float) -> list[Line]:
    """Lines as they are summed: bought electricity is one thing to the market, told by its first line."""
    market, found = dict(served.kg), []
    for line in lines:
        gases = _unknown(line.kg) or {}
        power = line.name in _BOUGHT
        own = market if power else _unknown(line.market_kg)
        found.append(Line(line.name, int(line.scope), line.flow, gases, own, percent))
        market = {} if power else market
    return found


def _unknown(masses: Mapping[str, float | None] | None) -> Mapping[str, float] | None:
    """The same with NaN where nothing is known."""
    if masses is None:
        return None
    return {gas: math.nan if kg is None else kg for gas, kg in masses.items()}


def _market(served: Bought) -> MarketBased:
    return MarketBased(
        dict(served.kg),
        served.served,
        served.unbacked,
        [
            ServedBy(each.record.document, each.record.area, each.record.vintage, kwh, each.refused)
            for each, kwh in served.held
            if each.tier is Tier.CERTIFICATE
        ],
        [_under(each, kwh) for each, kwh in served.held if each.tier is not Tier.CERTIFICATE],
        uses(served.used),
        shortfalls(served.used),
    )


def _under(each: Held, kwh: float) -> ServedUnder:
    record = each.record
    return ServedUnder(
        tier=each.tier.name.lower(),
        document=record.document,
        consumer=record.area,
        supplier=record.name,
        kwh=kwh,
        factor=record.factor or 0.0,
        unit=record.factor_unit or "",
        source=record.source or "",
        edition=record.edition,
        published=record.published,
        record=record.id,
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


def _above(found: Inventory, worth: Worth, threshold: float | None) -> float | None:
    if threshold is None or worth.calorific is None:
        return None
    return above(found.gross("CO2", (1, 2)) / _KG_PER_T, worth.calorific, threshold)


def _deduction(served: Bought, asked: Asked, question: Question, factors: Factors) -> Deduction | None:
    """By the region's own factor of the day on which the period ends."""
    if asked.allowances_short is None:
        return None
    last = question.steps.days[1]
    choice = factors.green(asked.region, last, max(last, question.now.astimezone(question.steps.zone).date()))
    if choice.factor is None:
        return Deduction(None, choice.why)
    green = served.served[Tier.CERTIFICATE.name.lower()] / _KWH_PER_MWH
    tco2 = deduction(green, asked.allowances_short, choice.factor.kg / _KG_PER_T)
    return Deduction(tco2, f"{choice.factor.id}: {choice.why}")


def _documents(tx: Transaction, registry: Registry, question: Question) -> list[tuple[str, Part]]:
    """Activities of the area, each run of days with its kind."""
    found = activities.parts(tx, registry, question, Revision.CURRENT)
    return [(kind, part) for (_, kind, _, _), those in found.items() for part in those]


def _lost(crossed: Crossings, power: Told, percent: float | None, grid: Grid) -> list[InventoryLine]:
    """Scope 3 of bought electricity: what was lost on its way here."""
    if not percent:
        return []
    masses, used = market.lost_on_the_way(crossed, power, percent / 100, grid)
    kg: dict[str, float | None] = dict(masses)
    return [InventoryLine("losses", "3", Flow.EMITTED, Origin.METERS, kg, 1.0, uses(used), shortfalls(used))]
