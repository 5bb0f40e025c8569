"""Corrections as they are listed: what stood, what stands, who said so, when and why."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from telemetry.reports.moment import Moment
from telemetry.storage import corrections
from telemetry.storage.corrections import Change, Correction
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_MOST = 1000


class CorrectedReading(Struct, frozen=True):
    """One reading before and after."""

    time: Moment
    original: Annotated[float | None, Meta(description="null: it had been withdrawn")]
    corrected: Annotated[float | None, Meta(description="null: withdrawn")]


class CorrectionEntry(Struct, frozen=True, rename={"from_": "from"}):
    """One correction, with what it changed."""

    id: int
    kind: Annotated[str, Meta(description="replace, withdraw, amount or undo", examples=["replace"])]
    meter: str
    quantity: str
    from_: Moment
    to: Annotated[Moment, Meta(description="The last reading, or the end of the interval")]
    amount: Annotated[float | None, Meta(description="What the interval was set to")]
    readings: Annotated[list[CorrectedReading], Meta(description="The first 1000")]
    who: Annotated[str, Meta(examples=["li.na"])]
    reason: str
    made_at: Moment
    accepts: Annotated[int | None, Meta(description="The conflict whose value it took")]
    undoes: Annotated[int | None, Meta(description="The correction that no longer holds")]
    undone_by: Annotated[int | None, Meta(description="null: it holds")]


def entries(
    tx: Transaction, known: Registry, found: Sequence[Correction], zone: ZoneInfo
) -> list[CorrectionEntry]:
    changes: dict[int, list[Change]] = {}
    for change in corrections.changes(tx, [one.id for one in found], _MOST):
        changes.setdefault(change.correction_id, []).append(change)
    return [_entry(one, known.by_id[one.meter_id].code, changes.get(one.id, []), zone) for one in found]


def _entry(found: Correction, code: str, changes: Sequence[Change], zone: ZoneInfo) -> CorrectionEntry:
    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone)

    return CorrectionEntry(
        id=found.id,
        kind=found.kind,
        meter=code,
        quantity=found.quantity,
        from_=local(found.lo),
        to=local(found.hi),
        amount=found.amount,
        readings=[CorrectedReading(local(c.time), _known(c.original), _known(c.corrected)) for c in changes],
        who=found.who,
        reason=found.reason,
        made_at=local(found.made_at),
        accepts=found.conflict_id,
        undoes=found.undoes,
        undone_by=found.undone_by,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
