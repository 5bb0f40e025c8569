"""Bought electricity by the market-based method: what certificates serve, and what the rest is rated by."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.activities import UNITS
from accounting.factors import Choice, Rule
from accounting.scope2 import Instruments, Tier, location, lost, market, unbacked, vintage_fits
from telemetry.reports.activities import Part, share
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.factors import Factors, Used, kg_per_unit
from telemetry.reports.steps import Step, Steps
from telemetry.storage.records import Record
from telemetry.storage.registry import Registry

_KWH_PER_MWH = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """Electricity that came in, and what served it."""

    kg: dict[str, float]
    """Gas -> mass, market-based."""
    served: dict[str, float]
    """Tier -> kWh."""
    used: list[Used]
    """The residual's or average's factors."""
    certificates: list[tuple[Record, float, str]]
    """Each with the kWh that it served, and why it could not serve."""
    unbacked: float
    """Own generation that was used here and whose certificates others have [kWh]."""


@dataclass(frozen=True, slots=True, eq=False)
class SelfUse:
    """Own generation that stayed in the area."""

    kwh: NDArray[np.float64]
    """float64[d]."""
    certificates: Sequence[Record]
    """Of the area's generators, for consumers elsewhere."""

    def unbacked(self, days: Sequence[date]) -> NDArray[np.float64]:
        """The part that counts as bought, float64[d] [kWh]."""
        sold = sum(_energy(each, days) for each in self.certificates if _touches(each, days))
        found: NDArray[np.float64] = unbacked(self.kwh[None], [sold])[0]
        return found


@dataclass(frozen=True, slots=True)
class Grid:
    """What the grid's electricity is rated by where meters stand, as known today."""

    registry: Registry
    factors: Factors
    zone: ZoneInfo
    today: date
    region: str
    """The park's."""

    def regions(self, meter_id: int, days: Sequence[date]) -> list[str]:
        meter = self.registry.by_id[meter_id]
        return [meter.at(start_of(day, self.zone)).region for day in days]

    def residual(self, region: str, day: date) -> Choice:
        return self.factors.residual(region, day, max(day, self.today))

    def average(self, region: str, day: date) -> Choice:
        found = self.factors.choice(region, IMPORT, day, max(day, self.today))
        return found or Choice(None, Rule.NONE, "electricity emits nothing")


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Electricity by row and local day."""

    regions: list[list[str]]
    day: list[date]
    kwh: NDArray[np.float64]
    """float64[r, d]."""

    def rated(self, choose: Callable[[str, date], Choice]) -> tuple[NDArray[np.float64], list[Used]]:
        """Rate of each row and day with electricity, float64[r, d] [kg/kWh], and the choices behind them."""
        rates = np.full(self.kwh.shape, np.nan)
        used: dict[tuple[str, date], Used] = {}
        for row, at in np.argwhere(self.kwh > 0).tolist():
            region, day = self.regions[row][at], self.day[at]
            found = used.setdefault((region, day), Used(day, choose(region, day)))
            rates[row, at] = kg_per_unit(IMPORT, found.choice)
        return rates, list(used.values())


def sold(crossed: Crossings, grid: Grid) -> tuple[dict[str, float], list[Used]]:
    """What fed-in electricity would have emitted [kg], by the grid's average."""
    rows = crossed.rows(EXPORT)
    flows = Flows(
        [grid.regions(crossed.meter_id[row], crossed.day) for row in rows], crossed.day, crossed.amount[rows]
    )
    rates, used = flows.rated(grid.average)
    return _by_gas(location(flows.kwh, rates), used), used


