"""The park as alert rules look at it, and the readings that they judge."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import Carrier
from alerts.park import NOBODY, Flow, Park
from telemetry.model import AreaKind, Role
from telemetry.reports.behind import behind
from telemetry.reports.derived import links
from telemetry.reports.membership import lineage
from telemetry.settings.plan import Plan
from telemetry.storage import late, latest, readings
from telemetry.storage.dirty import Marks
from telemetry.storage.latest import Newest, nothing_newer
from telemetry.storage.pool import Connections
from telemetry.storage.readings import ReadingColumns
from telemetry.storage.registry import RegisteredMeter, Registry
from telemetry.supply import Supply


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """Fits `alerts.journal.History`."""

    database: Connections
    unshown: Callable[[Sequence[str]], Newest] = nothing_newer
    """What whoever writes here has committed and not yet shown."""

    def fresh(self, quantities: Sequence[str]) -> Newest:
        return self.unshown(quantities)

    def late(self, since_us: int) -> Marks:
        """Raises StorageError."""
        with self.database.connection() as conn:
            return late.take(conn, since_us)

    def newest(self, change: int, quantities: Sequence[str]) -> Newest:
        """Raises StorageError."""
        with self.database.connection() as conn:
            return latest.changed_since(conn, change, quantities)

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
        area.code: electric
        & np.array([t.role == Role.BOUNDARY and t.area == area.code for t in terms], np.bool_)
        for area in standing
    }
    root = next((area.code for area in standing if area.kind == AreaKind.PARK), "")
    today = now.astimezone(plan.zone).date()
    own = {code: each for code, each in plan.own_supplies.items() if code == each.area and each.holds(today)}
    return Park(
        zone=plan.zone,
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
        root=root,
        boundary={code: crossing for code, crossing in edges.items() if crossing.any()},
        contract_kw=_contract_kw(plan.supply().supply, today),
        own_kw={code: _contract_kw(each.supply, today) for code, each in own.items()},
        behind={root: behind(codes, terms, edges, root, own)} if own and root in edges else {},
        flows=tuple(_flows(meters)),
        tariff=plan.tariff,
    )


def declared_park(plan: Plan, now: datetime) -> Park:
    """As files have it, for rules that need no reading: without what the database alone tells."""
    site = plan.site
    meters = site.read_meters if site else ()
    areas = site.areas if site else ()
    parents = {area.code: area.parent for area in areas}
    polled_s, size = plan.polled_s(), len(meters)
    sources = tuple(sorted({meter.source for meter in meters}))
    return Park(
        zone=plan.zone,
        codes=tuple(meter.code for meter in meters),
        ids=np.arange(size, dtype=np.int32),
        multiplier=np.ones(size),
        interval_s=np.array([polled_s.get(meter.code, np.nan) for meter in meters], np.float64),
        most_s=np.array([meter.max_gap_s for meter in meters], np.float64),
        rated_kw=np.full(size, np.nan),
        carrier=tuple(meter.carrier for meter in meters),
        role=tuple(meter.role for meter in meters),
        within=tuple(frozenset(lineage(meter.area_at(now), parents)) for meter in meters),
        source=_places([meter.source for meter in meters], sources),
        parent=np.full(size, NOBODY, np.intp),
        sources=sources,
        root=next((area.code for area in areas if area.kind == AreaKind.PARK), ""),
    )


def _contract_kw(supply: Supply | None, day: date) -> float:
    return (supply and supply.demand_on(day)) or np.nan


def _flows(meters: Sequence[RegisteredMeter]) -> Iterator[Flow]:
    for link in links(meters):
        parts = link.parts
        if link.gauge is not None:
            yield Flow(
                meter=link.row,
                quantity=link.gauge,
                terms=tuple(part.row for part in parts),
                factors=tuple(part.factor for part in parts),
                directions=tuple(part.direction for part in parts),
                whole=tuple(part.whole for part in parts),
            )


def _places(wanted: Sequence[str | None], among: Sequence[str]) -> NDArray[np.intp]:
    at = {code: place for place, code in enumerate(among)}
    return np.array([NOBODY if code is None else at.get(code, NOBODY) for code in wanted], np.intp)
