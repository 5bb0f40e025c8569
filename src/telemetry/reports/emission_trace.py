"""From an emission back to meters and documents, settled amounts, coverage, factors and the formula."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.factors import Factor
from accounting.quantity import CATALOGUE
from accounting.sources import SOURCES, scope_of
from telemetry.model import AreaKind
from telemetry.reports import activities, instruments
from telemetry.reports.activities import Part, conversion_of, share, shortfall_of, use_of
from telemetry.reports.emissions import Basis, Origin
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question, chosen
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import Factors, FactorUse, Shortfall, Used, shortfalls, uses
from telemetry.reports.membership import By, Selection, boundary_meters, crosses
from telemetry.reports.moment import Moment
from telemetry.reports.records import Desk, RecordEntry
from telemetry.reports.statement import Reasons
from telemetry.reports.steps import Steps, local_time
from telemetry.storage import daily, emission, records
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Sort
from telemetry.storage.registry import Registry

MOST_DAYS = 366
_ONE_TRACE = timedelta(days=30)
"""A trace covers at most 31 days, and a day may have 25 hours."""


class EmissionFigure(Struct, frozen=True):
    """The mass of one gas in one scope: what its parts come to."""

    gas: Annotated[str, Meta(examples=["CO2"])]
    scope: Annotated[str, Meta(examples=["2"])]
    kg: Annotated[float | None, Meta(description="null: nothing is known")]
    coverage: Annotated[float, Meta(description="Share that was measured or documented, by time")]
    complete: Annotated[bool, Meta(description="false: something has no factor; see the shortfalls")]


class EmissionPart(Struct, frozen=True, rename={"from_": "from"}):
    """What one meter's quantity, or one document, added while one factor held."""

    origin: Origin
    meter: Annotated[str | None, Meta(description="Code", examples=["M-101"])]
    quantity: Annotated[str, Meta(description="Of the catalogue, or the kind of the activity")]
    scope: str
    gas: str
    from_: date
    to: Annotated[date, Meta(description="Last day")]
    amount: Annotated[float | None, Meta(description="Settled, in `unit`")]
    unit: str
    coverage: Annotated[float, Meta(description="Share of the days that was measured; 1 for a document")]
    conversion: Annotated[
        float | None, Meta(description="How many of what the factor is per one `unit` is", examples=[1.0])
    ]
    formula: Annotated[str, Meta(examples=["100 kWh x 0.4419 kgCO2/kWh"])]
    kg: Annotated[float | None, Meta(description="null: no factor")]
    factor: FactorUse | None
    shortfall: Shortfall | None
    traces: Annotated[list[str], Meta(description="Where the readings behind the amount are told")]
    record: Annotated[int | None, Meta(description="Number of the activity among `documents`")]


class EmissionTrace(Struct, frozen=True, rename={"from_": "from"}):
    """A figure of emissions and everything that it was made of."""

    area: Annotated[str | None, Meta(description="null: one meter was asked for")]
    meter: str | None
    from_: Moment
    to: Moment
    basis: Basis
    revision: Revision
    figures: list[EmissionFigure]
    parts: list[EmissionPart]
    documents: Annotated[list[RecordEntry], Meta(description="Activities behind the parts")]
    certificates: Annotated[list[RecordEntry], Meta(description="Of the area, that touch these days")]
    contracts: Annotated[
        list[RecordEntry], Meta(description="Contracts and supplier rates that may serve its electricity")
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    steps: Steps
    area: str | None
    meter: str | None
    revision: Revision
    now: datetime

    @property
    def question(self) -> Question:
        areas = (self.area,) if self.area else ()
        meters = (self.meter,) if self.meter else ()
        return Question(self.steps, Selection(By.AREA, meters, areas), (), self.now)


def report(tx: Transaction, registry: Registry, factors: Factors, desk: Desk, asked: Asked) -> EmissionTrace:
    """Raises QueryError."""
    asked = _placed(registry, asked)
    asked.question.selection.check(registry)
    if len(asked.steps) > MOST_DAYS:
        raise QueryError("to", asked.steps.end.isoformat(), f"a trace covers at most {MOST_DAYS} days")
    documented = list(_documented(tx, registry, asked, desk.rating.kinds.by_id()))
    parts = [*_metered(tx, registry, factors, asked), *documented]
    behind = records.of_ids(tx, sorted({part.record for part in documented if part.record}))
    serving = instruments.serving(tx, registry, asked.steps.days, asked.area) if asked.area else []
    return EmissionTrace(
        area=asked.area,
        meter=asked.meter,
        from_=local_time(int(asked.steps.edges[0]), asked.steps.zone),
        to=asked.steps.end,
        basis=Basis.LOCATION,
        revision=asked.revision,
        figures=figures(parts),
        parts=parts,
        documents=[desk.entry(each) for each in behind],
        certificates=[desk.entry(each) for each in serving if each.sort == Sort.CERTIFICATE],
        contracts=[desk.entry(each) for each in serving if each.sort != Sort.CERTIFICATE],
    )


def _placed(registry: Registry, asked: Asked) -> Asked:
    """The park where neither an area nor a meter is asked for. Raises QueryError for both."""
    if asked.area and asked.meter:
        raise QueryError("meter", asked.meter, "ask for an area or for a meter, not for both")
    if asked.area or asked.meter:
        return asked
    park = next((area.code for area in registry.areas if area.kind == AreaKind.PARK), None)
    return Asked(asked.steps, park, None, asked.revision, asked.now)


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


def _metered(tx: Transaction, registry: Registry, factors: Factors, asked: Asked) -> Iterator[EmissionPart]:
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
        amount=_known(amount),
        unit=unit,
        coverage=round(math.fsum(one.coverage) / len(one.coverage), 4),
        conversion=conversion,
        formula=_formula(amount, unit, conversion, factor),
        kg=_known(kg),
        factor=used[0] if used else None,
        shortfall=lacks[0] if lacks else None,
        traces=list(_traces(meter, quantity, first, last)),
        record=None,
    )


def _traces(meter: str, quantity: str, first: date, last: date) -> Iterator[str]:
    """Questions that cover the days, each as long as one answer may be."""
    while first <= last:
        until = min(first + _ONE_TRACE, last + timedelta(days=1))
        query = {"meter": meter, "quantity": quantity, "from": first.isoformat(), "to": until.isoformat()}
        yield f"/api/v1/trace?{urlencode(query)}"
        first = until


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _formula(amount: float, unit: str, conversion: float | None, factor: Factor | FactorUse | None) -> str:
    if factor is None or conversion is None:
        return "none: there is no factor"
    per = factor.unit.partition("/")[2]
    converted = "" if conversion == 1 else f" x {conversion:.10g} {per}/{unit}"
    return f"{amount:.10g} {unit}{converted} x {factor.value:.10g} {factor.unit}"


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
        formula=_formula(amount, record.unit, conversion, use),
        kg=_known(kg),
        factor=use,
        shortfall=shortfall_of(mass),
        traces=[],
        record=record.id,
    )
