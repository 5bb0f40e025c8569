"""Pools as answers show them."""

from typing import Annotated

from msgspec import Meta, Struct

from telemetry.model import ConverterKind
from telemetry.reports.energy import Values
from telemetry.reports.factors import FactorUse
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.pools.layout import Part
from telemetry.reports.steps import Step

_Carried = Annotated[
    dict[str, list[float | None]],
    Meta(description="Gas -> kg, one for each of times; null: not known", examples=[{"CO2": [44.19]}]),
]
_Known = Annotated[
    list[float], Meta(description="Share of each interval in which it is known, 0 to 1", examples=[[1.0]])
]


class PoolRow(Struct, frozen=True):
    """What one meter brings into a pool or takes out of it."""

    meter: str
    name: Name
    part: Part
    inwards: bool
    other: Annotated[str | None, Meta(description="Area of the pool that it comes from or goes to")]
    converter: str | None
    values: Values
    carried: _Carried


class Pool(Struct, frozen=True, kw_only=True):
    """One carrier in one area: in every interval as much emission leaves it as enters."""

    area: str
    name: Name
    carrier: str
    quantity: str
    unit: str
    entered: Values
    rate: Annotated[_Carried, Meta(description="Gas -> kg per unit of the mix")]
    rest: Annotated[Values, Meta(description="Entered and in no outflow: lost, or measured by nobody")]
    rest_carried: _Carried
    known: _Known
    self_consumption: Annotated[Values, Meta(description="Of own generation, used here")]
    self_sufficiency: Annotated[Values, Meta(description="Of the consumption, from own generation")]
    rows: list[PoolRow]


class ConverterSeries(Struct, frozen=True, kw_only=True):
    """What a converter passed on."""

    code: str
    name: Name
    kind: ConverterKind
    taken_gj: Annotated[Values, Meta(description="Energy that it took; null: it takes no energy unit")]
    given_gj: Values
    carried: Annotated[_Carried, Meta(description="Of its inputs")]
    idle: Annotated[_Carried, Meta(description="Of that: while it gave nothing")]
    recovered_gj: Annotated[Values, Meta(description="Heat recovered from it; it carries nothing")]
    recovery_rate: Annotated[Values, Meta(description="Of what could be recovered; null: share not stated")]
    content: Annotated[dict[str, float], Meta(description="Of a storage: gas -> kg that it holds at the end")]
    unfilled: Annotated[
        float, Meta(description="Of a storage: what it gave beyond what it took within 7 days before [kWh]")
    ]


class PoolsAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Mixes of all pools: emissions in are emissions out."""

    from_: Moment
    to: Moment
    step: Step
    zone: str
    times: list[Moment]
    pools: list[Pool]
    converters: list[ConverterSeries]
    factors: list[FactorUse]
    shortfalls: Annotated[list[str], Meta(description="What could not be rated or told, and why")]
