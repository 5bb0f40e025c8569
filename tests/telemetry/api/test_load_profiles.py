from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site
from telemetry.reports import load_profiles

pytestmark = pytest.mark.database
DAY = datetime(2023, 6, 1, tzinfo=UTC)
HALF_HOUR = {"from": DAY.isoformat(), "to": (DAY + timedelta(minutes=30)).isoformat()}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(
        make_site(
            {"code": "M1", "role": "boundary", "multiplier": 10},
            {"code": "M2"},
            {"code": "M3"},
            sources=[{"kind": "push", "code": "push"}],
        )
    )


def _row(meter: str, minute: int, kw: float) -> dict[str, Any]:
    time = DAY + timedelta(minutes=minute)
    return {"meter": meter, "time": time.isoformat(), "values": {"active_power": kw}}


def test_each_meter_has_its_means_in_the_order_asked_for(service: Any) -> None:
    service.post([_row("M1", minute, float(minute)) for minute in range(30)])
    service.post([_row("M2", 16, 7.0), _row("M2", 17, 8.0)])
    shown = service.get("/load-profiles", meter=["M3", "M2", "M1", "M2"], **HALF_HOUR)
    assert shown["times"] == ["2023-06-01T08:00:00+08:00", "2023-06-01T08:15:00+08:00"]
    assert shown["meters"] == [
        {"meter": "M3", "power_kw": [None, None]},
        {"meter": "M2", "power_kw": [None, 7.5]},
        {"meter": "M1", "power_kw": [70.0, 220.0]},
    ]


def test_a_meter_alone_is_told_as_its_readings_are(service: Any) -> None:
    service.post([_row(meter, minute, 1.5 * minute) for meter in ("M1", "M2") for minute in (0, 3, 29)])
    for meter in ("M1", "M2"):
        alone = service.get(
            "/readings", meter=meter, step="1min", primary=True, quantity="active_power", **HALF_HOUR
        )
        (shown,) = service.get("/load-profiles", meter=meter, step="1min", **HALF_HOUR)["meters"]
        assert shown["power_kw"] == alone["quantities"]["active_power"]["values"]


def test_a_meter_that_nobody_declared_is_named(service: Any) -> None:
    refused = service.call("GET", "/api/v1/load-profiles", params={"meter": ["M1", "M9"]})
    assert refused.status_code == 404
    assert "'M9'" in refused.json()["detail"]


@pytest.mark.parametrize("query", [{}, {"meter": ["M1"] * 101}, {"meter": "M1", "step": "raw"}])
def test_no_meter_too_many_and_raw_steps_are_refused(service: Any, query: dict[str, Any]) -> None:
    assert service.call("GET", "/api/v1/load-profiles", params=query).status_code == 422


def test_more_readings_than_one_answer_may_stand_on_are_refused(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.post([_row("M2", minute, 1.0) for minute in range(5)])
    monkeypatch.setattr(load_profiles, "MOST_ROWS", 10)
    assert service.get("/load-profiles", meter=["M1", "M2"], **HALF_HOUR)["meters"]
    monkeypatch.setattr(load_profiles, "MOST_ROWS", 9)
    refused = service.call("GET", "/api/v1/load-profiles", params={"meter": ["M1", "M2"]} | HALF_HOUR)
    assert refused.status_code == 422
    assert "more than 4 readings of a meter" in refused.json()["errors"][0]["reason"]
