"""From an emission back to meters and documents, settled amounts, coverage, factors and the formula."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Factor
from accounting.quantity import CATALOGUE
from accounting.sources import SOURCES, scope_of
from telemetry.model import AreaKind
from telemetry.reports import activities, instruments, market_trace, neighbour_trace
from telemetry.reports.activities import Part, conversion_of, share, shortfall_of, use_of
from telemetry.reports.emission_answer import Basis, Origin
from telemetry.reports.emission_trace_answer import (
    EmissionFigure,
    EmissionPart,
    EmissionTrace,
    formula,
    known,
    traces,
)
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question, chosen
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import Used, shortfalls, uses
from telemetry.reports.market_series import POWER
from telemetry.reports.membership import By, Selection, boundary_meters, crosses
from telemetry.reports.neighbours import Passed, brought
from telemetry.reports.outgoing import outgoing
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.reports.records import Desk
from telemetry.reports.statement import Reasons
from telemetry.reports.steps import Steps, local_time
from telemetry.reports.supply import Place, Supply, supplied
from telemetry.storage import daily, emission, records
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Sort
from telemetry.storage.registry import Registry

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Asked:
    steps: Steps
    area: str | None
    meter: str | None
    revision: Revision
    now: datetime
    basis: Basis = Basis.LOCATION

    @property
    def question(self) -> Question:
        areas = (self.area,) if self.area else ()
        meters = (self.meter,) if self.meter else ()
        return Question(self.steps, Selection(By.AREA, meters, areas), (), self.now)


def report(tx: Transaction, park: Park, desk: Desk, asked: Asked) -> EmissionTrace:
    """Raises QueryError."""
    registry = park.registry
    asked = _placed(registry, asked)
    asked.question.selection.check(registry)
    if len(asked.steps) > MOST_DAYS:
        raise QueryError("to", asked.steps.end.isoformat(), f"a trace covers at most {MOST_DAYS} days")
    documented = list(_documented(tx, registry, asked, desk.rating.kinds.by_id()))
    parts = [*_metered(tx, park, asked), *documented]
    supply = _supplied(tx, park, asked, desk.rating.regions[0])
    if asked.basis is Basis.MARKET:
        parts = _by_market(supply, asked, parts)
    behind = records.of_ids(tx, sorted({part.record for part in documented if part.record}))
    parts += neighbour_trace.parts(_brought(tx, park, asked))
    sold = None if supply is None else list(neighbour_trace.parts(_sold(tx, park, asked, supply)))
    serving = instruments.serving(tx, registry, asked.steps.days, asked.area) if asked.area else []
    return EmissionTrace(
        area=asked.area,
        meter=asked.meter,
        from_=local_time(int(asked.steps.edges[0]), asked.steps.zone),
        to=asked.steps.end,
        basis=asked.basis,
        revision=asked.revision,
        figures=figures(parts),
        parts=parts,
        documents=[desk.entry(each) for each in behind],
        certificates=[desk.entry(each) for each in serving if each.sort == Sort.CERTIFICATE],
        contracts=[desk.entry(each) for each in serving if each.sort != Sort.CERTIFICATE],
        sold=sold,
        sold_figures=None if sold is None else figures(sold),
    )


def _placed(registry: Registry, asked: Asked) -> Asked:
    """The park where neither an area nor a meter is asked for. Raises QueryError for both."""
    if asked.area and asked.meter:
        raise QueryError("meter", asked.meter, "ask for an area or for a meter, not for both")
    if asked.area or asked.meter:
        return asked
    park = next((area.code for area in registry.areas if area.kind == AreaKind.PARK), None)
    return replace(asked, area=park)


def _supplied(tx: Transaction, park: Park, asked: Asked, region: str) -> Supply | None:
    """Of an area as known now."""
    if asked.area is None or asked.revision is not Revision.CURRENT:
        return None
    return supplied(tx, park.registry, park.factors, asked.question, Place(asked.area, region))


def _sold(tx: Transaction, park: Park, asked: Asked, supply: Supply) -> list[Passed]:
    found = outgoing(tx, park, asked.question, asked.area or "", supply).parts
    return [each.by_market() for each in found] if asked.basis is Basis.MARKET else found


def _by_market(supply: Supply | None, asked: Asked, parts: Sequence[EmissionPart]) -> list[EmissionPart]:
    """The same with electricity by what served it. Raises QueryError."""
    if supply is None:
        reason = "is traced for an area as known now; ask without a meter and a revision"
        raise QueryError("basis", asked.basis.value, reason)
    power = [part for part in parts if part.quantity in POWER]
    coverage = {part.meter: part.coverage for part in power if part.meter}
    return [
        *market_trace.parts(supply.served, coverage),
        *(part for part in parts if part.quantity not in POWER),
    ]


def figures(parts: Sequence[EmissionPart]) -> list[EmissionFigure]:
    found: dict[tuple[str, str], list[EmissionPart]] = {}
    for part in parts:
        found.setdefault((part.gas, part.scope), []).append(part)
    return [_figure(gas, scope, those) for (gas, scope), those in sorted(found.items())]


def _figure(gas: str, scope: str, those: Sequence[EmissionPart]) -> EmissionFigure:
    known = [part.kg for part in those if part.kg is not None]
    days = [(part.to - part.from_).days + 1 for part in those]
    covered = math.fsum(part.coverage * n for part, n in zip(those, days, strict=True)) / sum(days)
    complete = len(known) == len(those)
    return EmissionFigure(gas, scope, math.fsum(known) if known else None, round(covered, 4), complete)


@dataclass(slots=True)
class _Sum:
    """What one meter's quantity comes to while one factor holds."""

    used: list[Used] = field(default_factory=list)
    amount: list[float] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)
    kg: list[float] = field(default_factory=list)


