"""Hourly factors that people post: what they rate, their gaps, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
START = int(datetime(2024, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
METERS = [{"code": "E-1", "role": "boundary", "area": "hall"}]


SERIES = {
    "region": "CN-GD",
    "edition": "dispatch June",
    "source": "operator's table 2",
    "start": "2024-06-01T00:00:00+08:00",
    "unit": "gCO2/kWh",
    "values": [300, None, 500],
    "who": "li.na",
}


def say(service: Any, row: object, status: int = 200) -> Any:
    response = service.call("POST", "/api/v1/hourly-factors", json=row)
    assert response.status_code == status, response.text
    return response.json()


@pytest.fixture
def bought(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """10 kWh in each of the first four hours of June."""
    service = start(make_site(METERS[0]))
    service.post(
        [
            {
                "meter": "E-1",
                "time": datetime.fromtimestamp(START + n * 900, UTC).isoformat(),
                "values": {"energy_import": 2.5 * n},
            }
            for n in range(17)
        ]
    )
    service.settle()
    return service


def test_a_series_that_is_posted_rates_its_hours_and_names_its_gaps(bought: Any) -> None:
    said = say(bought, SERIES)
    assert (said["new"], said["hours"], said["mean"]) == (True, 2, pytest.approx(0.4))
    assert [(each["from"], each["hours"]) for each in said["gaps"]] == [("2024-06-01T01:00:00+08:00", 1)]
    found = bought.get("/inventory", period="2024-06-01", area="hall")["hourly"]
    assert found["kg"] == pytest.approx(10 * 0.3 + 10 * 0.5)
    assert (found["unrated_kwh"], found["editions"]) == (pytest.approx(20), ["dispatch June"])
    assert [(each["region"], each["from"][11:13], each["hours"]) for each in found["gaps"]] == [
        ("CN-GD", "01", 1),
        ("CN-GD", "03", 1),
    ]


def test_the_same_series_twice_changes_nothing(bought: Any) -> None:
    first, again = say(bought, SERIES), say(bought, SERIES)
    assert again == {**first, "new": False}
    assert len(bought.get("/hourly-factors")["series"]) == 1


def test_a_second_answer_for_an_hour_waits_for_the_first_one_to_be_withdrawn(bought: Any) -> None:
    number = say(bought, SERIES)["id"]
    other = {**SERIES, "edition": "dispatch June, revised", "start": "2024-06-01T02:00:00+08:00"}
    [mistake] = say(bought, other, 422)["errors"]
    assert "answer for the same hours; withdraw that first" in mistake["reason"]
    assert (mistake["field"], mistake["value"]) == ("start", other["start"])
    between = {**SERIES, "edition": "filled in", "start": "2024-06-01T01:00:00+08:00", "values": [400]}
    assert say(bought, between)["new"]
    told = {"who": "wang", "reason": "revised"}
    gone = bought.call("POST", f"/api/v1/hourly-factors/{number}/withdrawal", json=told).json()
    assert gone["withdrawn"]["by"] == "wang"
    assert say(bought, other)["new"]
    shown = bought.get("/hourly-factors", withdrawn=True)["series"]
    assert [each["withdrawn"] is None for each in shown] == [False, True, True]


def test_a_value_in_a_list_that_cannot_be_is_told(bought: Any) -> None:
    [mistake] = say(bought, {**SERIES, "values": [0.3, -0.1]}, 422)["errors"]
    assert (mistake["field"], mistake["value"]) == ("values[1]", "-0.1")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"values": [0.3, -0.1]}, "values[1]"),
        ({"values": [None]}, "values"),
        ({"values": []}, "values"),
        ({"start": "2024-06-01T00:30:00+08:00"}, "start"),
        ({"start": "2024-06-01T00:00:00"}, "start"),
        ({"unit": "kgCO2e/kWh"}, "unit"),
        ({"unit": "lb/MWh"}, "unit"),
        ({"region": "XX-Y"}, "region"),
        ({"source": ""}, "source"),
    ],
)
def test_a_series_with_a_mistake_is_refused_by_name(bought: Any, change: dict[str, Any], field: str) -> None:
    [mistake] = say(bought, {**SERIES, **change}, 422)["errors"]
    assert mistake["field"] == field
    assert bought.get("/hourly-factors")["series"] == []
