"""Bought electricity by the market-based method: what serves it, and what the rest is rated by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Choice, Rule
from accounting.scope2 import Tier, location, lost, market, unbacked
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.factors import Factors, Used, kg_per_unit
from telemetry.reports.instruments import Held, energy, instruments
from telemetry.storage.records import Record
from telemetry.storage.registry import Registry

Told = Sequence[NDArray[np.float64]]
"""Electricity that documents tell of, float64[d] [kWh] each."""


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """Electricity that came in, and what served it."""

    kg: dict[str, float]
    """Gas -> mass, market-based."""
    daily: dict[str, NDArray[np.float64]]
    """The same by local day, float64[d]."""
    served: dict[str, float]
    """Tier -> kWh."""
    used: list[Used]
    """The residual's or average's factors."""
    held: list[tuple[Held, float]]
    """What may serve, each with the kWh that it did."""
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
        sold = sum(energy(each, days) for each in self.certificates)
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
        return self.factor(region, IMPORT, day)

    def factor(self, region: str, quantity: str, day: date) -> Choice:
        found = self.factors.choice(region, quantity, day, max(day, self.today))
        return found or Choice(None, Rule.NONE, f"{quantity} emits nothing")


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """What flows are rated by."""

    kg: NDArray[np.float64]
    """float64[r, d] [kg/kWh]; NaN without electricity or factor."""
    gas: NDArray[np.str_]
    """str[r, d]; empty where the rate is unknown."""
    by_day: dict[tuple[str, date], Used]
    """The choice of each region and day."""

    @property
    def used(self) -> list[Used]:
        return list(self.by_day.values())

    def otherwise(self, other: "Rated") -> "Rated":
        """The same, with what it leaves unknown by another."""
        unknown = np.isnan(self.kg)
        used = {
            asked: one if one.choice.factor else other.by_day[asked] for asked, one in self.by_day.items()
        }
        return Rated(np.where(unknown, other.kg, self.kg), np.where(unknown, other.gas, self.gas), used)


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Electricity by row and local day."""

    regions: list[list[str]]
    day: list[date]
    kwh: NDArray[np.float64]
    """float64[r, d]."""
    quantity: str = IMPORT

    def rated(self, choose: Callable[[str, date], Choice]) -> Rated:
        """Rate of each row and day with electricity, and the choices behind them."""
        rates, gases = np.full(self.kwh.shape, np.nan), np.full(self.kwh.shape, "", "U8")
        used: dict[tuple[str, date], Used] = {}
        for row, at in np.argwhere(self.kwh > 0).tolist():
            asked = self.regions[row][at], self.day[at]
            if asked not in used:
                used[asked] = Used(asked[1], choose(*asked))
            choice = used[asked].choice
            rates[row, at] = kg_per_unit(self.quantity, choice)
            gases[row, at] = choice.factor.gas if choice.factor else ""
        return Rated(rates, gases, used)


def sold(crossed: Crossings, grid: Grid) -> tuple[dict[str, float], list[Used]]:
    """What fed-in electricity would have emitted [kg], by the grid's average."""
    rows = crossed.rows(EXPORT)
    flows = Flows(
        [grid.regions(crossed.meter_id[row], crossed.day) for row in rows], crossed.day, crossed.amount[rows]
    )
    rates = flows.rated(grid.average)
    return _sums(_by_gas(location(flows.kwh, rates.kg), rates.gas)), rates.used


def sold_heat(sales: Crossings, quantity: str, grid: Grid) -> tuple[dict[str, float], list[Used]]:
    """What sold heat, steam or cooling would have emitted where it goes [kg], by the factor of bought."""
    rows = sales.rows(quantity)
    regions = [grid.regions(sales.meter_id[row], sales.day) for row in rows]
    flows = Flows(regions, sales.day, sales.amount[rows], quantity)
    rates = flows.rated(lambda region, day: grid.factor(region, quantity, day))
    return _sums(_by_gas(location(flows.kwh, rates.kg), rates.gas)), rates.used


def bought(crossed: Crossings, told: Told, held: Sequence[Held], own: SelfUse, grid: Grid) -> Bought:
    """Serve what crossed by meters and documents, day by day, and self-use whose certificates were sold."""
    days, outside = crossed.day, _bought(crossed, told, grid)
    claimed = own.unbacked(days)
    flows = Flows([*outside.regions, [grid.region] * len(days)], days, np.vstack([outside.kwh, claimed]))
    residual, average = flows.rated(grid.residual), flows.rated(grid.average)
    usable = [each for each in held if not each.refused]
    found = market(flows.kwh, instruments(usable, days, outside.kwh), residual.kg, average.kg)
    gave = dict(zip([each.record.id for each in usable], found.taken.sum(axis=1).tolist(), strict=True))
    rest = residual.otherwise(average)
    daily = _by_gas(found.rest, rest.gas)
    for each, kwh in zip(usable, found.given, strict=True):
        if each.gas:
            daily[each.gas] = daily.get(each.gas, np.zeros(len(days))) + kwh * each.rate
    return Bought(
        _sums(daily),
        daily,
        {tier.name.lower(): float(found.served[tier].sum()) for tier in Tier},
        rest.used,
        [(each, gave.get(each.record.id, 0.0)) for each in held],
        float(np.nansum(claimed)),
    )


def lost_on_the_way(
    crossed: Crossings, told: Told, share: float, grid: Grid
) -> tuple[dict[str, float], list[Used]]:
    """What transmission and distribution lost of bought electricity [kg], by the grid's average."""
    flows = _bought(crossed, told, grid)
    rates = flows.rated(grid.average)
    return _sums(_by_gas(location(lost(flows.kwh, share), rates.kg), rates.gas)), rates.used


def _bought(crossed: Crossings, told: Told, grid: Grid) -> Flows:
    rows = crossed.rows(IMPORT)
    regions = [grid.regions(crossed.meter_id[row], crossed.day) for row in rows]
    kwh = np.array([*crossed.amount[rows], *told]).reshape(len(rows) + len(told), len(crossed.day))
    return Flows(regions + [[grid.region] * len(crossed.day) for _ in told], crossed.day, kwh)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _by_gas(kg: NDArray[np.float64], gas: NDArray[np.str_]) -> dict[str, NDArray[np.float64]]:
    """Masses float64[r, d] of the gases str[r, d], each by day, float64[d]; what has no rate is in none."""
    return {
        name: np.nansum(np.where(gas == name, kg, 0.0), axis=0) for name in np.unique(gas).tolist() if name
    }


def _sums(daily: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    return {gas: float(kg.sum()) for gas, kg in daily.items()}
