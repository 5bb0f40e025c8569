"""The meters as they are now, and everything about one of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from telemetry.reports.membership import enterprise_of
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.picture import MeterRow, State
from telemetry.storage.registry import RegisteredMeter, Registry


class MeterEntry(Struct, frozen=True, kw_only=True):
    """A meter as it stands now."""

    code: Annotated[str, Meta(examples=["M-101"])]
    name: Name
    area: str
    enterprise: Annotated[str | None, Meta(description="The nearest enterprise at or above its area")]
    parent: Annotated[str | None, Meta(description="The meter upstream")]
    role: Annotated[str, Meta(examples=["boundary"])]
    carrier: Annotated[str, Meta(examples=["electricity"])]
    source: Annotated[str | None, Meta(description="Where it is read; null: a virtual meter")]
    device: Annotated[
        str | None, Meta(description="Template; null: readings are pushed under catalogue names")
    ]
    multiplier: Annotated[float, Meta(description="CT x PT, or the value of a pulse")]
    rated_kw: float | None
    state: State
    last_reading: Moment | None
    formula: Annotated[
        dict[str, str] | None,
        Meta(description="By quantity, what a virtual meter is reckoned from; null: a meter that is read"),
    ] = None


def entries(
    registry: Registry, now: datetime, rows: Mapping[str, MeterRow], areas: Sequence[str] = ()
) -> list[MeterEntry]:
    """Meters in service, with the live row of each; in `areas` alone when there are any."""
    return [
        entry(meter, registry, now, rows.get(meter.code))
        for meter in registry.meters
        if meter.removed_at is None and (not areas or meter.at(now).area in areas)
    ]


def entry(meter: RegisteredMeter, registry: Registry, now: datetime, row: MeterRow | None) -> MeterEntry:
    term = meter.at(now)
    return MeterEntry(
        code=meter.code,
        name=Name(meter.name_en, meter.name_zh),
        area=term.area,
        enterprise=enterprise_of(term.area, registry),
        parent=term.parent,
        role=term.role,
        carrier=meter.carrier,
        source=meter.source,
        device=meter.device,
        multiplier=term.multiplier,
        rated_kw=meter.rated_kw,
        state=State.NEVER if row is None else row.state,
        last_reading=None if row is None else row.time,
        formula=dict(term.formula) if term.formula else None,
    )
