"""The park: areas, sources, meters and what they are from which day on."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from accounting import formula
from accounting.formula import Formula
from accounting.quantity import CATALOGUE, Carrier, Kind
from accounting.recipes import SETTLED
from ingest.collectors.push import PushSource
from ingest.kinds import AnySource
from ingest.pace import Pace
from ingest.template import CODE, Code, Frozen, Label
from telemetry.instrument import GasState, Replacement
from telemetry.occupancy import Occupancy
from telemetry.panels import PanelField, Position
from telemetry.supply import Billing


class ParkWattError(Exception):
    """Root of the errors that telemetry raises: ConfigError and StorageError stand below it."""


class AreaKind(StrEnum):
    PARK = "park"
    ENTERPRISE = "enterprise"
    WORKSHOP = "workshop"
    LINE = "line"
    EQUIPMENT = "equipment"


class Area(Frozen):
    code: Code
    kind: AreaKind
    name: Label
    parent: Code | None = None


class Role(StrEnum):
    """What a meter's positive flow means for the area it stands in."""

    BOUNDARY = "boundary"
    """Crosses the area's edge, inwards: it counts into the area's total."""
    LOAD = "load"
    """Consumes inside the area."""
    GENERATION = "generation"
    """Generates inside the area; import is what the generator draws, export what it makes."""
    SALE = "sale"
    """Leaves the area across its edge, counted outwards: electricity, heat, steam or cooling that is sold."""
    CHECK = "check"
    """Stands beside another meter and counts into no area."""


_LETTERS = {"A": 2.0, "B": 1.0, "C": 0.5}
"""Classes of EN 50470-3 -> limit of error [%]."""


def _class_index(value: object) -> object:
    return _LETTERS.get(value, value.removesuffix("S")) if isinstance(value, str) else value


AccuracyClass = Annotated[float, BeforeValidator(_class_index), Field(gt=0, le=10)]


def _readable(value: dict[str, str]) -> dict[str, str]:
    for quantity, text in value.items():
        if quantity not in SETTLED:
            raise ValueError(f"{quantity!r} is no settled quantity, such as energy_import is")
        _one_unit(quantity, formula.parse(text))
    return value


def _one_unit(quantity: str, read: Formula) -> None:
    unit = CATALOGUE[quantity].unit
    for term in read.terms:
        other = CATALOGUE[term.quantity].unit
        if other != unit and abs(term.factor) == 1:
            named = f"{term.meter}.{term.quantity} is in {other}, {quantity} in {unit}"
            raise ValueError(f"{named}: it needs the factor between them")


Formulas = Annotated[dict[str, str], Field(min_length=1), AfterValidator(_readable)]
"""Formula by the quantity that it tells."""


class Term(Frozen):
    """What a meter is from a day on; None keeps what stood."""

    since: datetime | None = Field(None, alias="from")
    multiplier: float | None = Field(None, gt=0)
    area: Code | None = None
    parent: Code | None = None
    role: Role | None = None
    region: str | None = None
    formula: Formulas | None = None
    accuracy_class: AccuracyClass | None = None
    loss_share: float | None = Field(None, ge=0, lt=1)

    def in_zone(self, zone: ZoneInfo) -> "Term":
        """A day or time written without a zone is meant in the park's."""
        if self.since is None or self.since.tzinfo is not None:
            return self
        return self.model_copy(update={"since": self.since.replace(tzinfo=zone)})


_LEAST_ROLLOVER = 100.0
"""No counter is as narrow as that: a number below tells digits."""
_OF_DEVICES = frozenset(
    {"device", "address", "pace", "multiplier", "serial", "counter_digits", "interval_s", "stamp"}
) | {"gas", "replacements"}


