"""What a trace of emissions tells, and how its parts are worded."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct

from accounting.factors import Factor
from telemetry.reports.emission_answer import Basis, Origin
from telemetry.reports.emitted import Revision
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.moment import Moment
from telemetry.reports.records import RecordEntry

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
    record: Annotated[int | None, Meta(description="Number of the activity, certificate or contract")]
    tier: Annotated[
        str | None, Meta(description="Market-based electricity: what served it", examples=["residual"])
    ] = None
    through: Annotated[
        str | None,
        Meta(description="Meter of what passed between neighbours and was made with it", examples=["B-AIR"]),
    ] = None


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
    sold: Annotated[
        list[EmissionPart] | None,
        Meta(
            description="What the area fed in and sold: in no figure, a rule set nets it; "
            "null: told of areas as known now alone"
        ),
    ] = None
    sold_figures: Annotated[list[EmissionFigure] | None, Meta(description="What that comes to")] = None


def traces(meter: str, quantity: str, first: date, last: date) -> Iterator[str]:
    """Questions that cover the days, each as long as one answer may be."""
    while first <= last:
        until = min(first + _ONE_TRACE, last + timedelta(days=1))
        query = {"meter": meter, "quantity": quantity, "from": first.isoformat(), "to": until.isoformat()}
        yield f"/api/v1/trace?{urlencode(query)}"
        first = until


def known(value: float) -> float | None:
    return None if math.isnan(value) else value


def formula(amount: float, unit: str, conversion: float | None, factor: Factor | FactorUse | None) -> str:
    if factor is None or conversion is None:
        return "none: there is no factor"
    per = factor.unit.partition("/")[2]
    converted = "" if conversion == 1 else f" x {conversion:.10g} {per}/{unit}"
    return f"{amount:.10g} {unit}{converted} x {factor.value:.10g} {factor.unit}"
