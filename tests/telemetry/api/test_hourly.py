"""Electricity by hourly factors, and the 24/7 score of own generation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from accounting.grid import HOUR_US
from accounting.hourly import HourlySeries
from telemetry.model import Site
from telemetry.settings.library import Library

pytestmark = pytest.mark.database
START = int(datetime(2024, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
METERS = [
    {"code": "E-1", "role": "boundary", "area": "hall"},
    {"code": "PV-1", "role": "generation", "area": "hall"},
]


@pytest.fixture
def library(library: Library) -> Library:
    """0.3, 0.4 and 0.5 kg/kWh in the first three hours of June 2024, nothing after."""
    hours = START * 1_000_000 // HOUR_US + np.arange(3)
    series = HourlySeries("CN-GD", hours, np.array([0.3, 0.4, 0.5]), "grid-hours", "a test")
    return replace(library, series=(series,))


def test_each_hour_has_its_factor_and_a_surplus_helps_no_other_hour(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    service = start(make_site(*METERS))
    imports, made = [0.0, 8.0, 12.0, 32.0, 42.0], [0.0, 2.0, 14.0, 14.0, 14.0]
    exports = [0.0, 0.0, 4.0, 4.0, 4.0]
    rows = [
        {"meter": meter, "time": datetime.fromtimestamp(START + n * 900, UTC).isoformat(), "values": values}
        for meter, columns in (
            ("E-1", {"energy_import": imports, "energy_export": exports}),
            ("PV-1", {"energy_export": made}),
        )
        for hour in range(4)
        for n in range(hour * 4, hour * 4 + 5)
        for values in [
            {
                name: each[hour] + (each[hour + 1] - each[hour]) * (n - hour * 4) / 4
                for name, each in columns.items()
            }
        ]
        if n == 0 or n > hour * 4
    ]
    service.post(rows)
    service.settle()
    found = service.get("/inventory", period="2024-06-01", area="hall")["hourly"]
    assert found["kg"] == pytest.approx(8 * 0.3 + 4 * 0.4 + 20 * 0.5)
    assert found["unrated_kwh"] == pytest.approx(10)
    assert found["editions"] == ["grid-hours"]
    assert found["coverage"] == pytest.approx(16 / 96)
    assert found["by_region"] == {"CN-GD": found["kg"]}
    assert [(each["from"], each["to"], each["hours"]) for each in found["gaps"]] == [
        ("2024-06-01T03:00:00+08:00", "2024-06-01T04:00:00+08:00", 1)
    ]
    assert found["unmatched_kg"] == pytest.approx(8 * 0.3 + 20 * 0.5)
    assert found["carbon_score"] == pytest.approx(1 - (8 * 0.3 + 20 * 0.5) / (10 * 0.3 + 12 * 0.4 + 20 * 0.5))
    assert found["score"] == pytest.approx((2 + 12) / (10 + 12 + 20 + 10))
    assert found["score_coverage"] == pytest.approx(4 / 24)
