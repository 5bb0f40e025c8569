"""What a trace of a settled amount tells."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from telemetry.reports.corrections import CorrectionEntry
from telemetry.reports.energy import Coverage, Values
from telemetry.reports.manual import ManualEntry
from telemetry.reports.meter import ConflictEntry, TemplateEntry, TermEntry
from telemetry.reports.moment import Moment
from telemetry.reports.provenance import TraceBatch, TraceTemplate


class How(StrEnum):
    """How well the course of a stretch is known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    """Its sum is known, its course is not: it is spread evenly."""
    UNKNOWN = "unknown"


class TraceSpan(Struct, frozen=True, rename={"from_": "from"}):
    """What flowed between two readings that count."""

    from_: Moment
    to: Moment
    before: Annotated[float | None, Meta(description="What the meter showed at its start")]
    after: Annotated[float, Meta(description="At its end; of an amount: the amount")]
    multiplier: float
    amount: Annotated[float | None, Meta(description="In the quantity's unit; null: nothing is known")]
    how: How


class TraceReading(Struct, frozen=True):
    """One reading as the meter showed it."""

    time: Moment
    value: float | None
    batch: int


class TraceEvent(Struct, frozen=True):
    """What settlement found at a reading."""

    time: Moment
    flag: Annotated[str, Meta(examples=["reset"])]
    delta: Annotated[
        float, Meta(description="reset, rollover: what was counted; else by how much it differed")
    ]


class TraceReplacement(Struct, frozen=True):
    """Another device behind the meter from a moment on."""

    at: Moment
    ended: Annotated[float | None, Meta(description="What the old one showed last; null: nobody told")]
    began: Annotated[float | None, Meta(description="What the new one showed first")]


class TraceTerm(Struct, frozen=True):
    """What a formula takes of another meter; that meter has a trace of its own."""

    meter: str
    quantity: str
    unit: str
    factor: float
    values: Values
    coverages: Coverage


class TraceEdition(Struct, frozen=True, rename={"from_": "from"}):
    """The formula of a virtual meter, for as long as it holds in the range."""

    from_: Moment
    to: Moment
    formula: Annotated[str | None, Meta(description="null: none tells this quantity then")]
    terms: list[TraceTerm]


class TraceAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """A settled amount, and everything that it was made of."""

    meter: str
    quantity: str
    unit: str
    from_: Moment
    to: Moment
    amount: Annotated[float | None, Meta(description="Sum of the quarter hours; null: nothing is settled")]
    coverage: Annotated[float, Meta(description="Share of the time that was measured, 0 to 1")]
    shown: Annotated[str, Meta(description="Quantity it was settled from", examples=["energy_import"])]
    shown_unit: str
    formula: str
    max_gap_s: Annotated[float, Meta(description="Longer stretches between readings are estimated")]
    rollover: Annotated[float | None, Meta(description="Value at which the counter begins again")]
    times: Annotated[list[Moment], Meta(description="Starts of the quarter hours")]
    values: Values
    coverages: Coverage
    spans: list[TraceSpan]
    readings: Annotated[list[TraceReading], Meta(description="All of them, those that do not count too")]
    batches: list[TraceBatch]
    events: list[TraceEvent]
    conflicts: list[ConflictEntry]
    entered: Annotated[list[ManualEntry], Meta(description="Readings that a person entered by hand")]
    corrections: Annotated[
        list[CorrectionEntry], Meta(description="Of its readings and amounts, newest first")
    ]
    terms: list[TermEntry]
    serial: str | None
    template: TemplateEntry | None
    templates: Annotated[
        list[TraceTemplate], Meta(description="What the batches were decoded by, the oldest first")
    ] = []
    expired_until: Annotated[
        Moment | None,
        Meta(description="Before it amounts stay as they were settled: retention took readings they need"),
    ] = None
    replacements: Annotated[
        list[TraceReplacement], Meta(description="Of devices, between the readings that it stands on")
    ] = []
    editions: Annotated[list[TraceEdition], Meta(description="Of a virtual meter; empty for others")] = []
