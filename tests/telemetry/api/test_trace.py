"""From a settled amount back to what it was made of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from accounting.intervals import ANCHORS
from ingest.assignment import Assignment, assignment
from ingest.batch import row
from ingest.kinds import read_source, read_template
from telemetry.model import Site
from telemetry.storage import retention, templates

pytestmark = pytest.mark.database
DAY = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T09:00:00+08:00"}
Start = Callable[..., Any]


def at(clock: str) -> str:
    return f"2026-11-20T{clock}:00+08:00"


def rows(quantity: str, **shown: float) -> list[dict[str, Any]]:
    """One for each `h0800=value`."""
    return [
        {"meter": "M", "time": at(f"{name[1:3]}:{name[3:]}"), "values": {quantity: value}}
        for name, value in shown.items()
    ]


@pytest.fixture
def service(start: Start, make_site: Callable[..., Site]) -> Callable[..., Any]:
    def of(*posted: list[dict[str, Any]], **meter: Any) -> Any:
        sources = [{"kind": "push", "code": "scada"}]
        found = start(make_site({"code": "M", "area": "hall", "source": "scada", **meter}, sources=sources))
        for body in posted:
            found.post(body)
        found.settle()
        return found

    return of


def test_a_counter_with_its_ratio(service: Callable[..., Any]) -> None:
    """TCE-ELEC-1: 14250 to 15890 at ratio 80 is 131 200 kWh."""
    shown = rows("energy_import", h0800=14250, h0810=14800, h0820=15000, h0900=15890)
    trace = service(shown, multiplier=80, serial="S-1", max_gap_s=1200).get("/trace", meter="M", **DAY)
    assert trace["amount"] == 131_200
    assert [(s["before"], s["after"], s["multiplier"], s["amount"], s["how"]) for s in trace["spans"]] == [
        (14250, 14800, 80, 44_000, "measured"),
        (14800, 15000, 80, 16_000, "measured"),
        (15000, 15890, 80, 71_200, "estimated"),
    ]
    assert (trace["coverage"], trace["max_gap_s"], trace["serial"]) == (
        pytest.approx(1 / 3, abs=1e-4),
        1200,
        "S-1",
    )
    assert trace["formula"] == "(after - before) x multiplier, spread evenly between the two readings"


def test_a_changed_multiplier_and_a_reading_that_does_not_count(service: Callable[..., Any]) -> None:
    history = [{"from": at("08:30"), "multiplier": 100}]
    shown = rows("energy_import", h0800=10, h0815=11, h0830=12, h0840=0, h0845=13, h0900=14)
    trace = service(shown, multiplier=80, history=history).get("/trace", meter="M", **DAY)
    assert [(s["from"], s["multiplier"], s["amount"]) for s in trace["spans"]] == [
        (at("08:00"), 80, 80),
        (at("08:15"), 80, 80),
        (at("08:30"), 100, 100),
        (at("08:45"), 100, 100),
    ]
    found = {(e["time"], e["flag"], e["delta"]) for e in trace["events"]}
    assert found == {(at("08:40"), "glitch", -12), (at("08:40"), "counter_back", -12)}
    assert at("08:40") in [reading["time"] for reading in trace["readings"]]
    assert [(term["from"], term["multiplier"]) for term in trace["terms"]][-1] == (at("08:30"), 100)


def test_a_second_value_for_one_moment_is_told(service: Callable[..., Any]) -> None:
    shown = rows("energy_import", h0800=10, h0815=11)
    found = service(shown, rows("energy_import", h0815=12)).get("/trace", meter="M", **DAY)
    assert [(c["time"], c["kept"], c["offered"]) for c in found["conflicts"]] == [(at("08:15"), 11, 12)]
    assert [batch["rows"] for batch in found["batches"]] == [2]


def test_power_and_amounts(service: Callable[..., Any]) -> None:
    line = service(rows("active_power", h0800=100, h0810=160), max_gap_s=3600).get("/trace", meter="M", **DAY)
    assert [(s["before"], s["after"], s["amount"]) for s in line["spans"]] == [
        (100, 160, pytest.approx(130 / 6))
    ]
    assert (line["shown"], line["shown_unit"], line["unit"]) == ("active_power", "kW", "kWh")


def test_amounts_and_the_unknown_between_them(service: Callable[..., Any]) -> None:
    shown = rows("energy_import_amount", h0815=5, h0845=7)
    trace = service(shown, interval_s=900, multiplier=10).get("/trace", meter="M", **DAY)
    assert [(s["from"], s["to"], s["before"], s["after"], s["amount"], s["how"]) for s in trace["spans"]] == [
        (at("08:00"), at("08:15"), None, 5, 50, "measured"),
        (at("08:30"), at("08:45"), None, 7, 70, "measured"),
    ]
    assert trace["values"] == [50, None, 70, None]
    assert trace["amount"] == 120


def test_readings_that_retention_took_are_told(service: Callable[..., Any]) -> None:
    asked = service(rows("energy_import", h0800=10, h0815=11, h0900=14))
    assert asked.get("/trace", meter="M", **DAY)["expired_until"] is None
    retention.expire_readings(asked.database, datetime.fromisoformat("2027-01-01T00:00:00Z"), ANCHORS)
    trace = asked.get("/trace", meter="M", **DAY)
    assert (trace["amount"], trace["readings"]) == (4, [])
    assert datetime.fromisoformat(trace["expired_until"]) >= datetime.fromisoformat(at("09:00"))


def test_what_cannot_be_traced_is_said(service: Callable[..., Any]) -> None:
    asked = service(rows("energy_import", h0800=1, h0815=2))
    for query, reason in (
        ({"meter": "X"}, "No meter has the code 'X'"),
        ({"meter": "M", "quantity": "gas_volume"}, "is not settled for M; settled are energy_import"),
        ({"meter": "M", "quantity": "warmth"}, "not in the catalogue"),
        ({"meter": "M", "from": "2026-09-01", "to": "2026-11-01"}, "at most 31 days"),
    ):
        answer = asked.call("GET", "/api/v1/trace", params={**DAY, **query})
        assert answer.status_code in {404, 422}
        assert reason in answer.text


def test_nothing_read_in_the_range(service: Callable[..., Any]) -> None:
    trace = service(rows("energy_import", h0800=1, h0815=2)).get(
        "/trace", meter="M", **{"from": at("10:00"), "to": at("11:00")}
    )
    assert (trace["amount"], trace["coverage"], trace["spans"], trace["batches"]) == (None, 0, [], [])


def _assigned(line: dict[str, Any], **register: Any) -> Assignment:
    told = {"quantity": "energy_import", "unit": "kWh", "address": 0, "type": "uint32", **register}
    template = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": "modbus"}
    meter = SimpleNamespace(code="M", source="line", device="t", address=1)
    devices = {"t": read_template({**template, "registers": [told]})}
    return assignment(read_source(line), [cast("Any", meter)], devices)


def test_an_edited_template_leaves_what_the_older_batches_were_decoded_by(
    start: Start, make_site: Callable[..., Site]
) -> None:
    line = {"kind": "modbus", "code": "line", "host": "127.0.0.1"}
    meter = {"code": "M", "area": "hall", "source": "line", "device": "t", "address": 1}
    service = start(make_site(meter, sources=[line]))
    before, after = _assigned(line), _assigned(line, address=72, scale=0.1)
    for assigned, clock, value in ((before, "08:00", 10.0), (after, "08:15", 11.0)):
        moment = datetime.fromisoformat(at(clock))
        templates.keep(service.database, [assigned], moment)
        reading = row("line", "M", int(moment.timestamp() * 1e6), ("energy_import",), np.array([value]))
        service.writer.write([replace(reading, edition=assigned.edition)])
    service.settle()
    trace = service.get("/trace", meter="M", **DAY)
    assert [each["edition"] for each in trace["batches"]] == [before.edition, after.edition]
    told = [(each["edition"], each["since"], each["content"]["registers"]) for each in trace["templates"]]
    register = {"quantity": "energy_import", "unit": "kWh", "type": "uint32"}
    assert told == [
        (before.edition, at("08:00"), [register | {"address": 0}]),
        (after.edition, at("08:15"), [register | {"address": 72, "scale": 0.1}]),
    ]


def test_an_edge_names_the_edition_that_it_decoded_by(service: Callable[..., Any]) -> None:
    asked = service(rows("energy_import", h0800=1))
    asked.post(rows("energy_import", h0815=2), source="line", edition="4be1c0a7d2936f58")
    trace = asked.get("/trace", meter="M", **DAY)
    assert [b["edition"] for b in trace["batches"]] == [None, "4be1c0a7d2936f58"]
    assert trace["templates"] == []
