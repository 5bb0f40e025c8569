"""A year of 1 000 meters' quarter hours priced by band: kWh and money by day, prices that change by month."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS, SLOT_US, local_day_edges
from accounting.prices import PriceTable, Standing, by_band
from accounting.tariff import Tariff
from bench.measure import Measure, in_turn
from bench.resettle import DEMO
from telemetry.settings.plan import load_plan

METERS, DAYS = 1000, 365
GOAL_S = 0.8
FIRST = date(2026, 1, 1)
WHAT = f"{METERS * DAYS * DAY_SLOTS / 1e6:.1f} M intervals, kWh and money by day and band"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Year:
    amount: Floats
    """float64[m, d, 96]"""
    slot: NDArray[np.int64]
    """int64[d, 96] [us]"""


def monthly(tariff: Tariff) -> Tariff:
    """The same with a price table of its own for every month."""
    (table,) = tariff.prices
    return replace(tariff, prices=tuple(_month(table, month) for month in range(1, 13)))


def _month(table: PriceTable, month: int) -> PriceTable:
    first = date(2026, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    prices = {band: price + Decimal(month) / 1000 for band, price in table.prices.items()}
    return replace(table, valid_from=first, valid_to=last, prices=prices, standing=Standing.FICTITIOUS)


def year(zone: ZoneInfo) -> Year:
    starts = local_day_edges(zone, FIRST, FIRST + timedelta(days=DAYS - 1))[:-1]
    slot = starts[:, None] + SLOT_US * np.arange(DAY_SLOTS)
    return Year(np.random.default_rng(1).uniform(0, 10, (METERS, DAYS, DAY_SLOTS)), slot)


def ours(of: Year, tariff: Tariff) -> tuple[Floats, Floats]:
    slots, shape = of.slot.ravel(), of.slot.shape
    band = tariff.bands_at(slots).reshape(shape)
    price = tariff.prices_at(slots).price.reshape(shape)
    bands = len(tariff.bands)
    return by_band(of.amount, band, np.ones(shape), bands), by_band(of.amount, band, price, bands)


def in_pandas(wide: pd.DataFrame, of: Year, tariff: Tariff) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Meters as columns: multiply by the price of each quarter hour, group the rows by day and band."""
    slots = of.slot.ravel()
    keys = [np.repeat(np.arange(DAYS), DAY_SLOTS), tariff.bands_at(slots)]
    price = tariff.prices_at(slots).price
    return wide.groupby(keys).sum(), wide.mul(price, axis=0).groupby(keys).sum()


def in_numpy(of: Year, tariff: Tariff) -> tuple[Floats, Floats]:
    """A sum over each band's quarter hours, one band after the other."""
    slots, shape = of.slot.ravel(), of.slot.shape
    band = tariff.bands_at(slots).reshape(shape)
    money = of.amount * tariff.prices_at(slots).price.reshape(shape)
    pairs = [
        (np.where(band == n, of.amount, 0.0).sum(axis=2), np.where(band == n, money, 0.0).sum(axis=2))
        for n in range(len(tariff.bands))
    ]
    return np.stack([kwh for kwh, _ in pairs], axis=2), np.stack([cost for _, cost in pairs], axis=2)


def measure() -> Iterator[Measure]:
    library = load_plan(DEMO, None).library
    tariff = monthly(library.tariffs["demo-park"])
    of = year(tariff.tzinfo)
    wide = pd.DataFrame(of.amount.reshape(METERS, -1).T)
    kwh, cost = ours(of, tariff)
    for found, expected in zip(in_numpy(of, tariff), (kwh, cost), strict=True):
        np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(in_pandas(wide, of, tariff)[1].to_numpy().sum(), cost.sum())
    mine, pandas, numpy = in_turn(
        lambda: ours(of, tariff),
        lambda: in_pandas(wide, of, tariff),
        lambda: in_numpy(of, tariff),
        rounds=3,
    )
    yield Measure("pricing-pandas", mine, pandas, "s, processor", f"pandas, meters as columns: {WHAT}")
    yield Measure("pricing-numpy", mine, numpy, "s, processor", f"numpy, band by band: {WHAT}")
    yield Measure("pricing-goal", mine, GOAL_S, "s, processor", "the goal")