def bought(
    crossed: Crossings,
    documents: Sequence[Part],
    certificates: Sequence[Record],
    own: SelfUse,
    grid: Grid,
) -> Bought:
    """Serve what crossed by meters and documents, day by day, and self-use whose certificates were sold."""
    flows, claimed = _bought(crossed, documents, grid), own.unbacked(crossed.day)
    regions = [*flows.regions, [grid.region] * len(flows.day)]
    flows = Flows(regions, flows.day, np.vstack([flows.kwh, claimed]))
    residual, used = flows.rated(grid.residual)
    average, fallback = flows.rated(grid.average)
    used = [each if each.choice.factor else other for each, other in zip(used, fallback, strict=True)]
    usable = [each for each in certificates if _usable(each)]
    found = market(flows.kwh, _instruments(usable, flows.day, len(flows.kwh)), residual, average)
    gave = dict(zip([each.id for each in usable], found.taken.sum(axis=1).tolist(), strict=True))
    return Bought(
        _by_gas(found.kg, used),
        {tier.name.lower(): float(found.served[tier].sum()) for tier in Tier},
        used,
        [(each, gave.get(each.id, 0.0), "" if _usable(each) else _TOO_OLD) for each in certificates],
        float(np.nansum(claimed)),
    )


def lost_on_the_way(
    crossed: Crossings, documents: Sequence[Part], share: float, grid: Grid
) -> tuple[dict[str, float], list[Used]]:
    """What transmission and distribution lost of bought electricity [kg], by the grid's average."""
    flows = _bought(crossed, documents, grid)
    rates, used = flows.rated(grid.average)
    return _by_gas(location(lost(flows.kwh, share), rates), used), used


def _bought(crossed: Crossings, documents: Sequence[Part], grid: Grid) -> Flows:
    rows = crossed.rows(IMPORT)
    regions = [grid.regions(crossed.meter_id[row], crossed.day) for row in rows]
    told = [_by_day(part, crossed.day, grid.zone) for part in documents]
    kwh = np.array([*crossed.amount[rows], *told]).reshape(len(rows) + len(told), len(crossed.day))
    return Flows(regions + [[grid.region] * len(crossed.day) for _ in told], crossed.day, kwh)


_TOO_OLD = "its vintage may not serve this interval"


def _usable(certificate: Record) -> bool:
    return vintage_fits(certificate.vintage or "", certificate.first_day, certificate.last_day)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _by_day(part: Part, days: Sequence[date], zone: ZoneInfo) -> NDArray[np.float64]:
    """Electricity that a document tells of, float64[d] [kWh]; NaN on days it says nothing of."""
    after = start_of(days[-1] + timedelta(days=1), zone)
    steps = Steps.covering(Step.DAY, zone, start_of(days[0], zone), after)
    kwh = part.mass.amount * dict(UNITS[part.record.unit])["kWh"] * share(part.mass, steps)
    return np.where(kwh > 0, kwh, np.nan)


def _by_gas(kg: NDArray[np.float64], used: Sequence[Used]) -> dict[str, float]:
    """The sum of the gas that the factors name; unknown when they name several, which do not add up."""
    gases = sorted({each.choice.factor.gas for each in used if each.choice.factor})
    return {gas: float(np.nansum(kg)) if len(gases) == 1 else math.nan for gas in gases}


def _instruments(certificates: Sequence[Record], days: Sequence[date], rows: int) -> Instruments:
    """Certificates, each with the part of its energy that falls on the days asked for."""
    inside = [_overlap(each, days) for each in certificates]
    energy = [_energy(each, days) for each in certificates]
    count = len(certificates)
    return Instruments(
        tuple(each.document for each in certificates),
        np.full(count, Tier.CERTIFICATE, np.int8),
        np.array(energy, np.float64),
        np.zeros(count),
        np.array([lo for lo, _ in inside], np.int64),
        np.array([hi for _, hi in inside], np.int64),
        np.ones((count, rows), bool),
    )


def _overlap(certificate: Record, days: Sequence[date]) -> tuple[int, int]:
    first = max(certificate.first_day, days[0])
    last = min(certificate.last_day, days[-1])
    return (first - days[0]).days, (last - days[0]).days + 1


def _energy(certificate: Record, days: Sequence[date]) -> float:
    """Its energy on the days asked for [kWh]."""
    lo, hi = _overlap(certificate, days)
    return certificate.amount * _KWH_PER_MWH * (hi - lo) / certificate.days


def _touches(certificate: Record, days: Sequence[date]) -> bool:
    return certificate.first_day <= days[-1] and certificate.last_day >= days[0]
