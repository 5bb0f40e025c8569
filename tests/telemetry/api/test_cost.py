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


@pytest.mark.parametrize("step", ["hour", "15min"])
def test_every_hour_has_its_cost_and_they_come_to_the_days(start: Start, make_site: Made, step: str) -> None:
    service = start(make_site({"code": "m", "role": "boundary"}, billing=DEMO))
    service.post(_rising("m", 25.0, "2023-10-05", 1))
    service.settle()
    day = {"from": "2023-10-05", "to": "2023-10-06"}
    (found,) = service.get("/cost", **day, step=step)["series"]
    (whole,) = service.get("/cost", **day)["series"]
    each = 100.0 if step == "hour" else 25.0
    per_hour = len(found["costs"]) // 24
    assert found["costs"][7 * per_hour : 11 * per_hour : per_hour] == pytest.approx(
        [each * price for price in (0.30, 0.70, 0.70, 1.15)]
    )
    assert sum(found["costs"]) == pytest.approx(whole["costs"][0])
    for part, band in zip(found["bands"], whole["bands"], strict=True):
        assert part["band"] == band["band"]
        assert sum(part["amounts"]) == pytest.approx(band["amounts"][0])
    assert (found["shortfalls"], set(found["unpriced"])) == ([], {0.0})


def test_hours_without_a_price_say_why_too(start: Start, make_site: Made) -> None:
    billing = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv"}
    service = start(make_site({"code": "m", "role": "boundary"}, billing=billing))
    service.post(_rising("m", 1.0, "2021-09-30", 2))
    service.settle()
    (found,) = service.get("/cost", **{"from": "2021-09-30", "to": "2021-10-02"}, step="hour")["series"]
    assert found["costs"][:24] == [None] * 24
    assert None not in found["costs"][24:]
    assert found["shortfalls"] == [
        {"reason": "no price table before 2021-10-01", "from": "2021-09-30", "to": "2021-09-30"}
    ]


def test_shares_by_band_stand_against_the_valley_share_that_is_set(start: Start, make_site: Made) -> None:
    site = make_site(
        {"code": "m", "role": "boundary", "area": "hall"},
        {"code": "p", "carrier": "production", "area": "hall"},
        billing={**DEMO, "valley_share": 0.5},
    )
    service = start(site)
    service.post(_rising("m", 25.0, "2023-10-05", 1))
    pieces = [
        {**row, "meter": "p", "values": {"production_count": n * 2.0}}
        for n, row in enumerate(_rising("p", 1, "2023-10-05", 1))
    ]
    service.post(pieces)
    service.settle()
    day = {"from": "2023-10-05", "to": "2023-10-06"}
    found = service.get("/band-shares", **day)
    assert (found["target"], found["valley"]) == (0.5, ["valley"])
    (hall,) = found["series"]
    assert [(band["band"], band["kwh"]) for band in hall["bands"]] == [
        ("valley", 800.0),
        ("flat", 900.0),
        ("peak", 700.0),
    ]
    assert hall["valley_share"] == pytest.approx(1 / 3)
    assert hall["short_kwh"] == pytest.approx(400.0)
    (product,) = service.get("/band-shares", **day, by="product")["series"]
    assert (product["key"], product["produced"]) == ("p", 192.0)
    assert product["valley_share"] == pytest.approx(1 / 3)
    empty = service.get("/band-shares", **{"from": "2023-11-05", "to": "2023-11-06"})["series"]
    assert [each["valley_share"] for each in empty] == [None] * len(empty)
