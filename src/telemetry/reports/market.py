"""Bought electricity by the market-based method: what serves it, and what the rest is rated by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Choice, Rule
from accounting.scope2 import Market, Tier, location, lost, market, unbacked
from telemetry.reports.crossings import IMPORT, Crossings
from telemetry.reports.factors import Factors, Used, kg_per_unit
from telemetry.reports.instruments import Held, energy, instruments
from telemetry.storage.records import Record
from telemetry.storage.registry import Registry

Told = Mapping[int, NDArray[np.float64]]
"""Electricity that documents tell of, by record float64[d] [kWh]."""
UNBACKED = "unbacked"
"""Own use whose certificates others have, as a source of load."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """What came in by source and local day, and how much of it the grid's factors rate."""

    source: list[str]
    """"meter E-1", "record 7", or UNBACKED; r of them."""
    regions: list[list[str]]
    """Of each source and day."""
    kwh: NDArray[np.float64]
    """float64[r, d] that came in; NaN where it is unknown."""
    open: NDArray[np.float64]
    """float64[r, d] [kWh] that no instrument served."""
    kg: NDArray[np.float64]
    """float64[r, d] of it; NaN where it has no factor."""
    tier: NDArray[np.int8]
    """int8[r, d]: RESIDUAL, AVERAGE or NONE."""
    rated: "Rated"

    def choice(self, row: int, at: int, day: date) -> Choice | None:
        """Behind a source's day; None where nothing came in."""
        used = self.rated.by_day.get((self.regions[row][at], day))
        return used.choice if used and self.kwh[row, at] > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """Electricity that came in, and what served it."""

    day: list[date]
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
    given: dict[int, NDArray[np.float64]]
    """Record -> what it served on each day, float64[d] [kWh]."""
    limit: dict[int, float]
    """Record -> what it may serve on these days [kWh]; inf: whatever is bought."""
    rest: Rest
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

    def rated(self, choose: Callable[[str, date], Choice]) -> Rated:
        """Rate of each row and day with electricity, and the choices behind them."""
        rates, gases = np.full(self.kwh.shape, np.nan), np.full(self.kwh.shape, "", "U8")
        used: dict[tuple[str, date], Used] = {}
        for row, at in np.argwhere(self.kwh > 0).tolist():
            asked = self.regions[row][at], self.day[at]
            if asked not in used:
                used[asked] = Used(asked[1], choose(*asked))
            choice = used[asked].choice
            rates[row, at] = kg_per_unit(IMPORT, choice)
            gases[row, at] = choice.factor.gas if choice.factor else ""
        return Rated(rates, gases, used)


def bought(crossed: Crossings, told: Told, held: Sequence[Held], own: SelfUse, grid: Grid) -> Bought:
    """Serve what crossed by meters and documents, day by day, and self-use whose certificates were sold."""
    days, outside = crossed.day, _bought(crossed, told, grid)
    claimed = own.unbacked(days)
    flows = Flows([*outside.regions, [grid.region] * len(days)], days, np.vstack([outside.kwh, claimed]))
    residual, average = flows.rated(grid.residual), flows.rated(grid.average)
    usable = [each for each in held if not each.refused]
    offered = instruments(usable, days, outside.kwh)
    found = market(flows.kwh, offered, residual.kg, average.kg)
    given = dict(zip([each.record.id for each in usable], found.given, strict=True))
    rest = _rest(_sources(crossed, told, grid), flows, found, residual, average)
    daily = _daily(usable, given, rest)
    return Bought(
        days,
        _sums(daily),
        daily,
        {tier.name.lower(): float(found.served[tier].sum()) for tier in Tier},
        rest.rated.used,
        [(each, float(given[each.record.id].sum()) if each.record.id in given else 0.0) for each in held],
        given,
        dict(zip(given, offered.energy.tolist(), strict=True)),
        rest,
        float(np.nansum(claimed)),
    )


def _sources(crossed: Crossings, told: Told, grid: Grid) -> list[str]:
    meters = [grid.registry.by_id[crossed.meter_id[row]].code for row in crossed.rows(IMPORT)]
    return [*(f"meter {code}" for code in meters), *(f"record {number}" for number in told), UNBACKED]


def _rest(source: list[str], flows: Flows, found: Market, residual: Rated, average: Rated) -> Rest:
    by_residual, by_average = ~np.isnan(residual.kg), ~np.isnan(average.kg)
    tier = np.where(by_residual, Tier.RESIDUAL, np.where(by_average, Tier.AVERAGE, Tier.NONE))
    rated = residual.otherwise(average)
    return Rest(source, flows.regions, flows.kwh, found.open, found.rest, np.asarray(tier, np.int8), rated)


def _daily(
    usable: Sequence[Held], given: Mapping[int, NDArray[np.float64]], rest: Rest
) -> dict[str, NDArray[np.float64]]:
    """Gas -> mass by day, float64[d]."""
    daily = _by_gas(rest.kg, rest.rated.gas)
    for each in usable:
        if each.gas:
            kg = given[each.record.id] * each.rate
            daily[each.gas] = daily.get(each.gas, np.zeros_like(kg)) + kg
    return daily


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
    kwh = np.array([*crossed.amount[rows], *told.values()]).reshape(len(rows) + len(told), len(crossed.day))
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
