"""The live view as it is sent: the park, its areas and its meters at one moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from telemetry.reports.moment import Moment

Kilowatt = Annotated[float | None, Meta(description="[kW]; null: not known")]
Rate = Annotated[
    float | None,
    Meta(
        description="[kg CO2/h] of electricity by its power, of gas, steam and heat by the rise of their"
        " counters in the last 5 minutes; null: no factor, or nothing measured"
    ),
]
Share = Annotated[
    float, Meta(description="Share of the power meters it stands on that are live or late, 0 to 1")
]
RateShare = Annotated[
    float,
    Meta(
        description="Share of the boundary meters of all carriers that emit whose CO2 rate is known and"
        " counted in co2_kg_per_h, 0 to 1"
    ),
]


class State(StrEnum):
    """How old a meter's last reading is, counted in poll intervals of its source."""

    LIVE = "live"
    """At most 2."""
    LATE = "late"
    """At most 5, or it did not answer when it was last asked."""
    STALE = "stale"
    """More."""
    NEVER = "never"
    """It has not been read yet."""


class MeterRow(Struct, frozen=True, gc=False, omit_defaults=True):
    """One meter: primary values, that is with its CT x PT applied."""

    meter: str
    time: Moment | None
    age_s: Annotated[float | None, Meta(description="Age of the last reading [s]")]
    state: State
    power_kw: Kilowatt
    co2_kg_per_h: Rate
    values: Annotated[
        dict[str, float],
        Meta(
            description="By quantity, in the unit that GET /site names for it",
            examples=[{"active_power": 412.5}],
        ),
    ]
    by_counter: Annotated[
        bool,
        Meta(
            description="power_kw is told by the rise of its counters in the last 5 minutes,"
            " since it shows no power"
        ),
    ] = False


class AreaRow(Struct, frozen=True):
    """One area by its boundary meters: power = import + generation inside."""

    area: str
    power_kw: Kilowatt
    import_kw: Kilowatt
    generation_kw: Kilowatt
    co2_kg_per_h: Rate
    coverage: Share
    co2_coverage: RateShare


class Demand(Struct, frozen=True):
    """The 15 minutes that run now, at the billing point."""

    block_start: Moment
    block_end: Moment
    so_far_kw: Annotated[
        float | None,
        Meta(
            description="Import since block_start over the whole block [kW];"
            " null: not measured from the block's start"
        ),
    ]
    projected_kw: Annotated[
        float | None,
        Meta(
            description="At block_end when the power stays as it is [kW]; the present import alone where"
            " so_far_kw is null"
        ),
    ]
    month_max_kw: Annotated[float | None, Meta(description="Highest fully measured block of the month [kW]")]
    month_max_at: Annotated[Moment | None, Meta(description="Start of that block")]


class NextBand(Struct, frozen=True):
    code: str
    price: Annotated[float | None, Meta(description="Per kWh; null: unpriced")]


class BandNow(Struct, frozen=True):
    """The tariff band that holds now and the one after it."""

    code: str
    price: Annotated[float | None, Meta(description="Per kWh; null: unpriced")]
    currency: str
    fictitious: bool
    until: Moment | None
    next: NextBand | None


class ParkRow(Struct, frozen=True):
    """The whole park: power = import + generation."""

    power_kw: Kilowatt
    import_kw: Kilowatt
    generation_kw: Kilowatt
    co2_kg_per_h: Rate
    coverage: Share
    co2_coverage: RateShare
    contract_share: Annotated[float | None, Meta(description="demand.projected_kw over the contract demand")]
    demand: Demand | None
    band: BandNow | None


class Counts(Struct, frozen=True):
    """Meters by state."""

    live: int
    late: int
    stale: int
    never: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One look at the park."""

    time: datetime
    park: ParkRow
    areas: list[AreaRow]
    meters: list[MeterRow]
    changed: list[int]
    """Indices into meters: rows that differ from the look before by more than their age."""
    counts: Counts


class Snapshot(Struct, frozen=True):
    """Everything at one moment."""

    time: Moment
    epoch: Annotated[str, Meta(description="Changes when the service starts anew")]
    sequence: int
    park: ParkRow
    areas: list[AreaRow]
    meters: list[MeterRow]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Told:
    """A snapshot as it goes over the line."""

    look: int
    sequence: int
    plain: bytes
    """JSON."""
    packed: bytes


class Update(Struct, frozen=True):
    """What differs from the event before; meters holds changed rows only."""

    time: Moment
    sequence: int
    park: ParkRow
    areas: list[AreaRow]
    meters: list[MeterRow]
    counts: Counts
