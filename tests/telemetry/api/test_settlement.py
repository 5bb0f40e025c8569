"""Progress of settlement as the API and Prometheus tell it."""

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
ROWS = [
    {"meter": "M", "time": f"2026-01-05T0{hour}:00:00+08:00", "values": {"energy_import": 10.0 * hour}}
    for hour in range(4)
]


def test_what_waits_is_told_until_it_is_settled(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    service = start(make_site({"code": "M"}))
    service.post(ROWS)
    energy, daily = service.get("/settlement")["stages"]
    assert (energy["stage"], energy["meters"], energy["days"]) == ("energy", 1, 1)
    assert (daily["stage"], daily["meters"], daily["since"]) == ("daily", 0, None)
    assert 'parkwatt_settle_backlog_days{stage="energy"} 1.0' in service.call("GET", "/metrics").text
    service.settle()
    assert [stage["days"] for stage in service.get("/settlement")["stages"]] == [0, 0]
    assert 'parkwatt_settle_expected_seconds{stage="energy"} 0.0' in service.call("GET", "/metrics").text
