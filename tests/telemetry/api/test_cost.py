"""Costs by band, area and step, as the API answers them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
Start = Callable[..., Any]
Made = Callable[..., Site]
DEMO = {"tariff": "demo-park"}
"""Valley 0-8 at 0.30, flat 8-10, 12-14 and 19-24 at 0.70, peak 10-12 and 14-19 at 1.15."""
WEEK = {"from": "2023-10-05", "to": "2023-10-12"}


def _rising(meter: str, per_quarter: float, first: str, days: float) -> list[dict[str, Any]]:
    start = datetime.fromisoformat(f"{first}T00:00:00+08:00")
    return [
        {
            "meter": meter,
            "time": (start + timedelta(minutes=15 * n)).isoformat(),
            "values": {"energy_import": n * per_quarter},
        }
        for n in range(int(days * 96) + 1)
    ]


def test_a_day_has_its_cost_by_band(start: Start, make_site: Made) -> None:
    service = start(make_site({"code": "m", "role": "boundary"}, billing=DEMO))
    service.post(_rising("m", 25.0, "2023-10-05", 1))
    service.settle()
    found = service.get("/cost", **{"from": "2023-10-05", "to": "2023-10-07"})
    assert (found["currency"], found["fictitious"], found["step"]) == ("CNY", True, "day")
    (park,) = found["series"]
    assert (park["key"], park["amounts"], park["costs"]) == ("park", [2400.0, None], [1675.0, None])
    assert (park["provisional"], park["unpriced"], park["shortfalls"]) == ([False, False], [0.0, 0.0], [])
    assert [(b["band"], b["amounts"][0], b["costs"][0]) for b in park["bands"]] == [
        ("valley", 800.0, 240.0),
        ("flat", 900.0, 630.0),
        ("peak", 700.0, 805.0),
    ]
    assert park["bands"][0]["name"] == {"en": "Valley", "zh": "低谷"}


@pytest.mark.parametrize("by", ["meter", "area"])
def test_months_cost_what_their_days_cost_wherever_meters_stood(
    start: Start, make_site: Made, by: str
) -> None:
    moved = [{"from": "2023-10-02T12:00:00+08:00", "area": "hall"}]
    steady, other = {"code": "a", "role": "boundary"}, {"code": "b", "role": "boundary", "history": moved}
    service = start(make_site(steady, other, billing=DEMO))
    for days in (2.3, 4.0):
        service.post(_rising("a", 0.1, "2023-09-29", days) + _rising("b", 1 / 3, "2023-09-29", days))
        service.settle()
        span = {"from": "2023-09-01", "to": "2023-11-01", "by": by}
        daily, monthly = (service.get("/cost", **span, step=step)["series"] for step in ("day", "month"))
        assert [each["key"] for each in monthly] == [each["key"] for each in daily] != []
        for day, month in zip(daily, monthly, strict=True):
            _alike(day["costs"], month["costs"])
            assert len(day["bands"]) == len(month["bands"]) == (4 if any(month["amounts"]) else 0)
            for one, other_ in zip(day["bands"], month["bands"], strict=True):
                _alike(one["costs"], other_["costs"])
                _alike(one["amounts"], other_["amounts"])
            assert sum(band["costs"][1] for band in month["bands"]) == pytest.approx(month["costs"][1] or 0.0)


def _alike(days: list[Any], months: list[Any]) -> None:
    sums = [sum(value or 0.0 for value in part) for part in (days[:30], days[30:])]
    assert [value or 0.0 for value in months] == pytest.approx(sums, abs=1e-9)


def test_without_a_tariff_everything_is_unpriced_with_the_reason(start: Start, make_site: Made) -> None:
    service = start(make_site({"code": "m", "role": "boundary"}))
    service.post(_rising("m", 25.0, "2023-10-05", 2))
    service.settle()
    for step, spans in (("day", [2400.0, 2400.0, *[0.0] * 5]), ("month", [4800.0])):
        (park,) = service.get("/cost", **WEEK, step=step)["series"]
        assert park["costs"] == [None] * len(spans)
        assert park["unpriced"] == spans
        assert park["shortfalls"] == [
            {"reason": "the park's contract names no tariff", "from": "2023-10-05", "to": "2023-10-06"}
        ]


def test_earlier_prices_are_provisional_and_days_before_any_unpriced(start: Start, make_site: Made) -> None:
    billing = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv"}
    service = start(make_site({"code": "m", "role": "boundary"}, billing=billing))
    for first in ("2021-09-30", "2021-10-31"):
        service.post(_rising("m", 1.0, first, 2))
    service.settle()
    span = {"from": "2021-09-01", "to": "2021-12-01", "step": "month"}
    (park,) = service.get("/cost", **span)["series"]
    assert park["costs"][0] is None
    assert park["provisional"] == [False, False, True]
    assert park["unpriced"][0] == 96.0
    assert [(each["reason"], each["to"]) for each in park["shortfalls"]] == [
        ("no price table before 2021-10-01", "2021-09-30")
    ]


def test_hours_are_refused_with_the_reason(start: Start, make_site: Made) -> None:
    refused = start(make_site({"code": "m"})).call("GET", "/api/v1/cost", params={"step": "hour"})
    assert refused.status_code == 422
    assert "by day and by month" in refused.text
