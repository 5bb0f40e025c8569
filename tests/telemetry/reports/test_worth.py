"""What crossed a boundary in standard coal, by either value of electricity."""

from datetime import date

import numpy as np
import pytest

from accounting.coal import Coefficient
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.worth import worth

DAYS = [date(2023, 6, 1), date(2023, 6, 2)]
POWER = Coefficient(
    id="electricity_eq",
    name_en="Electricity",
    name_zh="电",
    kgce=0.1229,
    per="kWh",
    basis="calorific",
    edition="2020",
    source="GB/T 2589",
    verified="yes",
)


def _crossed(**amounts: float) -> Crossings:
    kwh = np.array([[amount, np.nan] for amount in amounts.values()])
    return Crossings([1] * len(amounts), list(amounts), DAYS, kwh, [])


def test_either_value_is_net_of_what_left_and_counts_what_neighbours_feed_back() -> None:
    crossed, sold = _crossed(**{IMPORT: 600.0, EXPORT: 50.0}), _crossed(**{IMPORT: 200.0})
    found = worth(crossed, sold, _crossed(**{IMPORT: 30.0}), [], {POWER.id: POWER}, {2023: 0.3})
    assert found.calorific == pytest.approx(380 * 0.1229e-3)
    assert found.equivalent == pytest.approx(380 * 0.3e-3)
