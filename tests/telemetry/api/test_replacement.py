"""A device that takes the place of another behind a meter: what both counters showed joins them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from telemetry.model import Meter, Site
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database
JSON = Service = Any
Start = Callable[..., Service]
Made = Callable[..., Site]
CHANGE = {
    "from": "2023-06-01T08:22:00",
    "ends": {"energy_import": 906.0},
    "starts": {"energy_import": 7000.0},
}
BEFORE, AFTER = {"08:00": 900.0, "08:15": 904.0}, {"08:30": 7003.0, "08:45": 7004.0}


def incomer(**given: JSON) -> dict[str, Any]:
    """Other transformers from the same moment on."""
    history = [{"from": "2023-06-01T08:22:00", "multiplier": 100.0}]
    return {"code": "M1", "role": "boundary", "multiplier": 80.0, "history": history} | given


def post(service: Service, shown: dict[str, float]) -> None:
    service.post(
        [
            {"meter": "M1", "time": f"2023-06-01T{clock}:00+08:00", "values": {"energy_import": value}}
            for clock, value in shown.items()
        ]
    )


def settled(service: Service) -> tuple[list[float | None], list[float]]:
    hour = {"from": "2023-06-01T08:00:00+08:00", "to": "2023-06-01T08:45:00+08:00", "step": "15min"}
    service.settle()
    [found] = service.get("/energy", by="meter", quantity="energy_import", **hour)["series"]
    return found["values"], found["coverage"]


def traced(service: Service) -> JSON:
    return service.get(
        "/trace",
        meter="M1",
        quantity="energy_import",
        **{"from": "2023-06-01T08:15:00+08:00", "to": "2023-06-01T08:30:00+08:00"},
    )


def test_the_old_devices_end_and_the_new_ones_start_join_with_their_multipliers(
    start: Start, make_site: Made
) -> None:
    """(906 - 904) x 80 + (7 003 - 7 000) x 100 = 460 kWh."""
    service = start(make_site(incomer(replacements=[CHANGE])))
    post(service, AFTER)
    post(service, BEFORE)
    assert settled(service) == ([320.0, 460.0, 100.0], [1.0, 1.0, 1.0])
    found = traced(service)
    assert [(span["before"], span["after"], span["amount"]) for span in found["spans"]] == [
        (904.0, 906.0, 160.0),
        (7000.0, 7003.0, 300.0),
    ]
    at = "2023-06-01T08:22:00+08:00"
    assert found["replacements"] == [{"at": at, "ended": 906.0, "began": 7000.0}]
    assert [(event["time"], event["flag"]) for event in found["events"]] == [(at, "replacement")]


def test_where_nobody_read_the_counters_the_time_between_is_unknown_and_nothing_is_invented(
    start: Start, make_site: Made
) -> None:
    service = start(make_site(incomer(replacements=[{"from": CHANGE["from"]}])))
    post(service, BEFORE | AFTER)
    assert settled(service) == ([320.0, None, 100.0], [1.0, 0.0, 1.0])
    [span] = traced(service)["spans"]
    assert (span["amount"], span["how"]) == (None, "unknown")


def test_a_replacement_that_is_told_later_settles_its_time_anew(start: Start, make_site: Made) -> None:
    service = start(make_site(incomer()))
    post(service, BEFORE | AFTER)
    assert settled(service)[0] != [320.0, 460.0, 100.0]
    apply_site(service.database, make_site(incomer(replacements=[CHANGE])), datetime(2023, 7, 1, tzinfo=UTC))
    assert settled(service) == ([320.0, 460.0, 100.0], [1.0, 1.0, 1.0])


def test_two_replacements_in_one_quarter_hour(start: Start, make_site: Made) -> None:
    """The second device counts 2 within it: 160 + 2 x 100 + (7 003 - 7 000) x 100."""
    first = {
        "from": "2023-06-01T08:22:00",
        "ends": {"energy_import": 906.0},
        "starts": {"energy_import": 0.0},
    }
    second = {
        "from": "2023-06-01T08:25:00+08:00",
        "ends": {"energy_import": 2.0},
        "starts": {"energy_import": 7000.0},
    }
    service = start(make_site(incomer(replacements=[second, first])))
    post(service, BEFORE | AFTER)
    assert settled(service) == ([320.0, 660.0, 100.0], [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"starts": {}}, "needs both the old device's last value and the new one's first"),
        ({"ends": {"active_power": 1.0}, "starts": {"active_power": 1.0}}, "'active_power' is no counter"),
        ({"ends": {"x": 1.0}, "starts": {"x": 1.0}}, "'x' is no counter"),
    ],
)
def test_a_replacement_that_says_half_of_it_is_a_mistake(wrong: JSON, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Meter.model_validate(
            {
                "code": "M1",
                "name": {"en": "M", "zh": "M"},
                "area": "a",
                "source": "s",
                "replacements": [CHANGE | wrong],
            }
        )
