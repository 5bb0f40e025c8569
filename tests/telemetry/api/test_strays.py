"""Rows of meters that nobody has declared: named to their sender, kept aside and listed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest

from ingest.batch import Batch, row
from ingest.collectors.influx.mapping import FieldRule, InfluxMapping
from ingest.decode import AS_IT_IS, Meaning
from telemetry.jobs.adopt import Adopter, Bounds, Naming
from telemetry.model import Site
from telemetry.reports.strays import StrayTally
from telemetry.storage import stray
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database
T0 = "2023-06-01T08:00:00+08:00"
T1 = "2023-06-01T08:00:10+08:00"


def _opened(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1"}))


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _opened(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _opened(start_for_file, make_site)


def _row(meter: str, time: str, **values: float) -> dict[str, Any]:
    return {"meter": meter, "time": time, "values": values}


def test_rows_of_an_undeclared_meter_are_named_kept_and_listed(service: Any) -> None:
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
        {
            "source": "push",
            "meter": "M9",
            "rows": 2,
            "conflicts": 0,
            "first": T0,
            "last": T1,
            "values": {"voltage": 230.5},
        }
    ]


def test_what_posts_lines_and_columns_reaches_the_list_too(service: Any) -> None:
    service.call("POST", "/api/v2/write?precision=s", content="M8 active_power=3 1685577600")
    service.call("POST", "/api/v1/readings", json={"meter": ["M7"], "time": [T0], "voltage": [230.0]})
    found = {
        (each["source"], each["meter"], *each["values"].items()) for each in service.get("/strays")["strays"]
    }
    assert found == {("influx", "M8", ("active_power", 3.0)), ("push", "M7", ("voltage", 230.0))}


def test_what_can_be_no_code_is_not_kept(service: Any) -> None:
    answer = service.call("POST", "/api/v1/readings", json=[_row("no code", T0, voltage=1.0)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["reason"] == "no meter has this code"
    assert service.get("/strays")["strays"] == []


def test_undeclared_meters_are_no_meters_of_the_source(service: Any) -> None:
    service.post([_row("M9", T0, voltage=230.0), _row("M1", T0, voltage=230.0)])
    source = service.get("/sources/push")
    assert [meter["code"] for meter in source["each"]] == ["M1"]
    assert [each["reason"] for each in source["aside"]] == ["no meter has this code; the row is kept aside"]


def _keep(service: Any, rows: list[dict[str, Any]], **query: str) -> None:
    """Rows of undeclared meters alone."""
    assert service.call("POST", "/api/v1/readings", json=rows, params=query).status_code == 422


def _adopter(
    service: Any,
    naming: Naming = lambda *_: None,
    tally: StrayTally | None = None,
    bounds: Bounds = Bounds(1000, 1000),  # noqa: B008  # frozen
) -> Adopter:
    return Adopter(service.database, service.writer, tally or StrayTally(), naming, lambda: bounds)


@pytest.fixture
def adopter(service: Any) -> Adopter:
    return _adopter(service)


@pytest.fixture
def declare(service: Any, make_site: Callable[..., Site]) -> Callable[..., None]:
    def enact(*codes: str) -> None:
        apply_site(service.database, make_site(*({"code": code} for code in codes)), datetime.now(UTC))
        service.writer.refresh()

    return enact


def _shown(service: Any, meter: str) -> dict[str, list[float | None]]:
    query = {"meter": meter, "from": "2023-06-01", "to": "2023-06-02", "step": "raw"}
    found = service.get("/readings", **query)
    return {"times": found["times"], **{name: q["values"] for name, q in found["quantities"].items()}}


def test_once_a_meter_is_declared_its_rows_are_readings_of_their_own_times(
    service: Any,
    adopter: Adopter,
    declare: Callable[..., None],
) -> None:
    _keep(service, [_row("M9", T0, energy_import=1.0), _row("M8", T0, voltage=229.0)])
    _keep(service, [_row("M9", T1, energy_import=2.0)], source="other")
    assert adopter.adopt() == 0
    declare("M1", "M9")
    assert adopter.adopt() == 2
    assert _shown(service, "M9") == {"times": [T0, T1], "energy_import": [1.0, 2.0]}
    assert [each["meter"] for each in service.get("/strays")["strays"]] == ["M8"]
    assert adopter.adopt() == 0
    service.settle()
    with service.database.connection() as conn:
        assert conn.execute("select distinct quantity from energy").fetchall() == [("energy_import",)]


def test_a_value_that_stands_already_is_not_overwritten_by_one_that_was_kept(
    service: Any,
    adopter: Adopter,
    declare: Callable[..., None],
) -> None:
    _keep(service, [_row("M9", T0, energy_import=1.0, voltage=230.0)])
    declare("M1", "M9")
    service.post([_row("M9", T0, energy_import=7.0)])
    adopter.adopt()
    assert _shown(service, "M9") == {"times": [T0], "energy_import": [7.0], "voltage": [230.0]}
    with service.database.connection() as conn:
        assert conn.execute("select standing, offered from conflict").fetchall() == [(7.0, 1.0)]


def test_a_turn_that_broke_off_after_the_write_is_done_again_and_changes_nothing(
    service: Any,
    adopter: Adopter,
    declare: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _keep(service, [_row("M9", T0, energy_import=1.0)])
    declare("M1", "M9")
    with monkeypatch.context() as broken:
        broken.setattr(stray, "forget", lambda *_: (_ for _ in ()).throw(ConnectionError))
        with pytest.raises(ConnectionError):
            adopter.adopt()
    assert [each["meter"] for each in service.get("/strays")["strays"]] == ["M9"]
    assert adopter.adopt() == 1
    assert _shown(service, "M9") == {"times": [T0], "energy_import": [1.0]}
    with service.database.connection() as conn:
        assert conn.execute("select count(*) from conflict").fetchone() == (0,)


def test_quantities_that_came_apart_for_one_instant_are_all_kept(
    service: Any,
    adopter: Adopter,
    declare: Callable[..., None],
) -> None:
    _keep(service, [_row("M9", T0, energy_import=1.0), _row("M9", T0, voltage=230.0)])
    _keep(service, [_row("M9", T0, current=4.0, voltage=231.0)])
    declare("M1", "M9")
    adopter.adopt()
    assert _shown(service, "M9") == {
        "times": [T0],
        "energy_import": [1.0],
        "voltage": [230.0],
        "current": [4.0],
    }


def test_beyond_the_bound_the_oldest_rows_are_given_up_loudly(
    service: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tally = StrayTally()
    adopter = _adopter(service, tally=tally, bounds=Bounds(2, 2))
    for meter in ("M7", "M8", "M9"):
        _keep(service, [_row(meter, T0, voltage=230.0)])
    adopter.trim()
    assert {each["meter"] for each in service.get("/strays")["strays"]} == {"M8", "M9"}
    assert tally.dropped == 1
    assert "the oldest are given up" in caplog.text
    adopter.trim()
    assert tally.dropped == 1


def test_another_value_for_the_same_instant_is_a_conflict_once_the_meter_is_declared(
    service: Any,
    adopter: Adopter,
    declare: Callable[..., None],
) -> None:
    _keep(service, [_row("M9", T0, energy_import=1.0, voltage=230.0)])
    for _ in range(2):
        _keep(service, [_row("M9", T0, energy_import=2.0, voltage=230.0), _row("M9", T0, energy_import=3.0)])
    (listed,) = service.get("/strays")["strays"]
    assert (listed["rows"], listed["conflicts"]) == (1, 2)
    declare("M1", "M9")
    while adopter.adopt():
        pass
    assert _shown(service, "M9") == {"times": [T0], "energy_import": [1.0], "voltage": [230.0]}
    with service.database.connection() as conn:
        found = conn.execute("select standing, offered from conflict order by offered").fetchall()
    assert found == [(1.0, 2.0), (1.0, 3.0)]
    assert service.get("/strays")["strays"] == []


LINES = "em,meter=M1 voltage=230,total_wh=5000,state=7 1685577600\nem,meter=M1 total_wh=6000 1685577610"


def _post_lines(service: Any, lines: str) -> int:
    status: int = service.call("POST", "/api/v2/write?precision=s", content=lines).status_code
    return status


def test_numbers_of_unmapped_fields_are_kept_and_are_readings_once_a_rule_maps_them(
    service: Any,
) -> None:
    assert _post_lines(service, LINES) == _post_lines(service, LINES) == 400
    names = service.get("/strays")["names"]
    assert {(each["meter"], each["measurement"], each["name"], each["rows"]) for each in names} == {
        ("M1", "em", "total_wh", 2),
        ("M1", "em", "state", 1),
    }
    rule = FieldRule(measurement="em", field="total_wh", quantity="energy_import", unit="Wh")
    mapping = InfluxMapping(fields=(rule,))
    tally = StrayTally()
    adopter = _adopter(service, lambda _, measurement, name, __: mapping.form(measurement, name), tally)
    assert (adopter.adopt(), adopter.adopt_names(), adopter.adopt_names()) == (0, 2, 0)
    assert _shown(service, "M1") == {"times": [T0, T1], "energy_import": [5.0, 6.0], "voltage": [230.0, None]}
    assert [each["name"] for each in service.get("/strays")["names"]] == ["state"]
    assert tally.adopted == 2


@pytest.mark.parametrize(
    "body",
    [
        [_row("M1", T0, voltage=230.0, new_thing=4.5)],
        [_row("M1", T0, **{"voltage": 230.0, "new_thing": 4.5, "\0": 1.0})],
        {"meter": "M1", "time": [T0], "voltage": [230.0], "new_thing": [4.5], "text": ["no number"]},
    ],
)
def test_numbers_under_names_of_no_quantity_are_kept_beside_what_is_one(service: Any, body: Any) -> None:
    answer = service.call("POST", "/api/v1/readings", json=body)
    assert answer.json()["accepted"] == 1
    (kept,) = service.get("/strays")["names"]
    assert (kept["source"], kept["meter"], kept["measurement"], kept["name"]) == (
        "push",
        "M1",
        "",
        "new_thing",
    )
    assert (kept["rows"], kept["first"], kept["value"]) == (1, T0, 4.5)


def test_another_number_under_the_same_name_is_a_conflict_of_the_quantity_it_becomes(
    service: Any,
) -> None:
    for number in (4.5, 4.5, 5.5):
        service.call("POST", "/api/v1/readings", json=[_row("M1", T0, new_thing=number)])
    adopter = _adopter(service, lambda *_: ("current", AS_IT_IS))
    assert adopter.adopt_names() == 2
    assert _shown(service, "M1") == {"times": [T0], "current": [4.5]}
    with service.database.connection() as conn:
        assert conn.execute("select standing, offered from conflict").fetchall() == [(4.5, 5.5)]
        assert conn.execute("select count(*) from stray").fetchone() == (0,)


def _unmapped(time: str, **numbers: float) -> Batch:
    time_us = round(datetime.fromisoformat(time).timestamp() * 1e6)
    made = row("gw", "M1", time_us, tuple(numbers), np.array(list(numbers.values())))
    return replace(made, unmapped=True)


def test_what_a_template_does_not_mention_is_kept_and_listed_beside_the_readings_of_its_write(
    service: Any,
) -> None:
    read = row("gw", "M1", _unmapped(T0).time[0], ("voltage",), np.array([230.0]))
    batches = [_unmapped(T0, rssi=-60.0, voltage=3.0), read, _unmapped(T1, rssi=-61.0)]
    outcomes = service.writer.write(batches)
    assert [outcome.tolist() for outcome in outcomes] == [[0], [0], [0]]
    assert [outcome.tolist() for outcome in service.writer.write(batches)] == [[0], [1], [0]]
    assert _shown(service, "M1") == {"times": [T0], "voltage": [230.0]}
    listed = service.get("/strays")
    assert listed["names"] == []
    shown = ("rows", "first", "last", "value")
    found = {each["name"]: [each[field] for field in shown] for each in listed["unmapped"]}
    assert found == {"rssi": [2, T0, T1, -61.0], "voltage": [1, T0, T0, 3.0]}


def test_once_its_template_mentions_a_number_what_was_kept_of_it_are_readings(
    service: Any,
    make_site: Callable[..., Site],
) -> None:
    asked = set()

    def meaning(source: str, measurement: str, name: str, device: str | None) -> Meaning | None:
        asked.add((source, measurement, name, device))
        return ("current", lambda raw: np.nan if raw == -1 else raw / 1000) if name == "mA" else None

    adopter = _adopter(service, meaning)
    service.writer.write([_unmapped(T0, mA=4500.0, rssi=-60.0), _unmapped(T1, mA=-1.0)])
    apply_site(service.database, make_site({"code": "M1", "device": "eastron-sdm630"}), datetime.now(UTC))
    assert (adopter.adopt_names(), adopter.adopt_names()) == (2, 0)
    assert asked == {("gw", "", "mA", "eastron-sdm630"), ("gw", "", "rssi", "eastron-sdm630")}
    assert _shown(service, "M1") == {"times": [T0], "current": [4.5]}
    assert [each["name"] for each in service.get("/strays")["unmapped"]] == ["rssi"]


def test_of_what_no_template_mentions_the_oldest_rows_go_and_no_others(service: Any) -> None:
    rows = [_row("M1", T0, new_thing=1.0), _row("M9", T0, voltage=1.0)]
    service.call("POST", "/api/v1/readings", json=rows)
    service.writer.write([_unmapped(T0, old=1.0)])
    service.writer.write([_unmapped(T1, new=1.0)])
    _adopter(service, bounds=Bounds(1, 1)).trim()
    listed = service.get("/strays")
    assert [each["meter"] for each in listed["strays"]] == ["M9"]
    assert [each["name"] for each in listed["names"]] == ["new_thing"]
    assert [each["name"] for each in listed["unmapped"]] == ["new"]


def test_numbers_kept_under_an_address_are_those_of_the_meter_that_is_declared_there(
    service: Any,
    make_site: Callable[..., Site],
) -> None:
    early = [replace(_unmapped(T0, mA=n), meters=("@g/7",)) for n in (4500.0, 5500.0)]
    foreign = replace(_unmapped(T0, mA=1.0), meters=("@g/7",), source="other")
    later = replace(_unmapped(T1, mA=6500.0, rssi=-60.0), meters=("@g/7",))
    for each in (*early, foreign, later, _unmapped(T1, rssi=-61.0)):
        service.writer.write([each])
    adopter = _adopter(
        service, lambda *name: ("current", lambda raw: raw / 1000) if name[2] == "mA" else None
    )
    assert adopter.adopt_names() == 0
    meter = {"code": "M1", "device": "eastron-sdm630", "source": "gw", "address": "g/7"}
    apply_site(service.database, make_site(meter), datetime.now(UTC))
    assert (adopter.adopt_names(), adopter.adopt_names()) == (3, 0)
    assert _shown(service, "M1") == {"times": [T0, T1], "current": [4.5, 6.5]}
    with service.database.connection() as conn:
        assert conn.execute("select standing, offered from conflict").fetchall() == [(4.5, 5.5)]
    listed = service.get("/strays")["unmapped"]
    found = {(each["source"], each["meter"], each["name"], each["value"]) for each in listed}
    assert found == {("gw", "M1", "rssi", -61.0), ("other", "@g/7", "mA", 1.0)}


def test_of_addresses_without_a_meter_the_oldest_rows_go_by_themselves(service: Any) -> None:
    for at, name in ((T0, "old"), (T1, "new")):
        service.writer.write([replace(_unmapped(at, **{name: 1.0}), meters=("@7",))])
    service.writer.write([_unmapped(T0, own=1.0)])
    _adopter(service, bounds=Bounds(1, 1)).trim()
    assert {each["name"] for each in service.get("/strays")["unmapped"]} == {"new", "own"}


def _keep_unmapped(service: Any, body: dict[str, Any]) -> httpx.Response:
    query = {"source": "gw", "unmapped": "true"}
    answer: httpx.Response = service.call("POST", "/api/v1/readings", json=body, params=query)
    return answer


def test_an_edge_hands_over_what_its_templates_do_not_mention(service: Any) -> None:
    time_us = int(_unmapped(T0).time[0])
    columns = {"time": [1.5, None], "voltage": [None, 3.0]}
    answer = _keep_unmapped(service, {"meter": ["M1", "M2"], "time": [time_us] * 2, "values": columns})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    found = {(each["meter"], each["name"], each["value"]) for each in service.get("/strays")["unmapped"]}
    assert found == {("M1", "time", 1.5), ("M2", "voltage", 3.0)}


def test_an_edge_hands_over_what_comes_from_addresses_without_a_meter(service: Any) -> None:
    time_us = int(_unmapped(T0).time[0])
    answer = _keep_unmapped(service, {"meter": ["@p/1 x"], "time": [time_us], "values": {"a": [1.5]}})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [each["meter"] for each in service.get("/strays")["unmapped"]] == ["@p/1 x"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meter": ["no code"]}, "meter"),
        ({"meter": ["@"]}, "meter"),
        ({"meter": []}, "time"),
        ({"time": [1 << 63]}, "time"),
        ({"time": [1.5]}, "body"),
        ({"time": [1 << 62]}, "time"),
        ({"time": [0]}, "time"),
        ({"values": {"a": [1.0, 2.0]}}, "values"),
        ({"values": {"a": [1e300]}}, "values"),
        ({"values": {"a" * 201: [1.0]}}, "values"),
        ({"values": {"a\0": [1.0]}}, "values"),
        ({"values": {f"n{n}": [1.0] for n in range(1001)}}, "values"),
        ({"values": {"a": ["1"]}}, "body"),
    ],
)
def test_of_a_body_that_is_wrong_nothing_is_kept(unchanged: Any, change: dict[str, Any], field: str) -> None:
    sound = {"meter": ["M1"], "time": [int(_unmapped(T0).time[0])], "values": {"a": [1.0]}}
    answer = _keep_unmapped(unchanged, sound | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert unchanged.get("/strays")["unmapped"] == []
