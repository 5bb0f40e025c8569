"""Parts of a market-based figure: what instruments served, and what the grid rated of each source."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from accounting.factors import Choice
from accounting.scope2 import Tier
from accounting.sources import ELECTRICITY
from telemetry.reports.emission_answer import Origin
from telemetry.reports.emission_trace_answer import EmissionPart, formula, known, traces
from telemetry.reports.factors import Used, shortfalls, uses
from telemetry.reports.instruments import Held
from telemetry.reports.market import Bought, Rest

_POWER, _UNIT, _SCOPE = "energy_import", "kWh", "2"


def parts(bought: Bought, coverage: Mapping[str, float]) -> Iterator[EmissionPart]:
    """`coverage`: meter -> share of its days that was measured."""
    for held, kwh in bought.held:
        if kwh > 0:
            yield _of_instrument(held, kwh, bought.day)
    for source, one in _runs(bought.rest, bought.day):
        yield _of_grid(source, one, coverage)


def _of_instrument(held: Held, kwh: float, days: list[date]) -> EmissionPart:
    record, unit = held.record, f"kg{held.gas or 'CO2'}/kWh"
    return EmissionPart(
        origin=Origin.DOCUMENTS,
        meter=None,
        quantity=_POWER,
        scope=_SCOPE,
        gas=held.gas or "CO2",
        from_=max(record.first_day, days[0]),
        to=min(record.last_day, days[-1]),
        amount=kwh,
        unit=_UNIT,
        coverage=1.0,
        conversion=1.0,
        formula=f"{kwh:.10g} kWh x {held.rate:.10g} {unit} ({held.tier.name.lower()} {record.document})",
        kg=kwh * held.rate,
        factor=None,
        shortfall=None,
        traces=[],
        record=record.id,
        tier=held.tier.name.lower(),
    )


@dataclass(slots=True)
class _Run:
    """What one source left to one factor."""

    tier: Tier
    used: list[Used] = field(default_factory=list)
    kwh: list[float] = field(default_factory=list)
    kg: list[float] = field(default_factory=list)


def _runs(rest: Rest, days: list[date]) -> Iterator[tuple[str, _Run]]:
    found: dict[tuple[str, str], _Run] = {}
    for row, at in np.argwhere(rest.open > 0).tolist():
        choice = rest.choice(row, at, days[at])
        if choice is not None:
            one = found.setdefault((rest.source[row], _name(choice)), _Run(Tier(rest.tier[row, at])))
            one.used.append(Used(days[at], choice))
            one.kwh.append(float(rest.open[row, at]))
            one.kg.append(float(rest.kg[row, at]))
    for (source, _), one in sorted(found.items(), key=lambda each: each[0]):
        yield source, one


def _name(choice: Choice) -> str:
    return choice.factor.id if choice.factor else choice.why


def _of_grid(source: str, one: _Run, coverage: Mapping[str, float]) -> EmissionPart:
    what, _, code = source.partition(" ")
    meter = code if what == "meter" else None
    factor, kwh, days = one.used[0].choice.factor, math.fsum(one.kwh), [used.day for used in one.used]
    used, lacks = uses(one.used), shortfalls(one.used)
    conversion = dict(ELECTRICITY.per).get(factor.unit_denominator) if factor else None
    return EmissionPart(
        origin=Origin.METERS if meter else Origin.DOCUMENTS,
        meter=meter,
        quantity=_POWER,
        scope=_SCOPE,
        gas=factor.gas if factor else "CO2",
        from_=min(days),
        to=max(days),
        amount=kwh,
        unit=_UNIT,
        coverage=coverage.get(meter, 1.0) if meter else 1.0,
        conversion=conversion,
        formula=formula(kwh, _UNIT, conversion, factor),
        kg=known(math.fsum(one.kg)),
        factor=used[0] if used else None,
        shortfall=lacks[0] if lacks else None,
        traces=list(traces(meter, _POWER, min(days), max(days))) if meter else [],
        record=int(code) if what == "record" else None,
        tier=one.tier.name.lower(),
    )
