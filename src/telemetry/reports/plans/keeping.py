"""Keeping a plan: a version of its own each time, none over one that the planner has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from telemetry.reports.errors import NoSuchPlan, PlanChanged
from telemetry.storage import kept_plan
from telemetry.storage.kept_plan import KeptPlan, Owner
from telemetry.storage.pool import Transaction


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a planner wants kept."""

    code: str
    posted: dict[str, Any]
    who: str
    replaces: int | None
    """The version that the planner began with; None: there was none."""
    owner: Owner = None
    lines: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


def keep(tx: Transaction, asked: Keeping, now: datetime) -> KeptPlan:
    """What stands afterwards; the same plan again changes nothing. Raises PlanChanged."""
    kept_plan.lock(tx, asked.owner, asked.code)
    before = kept_plan.newest(tx, asked.owner, asked.code)
    if before and before.posted == asked.posted:
        return before
    standing = before if before and before.posted is not None else None
    if asked.replaces != (standing.version if standing else None):
        raise PlanChanged(asked.code, standing.version if standing else None)
    made = KeptPlan(asked.code, 1, asked.posted, asked.who, now, None, asked.lines, asked.since, asked.until)
    return _put(tx, asked.owner, before, made)


def withdraw(  # noqa: PLR0917  # which, by whom and why
    tx: Transaction, owner: Owner, code: str, who: str, reason: str, now: datetime
) -> KeptPlan:
    """Its versions stay; withdrawn once, a second time changes nothing. Raises NoSuchPlan."""
    kept_plan.lock(tx, owner, code)
    before = kept(tx, owner, code, None)
    if before.posted is None:
        return before
    gone = replace(before, posted=None, kept_by=who, kept_at=now, withdrawn_because=reason)
    return _put(tx, owner, before, gone)


def _put(tx: Transaction, owner: Owner, before: KeptPlan | None, plan: KeptPlan) -> KeptPlan:
    made = replace(plan, version=before.version + 1) if before else plan
    kept_plan.put(tx, owner, made)
    return made


def kept(tx: Transaction, owner: Owner, code: str, version: int | None) -> KeptPlan:
    """The newest, or one version. Raises NoSuchPlan."""
    found = (
        kept_plan.newest(tx, owner, code)
        if version is None
        else kept_plan.of_version(tx, owner, code, version)
    )
    if found is None:
        raise NoSuchPlan(code, f"version {version} was never kept" if version else "none bears that code")
    return found
