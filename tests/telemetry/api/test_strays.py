"""Rows of meters that nobody has declared: named to their sender, kept aside and listed."""

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
T0 = "2023-06-01T08:00:00+08:00"
T1 = "2023-06-01T08:00:10+08:00"


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:  # noqa: ANN401  # conftest's Service
    return start(make_site({"code": "M1"}))


def _row(meter: str, time: str, **values: float) -> dict[str, Any]:
    return {"meter": meter, "time": time, "values": values}


def test_rows_of_an_undeclared_meter_are_named_kept_and_listed(service: Any) -> None:  # noqa: ANN401  # as above
    said = service.post(
        [_row("M9", T0, energy_import=1.0), _row("M1", T0, energy_import=5.0), _row("M9", T1, voltage=230.5)]
    )
    assert said["accepted"] == 1
    assert [(r["row"], r["field"], r["value"], r["reason"]) for r in said["rejected"]] == [
        (0, "meter", "M9", "no meter has this code; the row is kept aside"),
        (2, "meter", "M9", "no meter has this code; the row is kept aside"),
    ]
    listed = service.get("/strays")["strays"]
    assert [{k: v for k, v in each.items() if k != "received"} for each in listed] == [
        {"source": "push", "meter": "M9", "rows": 2, "first": T0, "last": T1, "values": {"voltage": 230.5}}
    ]


def test_what_posts_lines_and_columns_reaches_the_list_too(service: Any) -> None:  # noqa: ANN401  # as above
    service.call("POST", "/api/v2/write?precision=s", content="M8 active_power=3 1685577600")
    service.call("POST", "/api/v1/readings", json={"meter": ["M7"], "time": [T0], "voltage": [230.0]})
    found = {
        (each["source"], each["meter"], *each["values"].items()) for each in service.get("/strays")["strays"]
    }
    assert found == {("influx", "M8", ("active_power", 3.0)), ("push", "M7", ("voltage", 230.0))}


def test_what_can_be_no_code_is_not_kept(service: Any) -> None:  # noqa: ANN401  # as above
    answer = service.call("POST", "/api/v1/readings", json=[_row("no code", T0, voltage=1.0)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["reason"] == "no meter has this code"
    assert service.get("/strays") == {"strays": []}


def test_undeclared_meters_are_no_meters_of_the_source(service: Any) -> None:  # noqa: ANN401  # as above
    service.post([_row("M9", T0, voltage=230.0), _row("M1", T0, voltage=230.0)])
    source = service.get("/sources/push")
    assert [meter["code"] for meter in source["each"]] == ["M1"]
    assert [each["reason"] for each in source["aside"]] == ["no meter has this code; the row is kept aside"]
