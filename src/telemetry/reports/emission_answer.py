"""What emissions over intervals are answered with."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Coverage, Estimated, Values
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.membership import By
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.periods import PeriodFigure
from telemetry.reports.steps import Step


class Basis(StrEnum):
    LOCATION = "location"
    MARKET = "market"


class State(StrEnum):
    CURRENT = "current"
    """As known now."""
    CLOSED = "closed"
    """As closed periods froze it."""


class Origin(StrEnum):
    METERS = "meters"
    DOCUMENTS = "documents"


class ServedSeries(Struct, frozen=True):
    """Electricity that one instrument, or the grid, served."""

    tier: Annotated[
        str, Meta(examples=["certificate", "contract", "supplier", "residual", "average", "none"])
    ]
    document: Annotated[str | None, Meta(description="Certificate, contract or disclosure; null: the grid")]
    record: Annotated[int | None, Meta(description="Its number among the records")]
    kwh: Values


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
    origin: Annotated[Origin, Meta(description="documents: posted activities, `quantity` is their kind")] = (
        Origin.METERS
    )
    served: Annotated[
        list[ServedSeries], Meta(description="Market-based electricity: what served it [kWh]")
    ] = []


class ClosedNote(Struct, frozen=True):
    """A closed period that the answer touches: what left the house, beside what is known now."""

    id: int
    area: str
    period: Annotated[str, Meta(examples=["2026-05"])]
    hash: str
    closed_by: str
    closed_at: Moment
    figures: Annotated[list[PeriodFigure], Meta(description="Emissions as closed, as current, and the drift")]


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
    state: State = State.CURRENT
    closed: Annotated[
        list[ClosedNote], Meta(description="Periods in this range that were closed, and their drift since")
    ] = []
