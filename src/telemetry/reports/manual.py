"""Readings that people enter by hand: checked field by field, and listed with who read them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from accounting.grid import to_us
from accounting.quantity import CATALOGUE, LARGEST
from ingest.batch import Batch
from telemetry.model import ENTERED
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.moment import Moment
from telemetry.reports.steps import moment
from telemetry.storage import manual
from telemetry.storage.findings import Stretch
from telemetry.storage.manual import Draft
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter, Registry

_AHEAD = timedelta(minutes=5)  # by which clocks differ


class PostedReading(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person read from a meter's display, as it shows it: multipliers are ParkWatt's business."""

    meter: Annotated[str, Meta(min_length=1, max_length=64, examples=["M-101"])]
    time: Annotated[
        str,
        Meta(
            max_length=40,
            description="RFC 3339; without a zone in the park's",
            examples=["2026-11-22T08:00:00+08:00"],
        ),
    ]
    quantity: Annotated[str, Meta(min_length=1, max_length=64, examples=["energy_import"])]
    value: Annotated[
        float,
        Meta(ge=-LARGEST, le=LARGEST, description="In the catalogue's unit", examples=[14250.0]),
    ]
    who: Annotated[
        str, Meta(min_length=1, max_length=200, description="Who read the meter", examples=["li.na"])
    ]
    note: Annotated[str, Meta(max_length=1000)] = ""


class ManualEntry(Struct, frozen=True):
    """One value as it was entered; it counts unless it contradicts what stood already."""

    meter: str
    time: Moment
    quantity: str
    value: float
    who: str
    note: str
    entered_at: Moment


def draft(known: Registry, row: Any, zone: ZoneInfo, now: datetime) -> Draft:  # noqa: ANN401  # JSON
    """Raises QueryError."""
    posted = converted(row, PostedReading)
    meter = known.by_code.get(posted.meter)
    if meter is None or meter.removed_at is not None:
        raise QueryError("meter", posted.meter, "no meter in service has this code")
    if meter.virtual:
        raise QueryError("meter", posted.meter, "is reckoned by a formula and takes no readings")
    if posted.quantity not in CATALOGUE:
        raise QueryError("quantity", posted.quantity, "is not in the catalogue")
    at = moment(posted.time, "time", zone)
    if at > now + _AHEAD:
        raise QueryError("time", posted.time, "lies in the future")
    return Draft(
        meter_id=meter.id,
        time=at,
        quantity=posted.quantity,
        value=posted.value,
        who=posted.who,
        note=posted.note,
    )


def batch(known: Registry, drafts: Sequence[Draft]) -> Batch:
    """One row for each of `drafts`."""
    codes = [known.by_id[each.meter_id].code for each in drafts]
    meters = tuple(dict.fromkeys(codes))
    quantities = tuple(dict.fromkeys(each.quantity for each in drafts))
    values = np.full((len(drafts), len(quantities)), np.nan)
    for row, each in enumerate(drafts):
        values[row, quantities.index(each.quantity)] = each.value
    return Batch(
        ENTERED,
        meters,
        np.array([meters.index(code) for code in codes], np.int32),
        np.array([to_us(each.time) for each in drafts], np.int64),
        quantities,
        values,
    )


def entries(tx: Transaction, meter: RegisteredMeter, within: Stretch, zone: ZoneInfo) -> list[ManualEntry]:
    """What was entered of a meter."""
    return [
        ManualEntry(
            meter.code,
            each.time.astimezone(zone),
            each.quantity,
            each.value,
            each.who,
            each.note,
            each.entered_at.astimezone(zone),
        )
        for each in manual.select(tx, meter.id, within)
    ]