_Key = tuple[str, str, str, str]


def _brought(tx: Transaction, park: Park, asked: Asked) -> list[Passed]:
    """What came from pools of others."""
    meter = park.registry.by_code.get(asked.meter or "")
    areas = {term.area for term in meter.terms} if meter else {asked.area or ""}
    found = brought(tx, park, asked.question, areas, asked.revision)
    those = [each for each in found if asked.meter in {None, each.through}]
    return [each.by_market() for each in those] if asked.basis is Basis.MARKET else those


def _metered(tx: Transaction, park: Park, asked: Asked) -> Iterator[EmissionPart]:
    registry, factors = park.registry, park.factors
    fed = trade.fed(park, asked.steps)
    meters = [registry.by_code[asked.meter]] if asked.meter else boundary_meters(registry, asked.area or "")
    ids, names = np.array([meter.id for meter in meters], np.int32), chosen(())
    first, last = asked.steps.days
    masses = emission.select(tx, ids, names, first, last, asked.revision.value)
    settled = _settled(tx, ids, names, first, last)
    why = Reasons(registry, factors, asked.question, asked.revision)
    sums: dict[_Key, _Sum] = {}
    columns = (masses.meter_id.tolist(), masses.quantity, masses.day.tolist(), masses.gas)
    facts = zip(*columns, masses.kg.tolist(), masses.factor, masses.shortfall, strict=True)
    for meter_id, quantity, day, gas, kg, factor, lack in facts:
        meter = registry.by_id[meter_id]
        if asked.area and not crosses(meter, asked.area, day, asked.steps.zone):
            continue
        if meter.code in fed and fed[meter.code][(day - first).days]:
            continue
        one = sums.setdefault((meter.code, quantity, gas, factor or ""), _Sum())
        amount, coverage = settled.get((meter_id, quantity, day), (math.nan, 0.0))
        one.used.append(Used(day, why.of((meter_id, quantity, day), factor, lack)))
        one.amount.append(amount)
        one.coverage.append(coverage)
        one.kg.append(kg)
    for key, one in sorted(sums.items()):
        yield _metered_part(key, one)


def _settled(
    tx: Transaction, ids: NDArray[np.int32], names: list[str], first: date, last: date
) -> Mapping[tuple[int, str, date], tuple[float, float]]:
    """Amount and coverage of each meter, quantity and day."""
    rows = daily.select(tx, ids, names, first, last)
    keys = zip(rows.meter_id.tolist(), rows.quantity, rows.day.tolist(), strict=True)
    return dict(zip(keys, zip(rows.amount.tolist(), rows.coverage.tolist(), strict=True), strict=True))


def _metered_part(key: _Key, one: _Sum) -> EmissionPart:
    meter, quantity, gas, _ = key
    days = [used.day for used in one.used]
    first, last = min(days), max(days)
    factor = one.used[0].choice.factor
    amount, kg = math.fsum(one.amount), math.fsum(one.kg)
    unit = CATALOGUE[quantity].unit
    conversion = dict(SOURCES[quantity].per).get(factor.unit_denominator) if factor else None
    used, lacks = uses(one.used), shortfalls(one.used)
    return EmissionPart(
        origin=Origin.METERS,
        meter=meter,
        quantity=quantity,
        scope=str(scope_of(quantity)),
        gas=gas,
        from_=first,
        to=last,
        amount=known(amount),
        unit=unit,
        coverage=round(math.fsum(one.coverage) / len(one.coverage), 4),
        conversion=conversion,
        formula=formula(amount, unit, conversion, factor),
        kg=known(kg),
        factor=used[0] if used else None,
        shortfall=lacks[0] if lacks else None,
        traces=list(traces(meter, quantity, first, last)),
        record=None,
    )


def _documented(
    tx: Transaction, registry: Registry, asked: Asked, known: Mapping[str, Factor]
) -> Iterator[EmissionPart]:
    for those in activities.parts(tx, registry, asked.question, asked.revision).values():
        for part in those:
            yield _documented_part(part, asked, known.get(part.mass.factor or ""))


def _documented_part(part: Part, asked: Asked, factor: Factor | None) -> EmissionPart:
    """The share of the activity that lies in the days asked for."""
    mass, record = part.mass, part.record
    inside = float(share(mass, asked.steps).sum())
    amount, kg, use = mass.amount * inside, mass.kg * inside, use_of(mass)
    conversion = conversion_of(mass, record.unit, factor) if factor else None
    first, last = asked.steps.days
    return EmissionPart(
        origin=Origin.DOCUMENTS,
        meter=None,
        quantity=record.name,
        scope=str(mass.scope),
        gas=mass.gas,
        from_=max(mass.first_day, first),
        to=min(mass.last_day, last),
        amount=amount,
        unit=record.unit,
        coverage=1.0,
        conversion=conversion,
        formula=formula(amount, record.unit, conversion, use),
        kg=known(kg),
        factor=use,
        shortfall=shortfall_of(mass),
        traces=[],
        record=record.id,
    )
