"""The same amount by quarter hour, hour, day and month, whatever happened to the meters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
FIRST = datetime.fromisoformat("2023-10-05T00:00:00+08:00")
MONTH = {"from": "2023-10-01", "to": "2023-11-01"}
STEPS = ("15min", "hour", "day", "month")
Sums = dict[str, dict[str, float]]


def _counter(code: str, per_quarter: float, quarters: int, first: datetime = FIRST) -> list[dict[str, Any]]:
    return [
        {
            "meter": code,
            "time": (first + timedelta(minutes=15 * n)).isoformat(),
            "values": {"energy_import": n * per_quarter},
        }
        for n in range(quarters + 1)
    ]


def _sums(service: Any, path: str, span: dict[str, str], by: str) -> Sums:
    """Sum of each group by step."""
    found: Sums = {}
    for step in STEPS:
        for each in service.get(path, **span, step=step, by=by, quantity="energy_import")["series"]:
            known = [value for value in each["values"] if value is not None]
            found.setdefault(each["key"], {})[step] = round(sum(known), 6)
    return found


def test_a_meter_that_moved_in_the_course_of_a_day_counts_elsewhere_from_the_next(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    moved = [{"from": "2023-10-06T12:00:00+08:00", "area": "hall"}]
    service = start(make_site({"code": "m", "role": "boundary", "history": moved}))
    service.post(_counter("m", 25.0, 4 * 72))
    service.settle()
    both = {"park": dict.fromkeys(STEPS, 4800.0), "hall": dict.fromkeys(STEPS, 2400.0)}
    assert _sums(service, "/energy", MONTH, "area") == both
    kg = {key: dict.fromkeys(STEPS, round(sums["day"] * 0.4419, 6)) for key, sums in both.items()}
    assert _sums(service, "/emissions", MONTH, "area") == kg


@pytest.mark.parametrize("by", ["meter", "area"])
def test_months_say_what_their_days_say_after_readings_came_late(
    start: Callable[..., Any], make_site: Callable[..., Site], by: str
) -> None:
    moved = [{"from": "2023-10-02T12:00:00+08:00", "area": "hall"}]
    steady, other = {"code": "a", "role": "boundary"}, {"code": "b", "role": "boundary", "history": moved}
    service = start(make_site(steady, other))
    first = datetime.fromisoformat("2023-09-29T06:00:00+08:00")
    for quarters in (4 * 30, 4 * 100):
        service.post(_counter("a", 25.0, quarters, first) + _counter("b", 5.0, quarters, first))
        service.settle()
        for path in ("/energy", "/emissions"):
            span = {"from": "2023-09-01", "to": "2023-11-01", "by": by, "quantity": "energy_import"}
            days, months = (service.get(path, **span, step=step)["series"] for step in ("day", "month"))
            assert [_told(each) for each in months] == [_told(each) for each in days] != []
            for day, month in zip(days, months, strict=True):
                assert month["values"] == [_total(day["values"][:30]), _total(day["values"][30:])]
                if by == "area":  # its days are of one meter or two, and do not weigh alike
                    continue
                mean = [sum(part) / len(part) for part in (day["coverage"][:30], day["coverage"][30:])]
                assert month["coverage"] == pytest.approx(mean, abs=1e-4)


def _told(series: dict[str, Any]) -> dict[str, Any]:
    return {name: series.get(name) for name in ("key", "quantity", "gas", "factors", "shortfalls")}


def _total(values: list[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return pytest.approx(sum(known), rel=1e-9) if known else None
