"""What is told of sources: by the API and to Prometheus."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingest.errors import LineDown, UnitRefuses, UnitSilent
from ingest.health import DropCount, SourceHealth
from telemetry.model import Site

pytestmark = pytest.mark.database
LINE = {"kind": "modbus", "code": "line-1", "host": "192.168.1.20"}
METER = {"source": "line-1", "device": "eastron-sdm630"}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    site = make_site(
        {"code": "M-1", "address": 1, **METER},
        {"code": "M-2", "address": 2, **METER},
        {"code": "P-1"},
        sources=[LINE, {"kind": "push", "code": "push"}],
    )
    service = start(site)
    service.health["line-1"] = SourceHealth.of("line-1", "modbus", ["M-1", "M-2"])
    return service


@pytest.fixture
def line(service: Any) -> SourceHealth:
    health: SourceHealth = service.health["line-1"]
    return health


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _row(meter: str = "P-1", **values: object) -> dict[str, object]:
    return {"meter": meter, "time": (datetime.now(UTC) - timedelta(seconds=5)).isoformat(), "values": values}


def test_a_line_with_a_dead_meter_answers_partly_and_says_when_it_is_asked_again(
    service: Any,
    line: SourceHealth,
) -> None:
    now = _now()
    for read in range(60):
        line.line.succeeded(now - 60 + read, 0.02)
        line.meters["M-1"].succeeded(now - 60 + read, 0.02)
    line.meters["M-2"].failed(now, UnitSilent("no answer within 1 s"))
    line.meters["M-2"].next_attempt = now + 40
    whole = service.get("/sources/line-1")
    took = _now() - now
    assert (whole["condition"], whole["meters"], whole["answering"]) == ("partly", 2, 1)
    assert whole["place"] == "192.168.1.20:502"
    assert whole["protocol"] == "Modbus"
    assert 0.9 - took / 60 <= whole["reads_per_s"] <= 1.1
    dead, sound = whole["each"]
    assert (dead["code"], dead["condition"], dead["cause"]) == ("M-2", "failing", "silent")
    assert (dead["last_error"], dead["last_success"]) == ("no answer within 1 s", None)
    assert datetime.fromisoformat(dead["next_attempt"]).timestamp() == pytest.approx(now + 40)
    assert dead["next_attempt"].endswith("+08:00")
    assert (sound["condition"], sound["reads"], sound["latency_s"]) == ("answering", 60, 0.02)


def test_meters_that_refuse_a_part_answer_and_name_it(
    service: Any,
    line: SourceHealth,
) -> None:
    now = _now()
    line.line.succeeded(now, 0.02)
    for meter in line.meters.values():
        meter.succeeded_in_part(now, UnitRefuses("holding 50 to 50: illegal address"), 0.02)
    whole = service.get("/sources/line-1")
    assert (whole["condition"], whole["meters"], whole["answering"]) == ("partly", 2, 2)
    each = {meter["code"]: (meter["condition"], meter["cause"], meter["failures"]) for meter in whole["each"]}
    assert each == dict.fromkeys(("M-1", "M-2"), ("incomplete", "refused", 0))
    assert whole["each"][0]["last_error"] == "holding 50 to 50: illegal address"
    assert (
        'parkwatt_meter_incomplete{meter="M-1",source="line-1"} 1.0' in service.call("GET", "/metrics").text
    )
    line.meters["M-1"].succeeded(now, 0.02)
    assert service.get("/sources/line-1")["each"][1]["condition"] == "answering"


def test_those_that_fail_stand_first(service: Any, line: SourceHealth) -> None:
    assert [each["condition"] for each in service.get("/sources")["sources"]] == ["waiting"] * 2
    service.post([_row(active_power=1.0)])
    line.line.failed(_now(), LineDown("no connection to 192.168.1.20:502"))
    listed = service.get("/sources")["sources"]
    assert [(each["code"], each["condition"]) for each in listed] == [
        ("line-1", "failing"),
        ("push", "answering"),
    ]
    assert listed[0]["cause"] == "unreachable"


def test_what_is_posted_is_known_with_what_could_not_be_used(service: Any) -> None:
    service.post([_row(active_power=1.0), _row(active_power="n/a", energy_import=1.0)])
    push = service.get("/sources/push")
    assert (push["condition"], push["reads"], push["refused"]) == ("answering", 2, 1)
    assert push["each"][0]["reads"] == 2
    assert push["aside"][0]["origin"] == "row 1, values.active_power"
    assert (push["aside"][0]["reason"], push["aside"][0]["content"]) == ("not a number", "n/a")
    assert service.get("/sources")["queue"]["written_rows"] == 2


def test_a_meter_that_nobody_declared_is_listed_once(service: Any) -> None:
    for _ in range(3):
        service.post([_row(active_power=1.0), _row("X-9", active_power=1.0)])
    strangers = service.get("/sources/push")["strangers"]
    assert [(each["name"], each["times"]) for each in strangers] == [("X-9", 3)]


def test_a_body_that_nobody_can_read_is_kept_aside(service: Any) -> None:
    headers = {"Content-Type": "application/json"}
    refused = service.call("POST", "/api/v1/readings?source=scada", content=b"{broken", headers=headers)
    assert refused.status_code == 422
    scada = service.get("/sources/scada")
    assert (scada["condition"], scada["cause"], scada["refused"]) == ("failing", "unreadable", 1)
    assert scada["aside"][0]["content"] == "{broken"


def test_a_source_that_nobody_knows_is_not_found(service: Any) -> None:
    answer = service.call("GET", "/api/v1/sources/line-9")
    assert answer.status_code == 404
    assert "GET /api/v1/sources lists them" in answer.json()["detail"]


def test_prometheus_is_told_of_sources_and_meters(service: Any, line: SourceHealth) -> None:
    now = _now()
    line.lost, line.drops["$SYS/broker/publish/messages/dropped"] = 7, DropCount(3, now)
    line.line.succeeded(now, 0.25)
    line.meters["M-1"].succeeded(now, 0.25)
    line.meters["M-2"].failed(now, UnitSilent("no answer"))
    text = service.call("GET", "/metrics").text
    samples = {
        (sample.name, sample.labels.get("meter", sample.labels.get("source"))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["parkwatt_source_lost_rows_total", "line-1"] == 7
    assert samples["parkwatt_source_dropped_total", "line-1"] == 3
    assert samples["parkwatt_source_meters_answering", "line-1"] == 1
    assert samples["parkwatt_source_latency_seconds", "line-1"] == 0.25
    assert samples["parkwatt_meter_last_success_timestamp_seconds", "M-1"] == pytest.approx(now)
    assert (samples["parkwatt_meter_up", "M-1"], samples["parkwatt_meter_up", "M-2"]) == (1, 0)
    assert samples["parkwatt_meter_failures_total", "M-2"] == 1
    assert ("parkwatt_meter_latency_seconds", "M-2") not in samples
    assert samples["parkwatt_store_up", None] == 1


REPORT: dict[str, Any] = {
    "queue": {"waiting_rows": 0, "written_rows": 9, "failing": False, "last_error": ""},
    "spool": {
        "state": "holding",
        "rows": 8200,
        "bytes": 210_944,
        "limit_bytes": 1 << 30,
        "oldest": None,
        "held_records": 0,
        "damaged_records": 0,
    },
    "aside_rows": 3,
}


@pytest.fixture
def central(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """A site of which an edge reads one line."""
    far = {**LINE, "code": "far", "edge": "plant-2"}
    return start(make_site({"code": "F-1", "address": 1, **METER, "source": "far"}, sources=[far]))


def _told(service: Any, **source: object) -> Any:
    whole = service.get("/sources/far")
    return {
        **REPORT,
        "time": (datetime.now(UTC) + timedelta(seconds=90)).isoformat(),
        "sources": [{**whole, **source}, {**whole, "code": "stranger"}],
    }


def test_an_edge_that_was_not_heard_of_is_listed_as_such(central: Any) -> None:
    listed = central.get("/sources")
    assert [(each["code"], each["edge"], each["condition"]) for each in listed["sources"]] == [
        ("far", "plant-2", "waiting")
    ]
    assert [(each["name"], each["seen"], each["silent"]) for each in listed["edges"]] == [
        ("plant-2", None, True)
    ]


def test_a_source_is_shown_as_its_edge_tells_of_it(central: Any) -> None:
    now = _now()
    report = _told(central, condition="partly", reads=70, last_error="no answer within 1 s")
    heard = central.call("POST", "/api/v1/edges/plant-2", json=report)
    took = _now() - now
    assert (heard.status_code, heard.json()) == (200, {"unknown": ["stranger"]})
    far = central.get("/sources/far")
    assert (far["condition"], far["reads"], far["edge"]) == ("partly", 70, "plant-2")
    edge = central.get("/sources")["edges"][0]
    assert (edge["silent"], edge["spool"]["rows"], edge["aside_rows"]) == (False, 8200, 3)
    assert 90 - took <= edge["clock_ahead_s"] <= 90 + took
    figures = central.call("GET", "/metrics").text
    assert 'parkwatt_edge_up{edge="plant-2"} 1.0' in figures
    assert 'parkwatt_edge_spool_rows{edge="plant-2"} 8200.0' in figures


def test_an_edge_that_falls_silent_takes_its_sources_with_it(
    central: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    central.call("POST", "/api/v1/edges/plant-2", json=_told(central, condition="answering"))
    later = _now() + 300
    monkeypatch.setattr("telemetry.api.sources.time.time", lambda: later)
    far = central.get("/sources/far")
    assert (far["condition"], far["cause"]) == ("failing", "unreachable")
    assert "nothing was heard from the edge plant-2 for 300 s" in far["last_error"]
    assert central.get("/sources")["edges"][0]["silent"]


def test_an_edge_that_the_site_does_not_name_is_not_heard(central: Any) -> None:
    answer = central.call("POST", "/api/v1/edges/plant-9", json=_told(central))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["reason"] == "no source of the site is marked with this edge"
    broken = central.call("POST", "/api/v1/edges/plant-2", json={"time": "yesterday"})
    assert broken.status_code == 422


def test_rows_given_up_are_told_with_their_times(service: Any, line: SourceHealth) -> None:
    assert service.get("/sources/line-1")["lost_from"] is None
    line.lose(3, 1795332600.0, 1795332700.0)
    line.lose(2, 1795332500.0, 1795332650.0)
    (told,) = [each for each in service.get("/sources")["sources"] if each["code"] == "line-1"]
    assert (told["lost_rows"], told["lost_from"], told["lost_to"]) == (
        5,
        "2026-11-22T15:28:20+08:00",
        "2026-11-22T15:31:40+08:00",
    )
