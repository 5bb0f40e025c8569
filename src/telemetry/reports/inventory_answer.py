"""What an inventory answers with."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from accounting.inventory import Flow, RuleSet
from telemetry.reports.emission_answer import Origin
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.hourly import Hourly
from telemetry.reports.moment import Moment
from telemetry.reports.worth import Worth

Masses = Annotated[
    dict[str, float | None],
    Meta(description="Gas -> kg; null: an amount without a factor", examples=[{"CO2": 1.0}]),
]


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
    market_kg: Annotated[
        Masses | None,
        Meta(description="Market-based, where that is another; bought electricity: see `market`"),
    ] = None


class ServedBy(Struct, frozen=True):
    """A certificate and what it did."""

    document: str
    consumer: str
    vintage: str | None
    kwh: Annotated[float, Meta(description="What it served in this period")]
    refused: Annotated[str, Meta(description="Why it served nothing; empty: it may serve")]


class ServedUnder(Struct, frozen=True):
    """A contract or a supplier's rate and what it did."""

    tier: Annotated[str, Meta(examples=["contract", "supplier"])]
    document: str
    consumer: str
    supplier: str
    kwh: Annotated[float, Meta(description="What it served in this period")]
    factor: float
    unit: Annotated[str, Meta(examples=["kgCO2/kWh"])]
    source: Annotated[str, Meta(description="Where the factor is written")]
    edition: str | None
    published: date | None
    record: Annotated[int, Meta(description="Its number among the contracts or supplier-rates")]


class MarketBased(Struct, frozen=True):
    """Scope 2 of bought electricity by the market-based method."""

    kg: Masses
    served: Annotated[
        dict[str, float],
        Meta(description="What served the kWh, from certificate to average; none: a shortfall"),
    ]
    unbacked_kwh: Annotated[
        float, Meta(description="Own generation used here whose certificates others have: counted as bought")
    ]
    certificates: list[ServedBy]
    contracts: Annotated[list[ServedUnder], Meta(description="Contracts and supplier rates")]
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


class Co2e(Struct, frozen=True):
    """Scope 1 and 2 in CO2e, where every factor covers it."""

    report: Annotated[str, Meta(examples=["ar5"])]
    kg: float | None
    why: Annotated[str, Meta(description="Why there is no sum")]


class Deduction(Struct, frozen=True):
    """What green power takes off a shortfall of allowances in a regional market."""

    tco2: float | None
    why: Annotated[str, Meta(description="The factor, or why there is none")]


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
    hourly: Hourly
    coal: Worth
    tco2_per_tce: Annotated[float | None, Meta(description="CO2 of scopes 1 and 2 over calorific tce")]
    above_t: Annotated[float | None, Meta(description="CO2 above the threshold [t]; null: none was asked")]
    deduction: Deduction | None
