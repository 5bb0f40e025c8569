"""Everything about one meter: what it was, its template, what it showed last, what was found on the way."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec import Meta, Struct

from accounting.grid import to_us
from accounting.quantity import CATALOGUE
from ingest.template import Template
from telemetry.reports.errors import NoSuchMeter
from telemetry.reports.meters import MeterEntry, entry
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.picture import MeterRow
from telemetry.reports.readings import ever_shown
from telemetry.reports.steps import local_time
from telemetry.storage import findings, readings, registry
from telemetry.storage.findings import Conflict
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

_READINGS = 20
_FINDINGS = 50
_AHEAD_US = 86_400_000_000  # clocks of devices run ahead


class TermEntry(Struct, frozen=True, rename={"since": "from"}):
    """What the meter is from a moment to the next term."""

    since: Moment
    multiplier: float
    area: str
    parent: str | None
    role: str
    region: str
    formula: Annotated[
        dict[str, str] | None, Meta(description="By quantity, what a virtual meter is reckoned from")
    ] = None


class PlaceEntry(Struct, frozen=True):
    """Where a value stands in the device."""

    quantity: str
    unit: Annotated[str, Meta(description="As the device shows it; readings are in the catalogue's unit")]
    place: Annotated[str, Meta(description="Register or path", examples=["holding 52"])]
    form: Annotated[str, Meta(description="Type on the wire, where there are several", examples=["float32"])]


class TemplateEntry(Struct, frozen=True):
    """How the device is read, and who says so."""

    code: str
    name: Name
    source: str
    verified: bool
    values: list[PlaceEntry]


class LatestValue(Struct, frozen=True):
    """A value of the last reading, with the multiplier applied."""

    value: float
    unit: str


class ReadingEntry(Struct, frozen=True):
    """One reading as the meter showed it, before the multiplier."""

    time: Moment
    values: dict[str, float]


class EventEntry(Struct, frozen=True):
    """What settlement found in the readings: a reset, a rollover, a glitch."""

    time: Moment
    quantity: str
    flag: str


class ConflictEntry(Struct, frozen=True):
    """A value that differs from the one that stands, kept aside."""

    id: Annotated[int, Meta(description="By which a correction accepts it")]
    time: Moment
    quantity: str
    kept: Annotated[float | None, Meta(description="null: what stood had been withdrawn")]
    offered: float
    accepted_by: Annotated[int | None, Meta(description="The correction that accepted it")] = None


def conflict(found: Conflict, zone: ZoneInfo) -> ConflictEntry:
    kept = None if math.isnan(found.standing) else found.standing
    at = found.time.astimezone(zone)
    return ConflictEntry(found.id, at, found.quantity, kept, found.offered, found.accepted_by)


class MeterAnswer(MeterEntry, frozen=True, kw_only=True):
    """One meter in full."""

    terms: list[TermEntry]
    template: TemplateEntry | None
    values: dict[str, LatestValue]
    readings: Annotated[list[ReadingEntry], Meta(description="The last 20, the newest first")]
    events: Annotated[list[EventEntry], Meta(description="The last 50, the newest first")]
    conflicts: Annotated[list[ConflictEntry], Meta(description="The last 50, the newest first")]


def terms(meter: RegisteredMeter, zone: ZoneInfo) -> list[TermEntry]:
    return [
        TermEntry(
            t.valid_from.astimezone(zone),
            t.multiplier,
            t.area,
            t.parent,
            t.role,
            t.region,
            dict(t.formula) if t.formula else None,
        )
        for t in meter.terms
    ]


def template(device: Template | None) -> TemplateEntry | None:
    if device is None:
        return None
    name = Name.of(device.name)
    values = [PlaceEntry(each.quantity, each.unit, each.place, each.form) for each in device.measured]
    return TemplateEntry(device.code, name, device.source, device.verified, values)


@dataclass(frozen=True, slots=True)
class Question:
    """Which meter, and when it is asked for."""

    code: str
    now: datetime
    zone: ZoneInfo
    row: MeterRow | None


def report(tx: Transaction, devices: Mapping[str, Template], question: Question) -> MeterAnswer:
    """Raises NoSuchMeter."""
    known = registry.read(tx)
    meter = known.by_code.get(question.code)
    if meter is None:
        raise NoSuchMeter(question.code)
    zone = question.zone
    found = findings.events(tx, meter.id, _FINDINGS)
    aside = findings.conflicts(tx, meter.id, _FINDINGS)
    return MeterAnswer(
        **msgspec.structs.asdict(entry(meter, known, question.now, question.row)),
        terms=terms(meter, zone),
        template=template(devices.get(meter.device or "")),
        values=_latest(question.row),
        readings=last_readings(tx, meter, question),
        events=[EventEntry(e.time.astimezone(zone), e.quantity, e.flag) for e in found],
        conflicts=[conflict(each, zone) for each in aside],
    )


def last_readings(tx: Transaction, meter: RegisteredMeter, question: Question) -> list[ReadingEntry]:
    """The newest first, as the meter showed them."""
    until = to_us(question.now) + _AHEAD_US
    ids = np.array([meter.id], dtype=np.int32)
    rows = readings.select(tx, ids, 0, until, ever_shown(tx, ids), _READINGS)
    pairs = zip(rows.time.tolist(), rows.values.tolist(), strict=True)
    entries = [ReadingEntry(local_time(us, question.zone), _read(rows.quantities, row)) for us, row in pairs]
    return entries[::-1]


def _read(quantities: tuple[str, ...], row: list[float]) -> dict[str, float]:
    return {name: value for name, value in zip(quantities, row, strict=True) if not math.isnan(value)}


def _latest(row: MeterRow | None) -> dict[str, LatestValue]:
    values = row.values if row else {}
    return {name: LatestValue(value, CATALOGUE[name].unit) for name, value in values.items()}
