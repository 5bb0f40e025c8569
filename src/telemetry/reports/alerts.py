"""Alerts, their changes and silences as answers tell them."""

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from accounting.grid import moment_of
from alerts.journal import Transition
from telemetry.reports.moment import Moment
from telemetry.storage.alert_lists import KeptAlert, KeptChange


class Person(Struct, frozen=True):
    who: str
    at: Moment


class AlertEntry(Struct, frozen=True):
    """One alert as its last change left it."""

    id: str
    rule: str
    subject_kind: Annotated[str, Meta(description="meter, source, area or park")]
    subject: str
    state: Annotated[str, Meta(description="firing, acknowledged or resolved")]
    severity: Annotated[str, Meta(description="info, warning or critical")]
    stage: Annotated[int, Meta(description="Which of the rule's limits is broken, from 1")]
    since: Annotated[Moment, Meta(description="When its condition began")]
    fired: Moment
    resolved: Moment | None
    value: float | None
    limit: float | None
    unit: str
    flapping: bool
    corrected: Annotated[bool, Meta(description="Late readings brought or ended it")]
    quiet: Annotated[str, Meta(description="Why nobody was told: source, silence, maintenance, storm, gone")]
    band: Annotated[str, Meta(description="Tariff band, where the rule looks at it")]
    more: Annotated[Mapping[str, float | None], Meta(description="Further figures, by name with unit")]
    acknowledged: Person | None


class AlertChange(Struct, frozen=True):
    """Something that happened to an alert; the same whenever it is told."""

    id: str
    alert: str
    rule: str
    subject_kind: str
    subject: str
    what: Annotated[
        str, Meta(description="fired, raised, revealed, resolved, acknowledged, commented, stormed")
    ]
    at: Moment
    severity: str
    stage: int
    value: float | None
    limit: float | None
    unit: str
    flapping: bool
    corrected: bool
    quiet: str
    band: str
    by: Annotated[str, Meta(description="The person, where it was one")]
    note: str
    more: Mapping[str, float | None]


def entry(of: KeptAlert, zone: ZoneInfo) -> AlertEntry:
    taken = None
    if of.acknowledged is not None:
        taken = Person(of.acknowledged_by or "", of.acknowledged.astimezone(zone))
    return AlertEntry(
        id=of.id,
        rule=of.rule,
        subject_kind=of.subject_kind,
        subject=of.subject,
        state="resolved" if of.resolved else "acknowledged" if taken else "firing",
        severity=of.severity,
        stage=of.stage,
        since=of.since.astimezone(zone),
        fired=of.fired.astimezone(zone),
        resolved=of.resolved and of.resolved.astimezone(zone),
        value=of.value,
        limit=of.limit_value,
        unit=of.unit,
        flapping=of.flapping,
        corrected=of.corrected,
        quiet=of.quiet,
        band=of.band,
        more=of.more,
        acknowledged=taken,
    )


def change(of: KeptChange, zone: ZoneInfo) -> AlertChange:
    return AlertChange(
        id=of.id,
        alert=of.alert,
        rule=of.rule,
        subject_kind=of.subject_kind,
        subject=of.subject,
        what=of.what,
        at=of.at.astimezone(zone),
        severity=of.severity,
        stage=of.stage,
        value=of.value,
        limit=of.limit_value,
        unit=of.unit,
        flapping=of.flapping,
        corrected=of.corrected,
        quiet=of.quiet,
        band=of.band,
        by=of.by,
        note=of.note,
        more=of.more,
    )


def supposed(of: Transition, zone: ZoneInfo) -> AlertChange:
    """One that never was kept; NaN becomes null when it is written."""
    return AlertChange(
        id=of.id,
        alert=of.alert,
        rule=of.rule,
        subject_kind=of.subject.kind,
        subject=of.subject.code,
        what=of.what,
        at=moment_of(of.at_us).astimezone(zone),
        severity=of.severity,
        stage=of.stage,
        value=of.value,
        limit=of.limit,
        unit=of.unit,
        flapping=of.flapping,
        corrected=of.corrected,
        quiet=of.quiet,
        band=of.band,
        by=of.by,
        note=of.note,
        more=of.more,
    )
