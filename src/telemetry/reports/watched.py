"""The park as alert rules look at it, and the readings that they judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import Carrier
from alerts.park import NOBODY, Park
from telemetry.model import AreaKind, Role
from telemetry.reports.membership import lineage
from telemetry.settings.plan import Plan
from telemetry.storage import latest, readings
from telemetry.storage.latest import Newest
from telemetry.storage.pool import Database
from telemetry.storage.readings import ReadingColumns
from telemetry.storage.registry import Registry


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """Fits `alerts.journal.History`."""

    database: Database

    def newest(self, change: int) -> Newest:
        """Raises StorageError."""
        with self.database.connection() as conn:
            return latest.changed_since(conn, change)

    def readings(
        self, meters: NDArray[np.int32], lo_us: int, hi_us: int, quantities: Sequence[str]
    ) -> ReadingColumns:
        """Raises StorageError."""
        with self.database.connection() as conn:
            return readings.select(conn, meters, lo_us, hi_us, quantities)


def park_of(registry: Registry, plan: Plan, now: datetime) -> Park:
    """What is in service at `now`."""
    meters = [meter for meter in registry.meters if meter.removed_at is None]
    terms = [meter.at(now) for meter in meters]
    codes = tuple(meter.code for meter in meters)
    sources = tuple(sorted({meter.source for meter in meters if meter.source}))
    parents = {area.code: area.parent for area in registry.areas}
    electric = np.array([meter.carrier == Carrier.ELECTRICITY for meter in meters], np.bool_)
    polled_s = plan.polled_s()
    standing = [area for area in registry.areas if area.removed_at is None]
    edges = {
        area.code: electric & [t.role == Role.BOUNDARY and t.area == area.code for t in terms]
        for area in standing
    }
    return Park(
        zone=ZoneInfo(plan.site.zone if plan.site else "UTC"),
        codes=codes,
        ids=np.array([meter.id for meter in meters], np.int32),
        multiplier=np.array([term.multiplier for term in terms], np.float64),
        interval_s=np.array([polled_s.get(code, np.nan) for code in codes], np.float64),
        most_s=np.array([meter.max_gap_s for meter in meters], np.float64),
        rated_kw=np.array([meter.rated_kw or np.nan for meter in meters], np.float64),
        carrier=tuple(meter.carrier for meter in meters),
        role=tuple(term.role for term in terms),
        within=tuple(frozenset(lineage(term.area, parents)) for term in terms),
        source=_places([meter.source for meter in meters], sources),
        parent=_places([term.parent for term in terms], codes),
        sources=sources,
        root=next((area.code for area in standing if area.kind == AreaKind.PARK), ""),
        boundary={code: crossing for code, crossing in edges.items() if crossing.any()},
        contract_kw=_contract_kw(plan, now),
        tariff=plan.tariff,
    )


def _contract_kw(plan: Plan, now: datetime) -> float:
    billing = plan.site.billing if plan.site else None
    if plan.site is None or billing is None:
        return np.nan
    return billing.demand_on(now.astimezone(ZoneInfo(plan.site.zone)).date()) or np.nan


def _places(wanted: Sequence[str | None], among: Sequence[str]) -> NDArray[np.intp]:
    at = {code: place for place, code in enumerate(among)}
    return np.array([NOBODY if code is None else at.get(code, NOBODY) for code in wanted], np.intp)