class Meter(Frozen):
    code: Code
    name: Label
    area: Code
    source: str = Field("", pattern=CODE)
    """Where it is read; '' for a virtual meter, which is not."""
    formula: Formulas | None = None
    """What a virtual meter is reckoned from: other meters' settled quantities."""
    device: Code | None = None
    """Template; None for meters whose readings are pushed under catalogue names."""
    address: str | int | None = None
    """Unit id on a Modbus line, the name in an MQTT topic; default: the code."""
    pace: Pace = Pace()
    """How it is asked, where it needs another rhythm or more patience than its source's."""
    carrier: Carrier = Carrier.ELECTRICITY
    role: Role = Role.LOAD
    parent: Code | None = None
    """The meter upstream of this one."""
    multiplier: float = Field(1.0, gt=0)
    """CT x PT where the device shows secondary values."""
    region: str | None = None
    """Factor region; default: the site's."""
    serial: str | None = None
    rated_kw: float | None = Field(None, gt=0)
    accuracy_class: AccuracyClass | None = None
    """Of the meter with its transformers, as the limit of its error [%]; "0.5S" and "B" are understood."""
    loss_share: float = Field(0.0, ge=0, lt=1)
    """Share of what it lets in that is expected to be lost, or measured by nobody, behind it."""
    counter_digits: dict[str, float] = Field(default_factory=dict)
    """Quantity -> the value at which its counter rolls over."""
    max_gap_s: float = Field(1000.0, gt=0)
    """Readings further apart than this leave an estimated stretch; a quarter-hourly one may come late."""
    interval_s: float = Field(900.0, gt=0)
    """Length of the intervals whose amounts it shows."""
    stamp: Literal["start", "end"] = "end"
    """Which end of its intervals its times mark."""
    gas: GasState | None = None
    """Of a gas meter that shows actual conditions."""
    panels: PanelField | None = None
    """Of a meter of photovoltaic generation, so that a clear sky's can be forecast."""
    replacements: tuple[Replacement, ...] = ()
    """Devices that took the place of another."""
    history: tuple[Term, ...] = ()

    def multiplier_at(self, moment: datetime) -> float:
        """As the site file has it."""
        found = self._dated("multiplier", moment)
        return self.multiplier if found is None else float(found.multiplier or self.multiplier)

    def area_at(self, moment: datetime) -> str:
        """As the site file has it."""
        found = self._dated("area", moment)
        return (found and found.area) or self.area

    def _dated(self, name: str, moment: datetime) -> Term | None:
        """The newest term that says this and has begun."""
        begun = [
            (term.since.timestamp(), place)
            for place, term in enumerate(self.history)
            if term.since and getattr(term, name) is not None and term.since.timestamp() <= moment.timestamp()
        ]
        return self.history[max(begun)[1]] if begun else None

    @property
    def editions(self) -> tuple[Mapping[str, Formula], ...]:
        """Every formula that the file gives it, by quantity."""
        texts = (self.formula, *(term.formula for term in self.history))
        return tuple(formula.parsed(each) for each in texts if each)

    @model_validator(mode="after")
    def _read_or_reckoned(self) -> Self:
        if bool(self.source) == bool(self.formula):
            raise ValueError("a meter has either a source that it is read from or a formula")
        if not self.formula and self.editions:
            raise ValueError("history: a meter that is read takes no formula")
        known = self.model_fields_set | {n for term in self.history for n in term.model_fields_set}
        if self.formula and known & _OF_DEVICES:
            named = ", ".join(sorted(known & _OF_DEVICES))
            raise ValueError(f"a virtual meter has no device behind it: {named}")
        return self

    @field_validator("counter_digits")
    @classmethod
    def _rolling(cls, value: dict[str, float]) -> dict[str, float]:
        for name, limit in value.items():
            if name not in CATALOGUE or CATALOGUE[name].kind is not Kind.COUNTER:
                raise ValueError(f"{name!r} is no counter of the catalogue")
            if limit < _LEAST_ROLLOVER:
                raise ValueError(
                    f"{limit:g} of {name}: say the value at which it rolls over, such as 1000000"
                )
        return value


class ConverterKind(StrEnum):
    COMPRESSOR = "compressor"
    BOILER = "boiler"
    CHILLER = "chiller"
    CHP = "chp"
    TRANSFORMER = "transformer"
    STORAGE = "storage"
    """Takes and gives the same carrier, at other times; one meter shows both."""


