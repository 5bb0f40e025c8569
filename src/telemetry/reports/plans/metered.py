"""Afterwards: what lines drew while the plan had jobs on them, against what was planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.grid import SLOT_US
from accounting.plan import check
from accounting.plan.job import QUARTER_H, Job, Slots
from telemetry.reports.energy import by_quarter_hour
from telemetry.reports.moment import Moment
from telemetry.reports.plans.forms import Plan
from telemetry.reports.plans.lines import meters_of
from telemetry.reports.steps import Step, Steps, local_time
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Floats = NDArray[np.float64]
_BOUGHT = "energy_import"


class MeteredJob(Struct, frozen=True):
    """One placed job beside what its line drew in the same quarter hours."""

    code: str
    line: str
    begin: Moment
    planned: Annotated[float, Meta(description="kWh")]
    metered: Annotated[
        float | None, Meta(description="kWh of the quarter hours that are known; null: none is")
    ]
    known: Annotated[float, Meta(description="Share of its quarter hours that are known, 0 to 1")]
    difference: Annotated[float | None, Meta(description="Metered less planned, of what is known [kWh]")]


class MeteredLine(Struct, frozen=True):
    """What a line drew over the whole plan."""

    line: str
    planned: Annotated[float, Meta(description="kWh of its jobs")]
    metered: Annotated[float | None, Meta(description="kWh of the quarter hours that are known")]
    outside: Annotated[float | None, Meta(description="Of it: while the plan had no job on it")]
    known: Annotated[float, Meta(description="Share of the plan's quarter hours that are known, 0 to 1")]


class MeteredPlan(Struct, frozen=True, rename={"from_": "from"}):
    """A plan against its meters."""

    from_: Moment
    to: Moment
    jobs: list[MeteredJob]
    lines: list[MeteredLine]


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    plan: Plan
    zone: ZoneInfo
    drawn: Mapping[str, _Floats]
    """Line -> float64[n] [kWh]; NaN where it is not known."""

    def job(self, job: Job, slots: Slots) -> MeteredJob:
        drawn = self.drawn[job.line][slots]
        known = ~np.isnan(drawn)
        metered = float(drawn[known].sum())
        planned = float((job.power * QUARTER_H)[known].sum())
        return MeteredJob(
            job.code,
            job.line,
            local_time(self.plan.grid.start_us + int(slots[0]) * SLOT_US, self.zone),
            job.energy,
            metered if known.any() else None,
            float(known.mean()),
            metered - planned if known.any() else None,
        )

    def line(self, code: str, busy: NDArray[np.bool_], planned: float) -> MeteredLine:
        drawn = self.drawn[code]
        known = ~np.isnan(drawn)
        whole, outside = float(drawn[known].sum()), float(drawn[known & ~busy].sum())
        some = bool(known.any())
        return MeteredLine(
            code, planned, whole if some else None, outside if some else None, float(known.mean())
        )


def report(tx: Transaction, registry: Registry, plan: Plan, zone: ZoneInfo) -> MeteredPlan:
    """Of placed jobs within the plan; quarter hours that have not come yet are not known."""
    lines = _Lines(plan, zone, _drawn(tx, registry, plan, zone))
    inside = {
        code: slots for code, slots in plan.placed.items() if slots[0] >= 0 and slots[-1] < plan.grid.count
    }
    jobs = [job for job in plan.jobs if job.code in inside]
    return MeteredPlan(
        local_time(plan.grid.start_us, zone),
        local_time(plan.grid.end_us, zone),
        [lines.job(job, inside[job.code]) for job in jobs],
        [
            lines.line(code, *_planned([job for job in jobs if job.line == code], inside, plan.grid.count))
            for code in sorted({job.line for job in jobs})
        ],
    )


def _planned(jobs: list[Job], placed: Mapping[str, Slots], count: int) -> tuple[NDArray[np.bool_], float]:
    """Quarter hours in which some job runs, and what all of them draw [kWh]."""
    busy = np.zeros(count, np.bool_)
    for job in jobs:
        for first, end in check.runs_of(placed[job.code]):
            busy[first:end] = True
    return busy, sum(job.energy for job in jobs)


def _drawn(tx: Transaction, registry: Registry, plan: Plan, zone: ZoneInfo) -> dict[str, _Floats]:
    at = local_time(plan.grid.start_us, zone)
    meters = {line: meters_of(registry, line, at) for line in {job.line for job in plan.jobs}}
    ids = np.array(sorted({meter.id for each in meters.values() for meter in each}), np.int32)
    cells = by_quarter_hour(tx, ids, [_BOUGHT], Steps(Step.QUARTER, zone, plan.grid.edges))
    rows = dict(zip(cells.meter_id.tolist(), cells.amount, strict=True))
    void = np.full(plan.grid.count, np.nan)
    return {
        line: np.sum([rows.get(meter.id, void) for meter in each], axis=0) if each else void
        for line, each in meters.items()
    }
