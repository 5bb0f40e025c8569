"""Keeping a plan: a version of its own each time, none over one that the planner has not seen."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from telemetry.reports.errors import NoSuchPlan, PlanChanged
from telemetry.storage import kept_plan
from telemetry.storage.kept_plan import KeptPlan
from telemetry.storage.pool import Transaction


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a planner wants kept."""

    code: str
    posted: dict[str, Any]
    who: str
    replaces: int | None
    """The version that the planner began with; None: there was none."""


def keep(tx: Transaction, asked: Keeping, now: datetime) -> KeptPlan:
    """What stands afterwards; the same plan again changes nothing. Raises PlanChanged."""
    kept_plan.lock(tx, asked.code)
    before = kept_plan.newest(tx, asked.code)
    if before and before.posted == asked.posted:
        return before
    standing = before if before and before.posted is not None else None
    if asked.replaces != (standing.version if standing else None):
        raise PlanChanged(asked.code, standing.version if standing else None)
    return _put(tx, before, KeptPlan(asked.code, 1, asked.posted, asked.who, now, None))


def withdraw(tx: Transaction, code: str, who: str, reason: str, now: datetime) -> KeptPlan:
    """Its versions stay; withdrawn once, a second time changes nothing. Raises NoSuchPlan."""
    kept_plan.lock(tx, code)
    before = kept_plan.newest(tx, code)
    if before is None:
        raise NoSuchPlan(code, "none bears that code")
    if before.posted is None:
        return before
    return _put(tx, before, KeptPlan(code, 1, None, who, now, reason))


def _put(tx: Transaction, before: KeptPlan | None, plan: KeptPlan) -> KeptPlan:
    kept = replace(plan, version=before.version + 1) if before else plan
    kept_plan.put(tx, kept)
    return kept


def kept(tx: Transaction, code: str, version: int | None) -> KeptPlan:
    """The newest, or one version. Raises NoSuchPlan."""
    found = kept_plan.newest(tx, code) if version is None else kept_plan.of_version(tx, code, version)
    if found is None:
        raise NoSuchPlan(code, f"version {version} was never kept" if version else "none bears that code")
    return found
