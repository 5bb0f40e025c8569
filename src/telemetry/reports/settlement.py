"""What waits to be settled, and when it is expected to be done."""

from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from msgspec import Meta, Struct

from telemetry.reports.moment import Moment
from telemetry.storage import progress
from telemetry.storage.dirty import Stage
from telemetry.storage.pool import Transaction
from telemetry.storage.progress import Waiting


class StageProgress(Struct, frozen=True):
    """Changes that one stage of settlement still has to take up."""

    stage: Annotated[Stage, Meta(description="energy: quarter hours; daily: the statement")]
    meters: Annotated[int, Meta(description="That wait")]
    days: Annotated[int, Meta(description="That wait, of all meters together")]
    settled_days: Annotated[
        int, Meta(description="Done since the oldest change that waits, in an hour at most")
    ]
    since: Annotated[Moment | None, Meta(description="When the oldest change that waits was made")]
    days_per_s: Annotated[float, Meta(description="Mean since then, of five minutes at most [1/s]")]
    expected_end: Annotated[
        Moment | None, Meta(description="At this rate; null: nothing waits, or no rate is known")
    ]


class SettlementAnswer(Struct, frozen=True):
    """Both stages, the first before the second."""

    time: Moment
    stages: list[StageProgress]


def report(tx: Transaction, now: datetime, zone: tzinfo) -> SettlementAnswer:
    found = progress.waiting(tx)
    at = now.astimezone(zone)
    return SettlementAnswer(at, [_stage(stage, found.get(stage), at) for stage in Stage])


def _stage(stage: Stage, found: Waiting | None, now: datetime) -> StageProgress:
    if found is None:
        return StageProgress(stage, 0, 0, 0, None, 0.0, None)
    seconds = found.days / found.days_per_s if found.days_per_s > 0 else None
    return StageProgress(
        stage,
        found.meters,
        found.days,
        found.settled,
        found.since.astimezone(now.tzinfo),
        found.days_per_s,
        None if seconds is None else now + timedelta(seconds=seconds),
    )
