"""A plan as answers show it: job by job what it costs and breaks, and what the quarter hours offer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.forecast import Error
from accounting.grid import SLOT_US
from accounting.plan import check
from accounting.plan.check import Conflict, Kind
from accounting.plan.job import Job, Slots
from accounting.tariff import Tariff
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.plans.forms import Plan
from telemetry.reports.plans.outlook import Outlook
from telemetry.reports.steps import local_time


class PlanRun(Struct, frozen=True, rename={"from_": "from"}):
    """A stretch in which a job runs."""

    from_: Moment
    to: Moment


class PlanConflict(Struct, frozen=True, rename={"from_": "from"}):
    """A promise that a job breaks where it is placed."""

    kind: Kind
    from_: Moment
    to: Moment
    other: Annotated[str | None, Meta(description="The job with which it conflicts")]
    amount: Annotated[float | None, Meta(description="People needed, or highest power of the park [kW]")]
    limit: Annotated[float | None, Meta(description="People there, or contract demand [kW]")]


class PlanMove(Struct, frozen=True):
    """The best other place while all other jobs stay."""

    runs: list[PlanRun]
    saves: Annotated[float, Meta(description="In the aim's unit; below 0 where it only mends a conflict")]


class PlanBand(Struct, frozen=True):
    """Energy of one band of the tariff."""

    band: str
    name: Name
    energy: Annotated[float, Meta(description="kWh", examples=[120.0])]


class PlannedJob(Struct, frozen=True):
    """One job where the plan has it."""

    code: str
    line: str
    energy: Annotated[float, Meta(description="kWh")]
    runs: Annotated[list[PlanRun], Meta(description="Empty: not placed")]
    bands: list[PlanBand]
    cost: Annotated[float | None, Meta(description="null: not placed, or some of it has no price")]
    carbon: Annotated[float | None, Meta(description="kg CO2; null: not placed, or without a factor")]
    conflicts: list[PlanConflict]
    move: Annotated[PlanMove | None, Meta(description="null: nothing better")]


class ForecastError(Struct, frozen=True):
    """What forecasts of past days missed by, each made from the days before it alone."""

    days: int
    mean_kw: Annotated[float, Meta(description="Mean absolute error")]
    share: Annotated[float | None, Meta(description="Of the load")]
    bias_kw: Annotated[float, Meta(description="Forecast less load")]


class PlanOutlook(Struct, frozen=True):
    """What the quarter hours offer, a value for each of times."""

    times: list[Moment]
    bands: Annotated[list[str | None], Meta(description="Codes of the tariff")]
    prices: Annotated[list[float | None], Meta(description="Per kWh; null: unpriced")]
    base_kw: Annotated[list[float | None], Meta(description="Expected of all else; null: not known")]
    sun_kw: Annotated[list[float], Meta(description="Expected of own generation")]
    jobs_kw: Annotated[list[float], Meta(description="Of all placed jobs")]
    limit_kw: Annotated[float | None, Meta(description="Contract demand; null: not checked")]


class PlanAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """A plan checked: costs, what could move, and every promise that it breaks."""

    from_: Moment
    to: Moment
    name: str
    currency: str
    fictitious: bool
    provisional: Annotated[bool, Meta(description="Some prices are not the published ones of their day")]
    cost: Annotated[float | None, Meta(description="Of all placed jobs; null: some has no price")]
    carbon: Annotated[float | None, Meta(description="kg CO2; null: some has no factor")]
    energy: Annotated[float, Meta(description="kWh")]
    bands: list[PlanBand]
    jobs: list[PlannedJob]
    unplaced: Annotated[list[str], Meta(description="Jobs without a start")]
    outlook: PlanOutlook
    forecast_error: Annotated[
        ForecastError | None, Meta(description="null: base_kw was given, or is not known")
    ]
    sun_error: Annotated[
        ForecastError | None, Meta(description="Of outlook.sun_kw; null: no own generation is known")
    ]
    warmth_kw_per_k: Annotated[float | None, Meta(description="What the load rises by with warmth")]
    notes: Annotated[list[str], Meta(description="What could not be told, and why")]


class Money(NamedTuple):
    currency: str
    tariff: Tariff | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Makes answers of one plan."""

    plan: Plan
    outlook: Outlook
    zone: ZoneInfo
    money: Money

    def answer(self, placed: Mapping[str, Slots]) -> PlanAnswer:
        """Of these places of the plan's jobs."""
        jobs, horizon = self.plan.jobs, self.outlook.horizon
        bands = len(self.money.tariff.bands) if self.money.tariff else 0
        bills = check.bills(jobs, placed, horizon, bands)
        broken = check.conflicts(jobs, placed, horizon)
        moves = self._moves(placed)
        rows = [self._job(job, placed, bills, broken, moves) for job in jobs]
        grid = self.plan.grid
        return PlanAnswer(
            from_=self.at(0),
            to=self.at(grid.count),
            name=self.plan.posted.name,
            currency=self.money.currency,
            fictitious=bool(self.money.tariff and self.money.tariff.fictitious),
            provisional=self.outlook.provisional,
            cost=_known(math.fsum(bill.money for bill in bills.values())),
            carbon=_known(math.fsum(bill.carbon for bill in bills.values())),
            energy=math.fsum(job.energy for job in jobs if job.code in placed),
            bands=self._bands(sum((bill.energy for bill in bills.values()), np.zeros(bands))),
            jobs=rows,
            unplaced=[job.code for job in jobs if job.code not in placed],
            outlook=self._offered(placed),
            forecast_error=_error(self.outlook.error),
            sun_error=_error(self.outlook.sun_error),
            warmth_kw_per_k=self.outlook.warmth.kw_per_k if self.outlook.warmth else None,
            notes=self._notes(),
        )

    def _moves(self, placed: Mapping[str, Slots]) -> dict[str, check.Move]:
        """None where prices or factors are missing, for then nothing is cheaper."""
        horizon, aim = self.outlook.horizon, self.plan.aim
        if (aim.money and np.isnan(horizon.price).any()) or (aim.carbon and np.isnan(horizon.carbon).any()):
            return {}
        return check.moves(self.plan.jobs, placed, horizon, aim)

    def _job(
        self,
        job: Job,
        placed: Mapping[str, Slots],
        bills: Mapping[str, check.Bill],
        broken: list[Conflict],
        moves: Mapping[str, check.Move],
    ) -> PlannedJob:
        bill, move = bills.get(job.code), moves.get(job.code)
        return PlannedJob(
            job.code,
            job.line,
            job.energy,
            self._runs(placed[job.code]) if job.code in placed else [],
            self._bands(bill.energy) if bill else [],
            _known(bill.money) if bill else None,
            _known(bill.carbon) if bill else None,
            [self._conflict(each) for each in broken if each.job == job.code],
            PlanMove(self._runs(move.slots), move.saves) if move else None,
        )

    def _runs(self, slots: Slots) -> list[PlanRun]:
        return [PlanRun(self.at(first), self.at(end)) for first, end in check.runs_of(slots)]

    def _conflict(self, each: Conflict) -> PlanConflict:
        return PlanConflict(
            each.kind, self.at(each.first), self.at(each.end), each.other, each.amount, each.limit
        )

    def at(self, slot: int) -> datetime:
        return local_time(self.plan.grid.start_us + slot * SLOT_US, self.zone)

    def _bands(self, energy: NDArray[np.float64]) -> list[PlanBand]:
        """The cheapest first; bands without energy are left out."""
        if self.money.tariff is None:
            return []
        both = sorted(zip(self.money.tariff.bands, energy.tolist(), strict=True), key=lambda e: e[0].rank)
        return [PlanBand(b.code, Name.of(b.name), kwh) for b, kwh in both if kwh]

    def _offered(self, placed: Mapping[str, Slots]) -> PlanOutlook:
        horizon = self.outlook.horizon
        codes = [band.code for band in self.money.tariff.bands] if self.money.tariff else []
        base = horizon.base.tolist()
        return PlanOutlook(
            times=[self.at(n) for n in range(horizon.count)],
            bands=[codes[at] if at < len(codes) else None for at in horizon.band.tolist()],
            prices=[_known(each) for each in horizon.price.tolist()],
            base_kw=[None] * horizon.count if self.outlook.without_base else base,
            sun_kw=horizon.sun.tolist(),
            jobs_kw=check.total(self.plan.jobs, placed, horizon).tolist(),
            limit_kw=None if math.isinf(horizon.limit_kw) else horizon.limit_kw,
        )

    def _notes(self) -> list[str]:
        notes = [self.outlook.unpriced] if self.outlook.unpriced else []
        if self.outlook.without_base:
            notes.append("no history to forecast all other load from, so contract demand is not checked")
        if self.outlook.unchecked:
            notes.append(
                "others are under the same contract demand, so it is checked where contract_kw is given"
            )
        if np.isnan(self.outlook.horizon.carbon).any():
            notes.append("no factor for bought electricity on some of the days")
        years = range(self.at(0).year, self.at(self.plan.grid.count - 1).year + 1)
        unknown = self.money.tariff.unknown_years(years) if self.money.tariff else []
        notes += [f"no source tells the free days of {year} yet: bands may change" for year in unknown]
        return notes


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _error(error: Error | None) -> ForecastError | None:
    return ForecastError(error.days, error.mean_kw, _known(error.share), error.bias_kw) if error else None
