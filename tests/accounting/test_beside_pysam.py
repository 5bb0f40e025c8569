"""Energy by band and monthly demand, beside NREL's System Advisor Model on the same year of quarter hours."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PySAM import Utilityrate5

from accounting.demand import maximum
from accounting.grid import SLOT_US, local_day_edges, local_month_edges
from accounting.prices import by_band
from accounting.tariff import Tariff

YEAR = (date(2023, 1, 1), date(2023, 12, 31))
DEMAND_PRICE = 36.1
VALLEY, FLAT, PEAK, SHARP = 1, 2, 3, 4
PRICES = {VALLEY: 0.30, FLAT: 0.70, PEAK: 1.15, SHARP: 1.40}
_DAY = [VALLEY] * 8 + [FLAT] * 2 + [PEAK] * 2 + [FLAT] * 2 + [PEAK] * 5 + [FLAT] * 5
_SUMMER = [SHARP if hour in {11, 15, 16} else band for hour, band in enumerate(_DAY)]
SCHEDULE = [_SUMMER if month in {7, 8, 9} else _DAY for month in range(1, 13)]
"""Written from document 331, apart from the file under test."""
SETTINGS = {
    "en_electricity_rates": 1,
    "ur_metering_option": 4,
    "ur_monthly_fixed_charge": 0,
    "ur_monthly_min_charge": 0,
    "ur_annual_min_charge": 0,
    "ur_sell_eq_buy": 0,
    "ur_en_ts_buy_rate": 0,
    "ur_en_ts_sell_rate": 0,
    "ur_nm_yearend_sell_rate": 0,
    "ur_nb_apply_credit_current_month": 0,
    "ur_nb_credit_expire": 0,
    "ur_enable_billing_demand": 0,
    "ur_dc_enable": 1,
    "rate_escalation": [0],
    "ur_ec_sched_weekday": SCHEDULE,
    "ur_ec_sched_weekend": SCHEDULE,
    "ur_ec_tou_mat": [[band, 1, 1e38, 0, price, 0] for band, price in PRICES.items()],
    "ur_dc_sched_weekday": [[1] * 24] * 12,
    "ur_dc_sched_weekend": [[1] * 24] * 12,
    "ur_dc_tou_mat": [[1, 1, 1e38, 0]],
    "ur_dc_flat_mat": [[month, 1, 1e38, DEMAND_PRICE] for month in range(12)],
}


@pytest.fixture(scope="module")
def load() -> NDArray[np.float64]:
    """Mean power of every quarter hour of a year [kW]."""
    return np.random.default_rng(1).uniform(0, 1000, 365 * 96)


@pytest.fixture(scope="module")
def tariff(tariffs: dict[str, Tariff]) -> Tariff:
    return tariffs["demo-park"]


@pytest.fixture(scope="module")
def theirs(load: NDArray[np.float64]) -> dict[str, list[list[float]]]:
    model = Utilityrate5.new()
    model.SystemOutput.gen = [0.0] * len(load)
    model.SystemOutput.degradation = [0]
    model.Lifetime.analysis_period = 1
    model.Lifetime.inflation_rate = 0
    model.Lifetime.system_use_lifetime_output = 0
    model.Load.load = load.tolist()
    model.Load.load_escalation = [0]
    for name, value in SETTINGS.items():
        setattr(model.ElectricityRates, name, value)
    model.execute()
    found: dict[str, list[list[float]]] = model.Outputs.export()
    return found


def test_the_energy_of_every_month_costs_the_same(
    load: NDArray[np.float64], theirs: dict[str, list[list[float]]], tariff: Tariff
) -> None:
    slots = local_day_edges(tariff.tzinfo, *YEAR)[:-1, None] + SLOT_US * np.arange(96)
    band = tariff.bands_at(slots.ravel()).reshape(slots.shape)
    price = tariff.prices_at(slots.ravel()).price.reshape(slots.shape)
    days = by_band(load.reshape(1, 365, 96) / 4, band, price, len(tariff.bands))[0].sum(axis=1)
    firsts = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
    np.testing.assert_allclose(np.add.reduceat(days, firsts), theirs["charge_wo_sys_ec_ym"][1], rtol=1e-9)


def test_the_demand_of_every_month_costs_the_same(
    load: NDArray[np.float64], theirs: dict[str, list[list[float]]], tariff: Tariff
) -> None:
    edges = local_month_edges(tariff.tzinfo, *YEAR)
    places = ((edges - edges[0]) // SLOT_US).tolist()
    ours = [maximum(load[lo:hi] / 4, 900).kw * DEMAND_PRICE for lo, hi in pairwise(places)]
    np.testing.assert_allclose(ours, theirs["charge_wo_sys_dc_fixed_ym"][1], rtol=1e-9)