class Converter(Frozen):
    """What makes one carrier from others, by the meters that show what it takes and gives."""

    code: Code
    kind: ConverterKind
    name: Label
    inputs: tuple[Code, ...] = Field(min_length=1)
    outputs: tuple[Code, ...] = Field(min_length=1)
    weights: dict[Code, float] = Field(default_factory=dict)
    """Output -> by which it shares what the inputs carry, per unit; default: its energy."""
    recovered: tuple[Code, ...] = ()
    """Meters of heat that is recovered from it; it carries nothing."""
    recoverable_share: float | None = Field(None, gt=0, le=1)
    """Of the energy of its inputs, the heat that could be recovered."""
    efficiency: float | None = Field(None, gt=0, le=1)
    """Of a storage: the share of what it took that it gives again."""
    since: date | None = Field(None, alias="from")
    to: date | None = None
    """Last day."""

    def holds(self, day: date) -> bool:
        return (self.since or date.min) <= day <= (self.to or date.max)

    @model_validator(mode="after")
    def _storage(self) -> Self:
        if (self.kind is ConverterKind.STORAGE) != (self.efficiency is not None):
            raise ValueError("a storage, and nothing else, has an efficiency")
        if self.kind is ConverterKind.STORAGE and (len(self.inputs) != 1 or self.inputs != self.outputs):
            raise ValueError("a storage has one meter, which stands in inputs and in outputs")
        if self.kind is not ConverterKind.STORAGE and set(self.inputs) & set(self.outputs):
            raise ValueError("a meter cannot show what it takes and what it gives, save for a storage")
        if unknown := sorted(set(self.weights) - set(self.outputs)):
            raise ValueError(f"weights: {', '.join(unknown)} is none of the outputs")
        if any(weight <= 0 for weight in self.weights.values()):
            raise ValueError("weights are above 0")
        return self


class Retention(Frozen):
    """For how many days what is kept beside the settled data stays, None: for ever; and how much of it."""

    readings: int | None = Field(default=None, ge=35)
    conflicts: int | None = Field(default=None, ge=1)
    strays: int | None = Field(default=None, ge=1)
    deliveries: int | None = Field(default=400, ge=35)
    """Messages of alerts that were sent, given up or taken back."""
    stray_rows: int = Field(default=1_000_000, ge=1_000)
    """Rows of undeclared meters, and as many under posted names, that are kept at most."""
    unmapped_rows: int = Field(default=100_000, ge=1_000)
    """Rows of numbers that no template mentions that are kept at most."""


class Chunks(Frozen):
    """How readings lie on a TimescaleDB [days]; a plain PostgreSQL has no use for it."""

    days: int = Field(default=7, ge=1, le=60)
    """What one chunk holds. A new length is that of the chunks to come."""
    columnstore: int | None = Field(default=14, ge=1)
    """How old a chunk is when the Community edition turns its rows into columns; None: never."""


ENTERED = "manual"
"""The source of readings that people enter, and of nothing else."""


class Site(Frozen):
    """One park, as `config/sites/*.yaml` describes it."""

    code: Code
    name: Label
    zone: str
    region: str
    """Factor region, ISO 3166-2 such as CN-GD."""
    currency: str = "CNY"
    billing: Billing | None = None
    position: Position | None = None
    retention: Retention = Retention()
    chunks: Chunks = Chunks()
    areas: tuple[Area, ...]
    sources: tuple[AnySource, ...] = ()
    meters: tuple[Meter, ...] = ()
    converters: tuple[Converter, ...] = ()
    occupancies: tuple[Occupancy, ...] = ()

    @property
    def read_meters(self) -> tuple[Meter, ...]:
        """Those with a source, without the virtual ones."""
        return tuple(meter for meter in self.meters if not meter.formula)

    @cached_property
    def meter_codes(self) -> frozenset[str]:
        return frozenset(meter.code for meter in self.meters)

    def within(self, areas: Collection[str]) -> frozenset[str]:
        """Codes of these areas and of all that lies in them."""
        found = frozenset(areas)
        while further := {area.code for area in self.areas if area.parent in found} - found:
            found |= further
        return found

    def push_source(self, code: str) -> PushSource | None:
        """None where no source of this code is posted to."""
        return next((s for s in self.sources if isinstance(s, PushSource) and s.code == code), None)

    @field_validator("sources")
    @classmethod
    def _none_as_entered(cls, sources: tuple[AnySource, ...]) -> tuple[AnySource, ...]:
        if any(source.code == ENTERED for source in sources):
            raise ValueError(f"the code {ENTERED} belongs to readings that people enter; name it otherwise")
        return sources

    @field_validator("meters")
    @classmethod
    def _dated_in_park_time(cls, meters: tuple[Meter, ...], info: ValidationInfo) -> tuple[Meter, ...]:
        if "zone" not in info.data:
            return meters
        zone = ZoneInfo(info.data["zone"])
        return tuple(
            meter.model_copy(
                update={
                    "history": tuple(term.in_zone(zone) for term in meter.history),
                    "replacements": tuple(each.in_zone(zone) for each in meter.replacements),
                }
            )
            for meter in meters
        )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; an example is Asia/Shanghai") from error
        return value
