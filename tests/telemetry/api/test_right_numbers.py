"""100 kWh in an hour in Guangdong on a day of 2023 is 44.19 kg of CO2: from the registers to the answer."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from pyModbusTCP.server import DataHandler, ModbusServer

from ingest.collector import open_collector
from ingest.collectors.modbus import ModbusCollector
from telemetry.model import Site

pytestmark = pytest.mark.database
START = datetime.fromisoformat("2023-06-01T08:00:00+08:00").timestamp()
HOUR = {"from": "2023-06-01T08:00:00+08:00", "to": "2023-06-01T09:00:00+08:00"}
BASE, BESIDE = 50.0, 7.0
RESET_AT = 20
MISSING = range(26, 55)
COUNTER = 0x0048
Polled = Callable[[int], None]


def _shown(minute: int) -> float:
    """The first meter's counter: 100 kWh an hour; after minute 19 it begins again at 0."""
    if minute < RESET_AT:
        return BASE + 100 / 60 * minute
    return 100 / 60 * (minute - RESET_AT + 1)


class Line(DataHandler):  # type: ignore[misc]  # pyModbusTCP has no types
    """Two SDM630 behind one address: units 1 and 2, counters as float32, everything else 0."""

    minute = 0

    def read_i_regs(self, address: int, count: int, srv_info: Any) -> Any:
        beside = BESIDE + 30 / 60 * self.minute
        shown = _shown(self.minute) if srv_info.recv_frame.mbap.unit_id == 1 else beside
        words = dict(zip((COUNTER, COUNTER + 1), struct.unpack(">HH", struct.pack(">f", shown)), strict=True))
        return self.Return(exp_code=0, data=[words.get(each, 0) for each in range(address, address + count)])


@pytest.fixture(scope="module")
def line(free_port: Callable[[], int]) -> Iterator[tuple[Line, int]]:
    handler, port = Line(), free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_hdl=handler)
    server.start()
    yield handler, port
    server.stop()


@pytest.fixture(scope="module")
def service(
    start_for_file: Callable[[Site], Any], make_site: Callable[..., Site], line: tuple[Line, int]
) -> Any:
    source = {
        "kind": "modbus",
        "code": "line",
        "host": "127.0.0.1",
        "port": line[1],
        "poll_s": 60,
        "timeout_s": 30,
    }
    common = {"source": "line", "device": "eastron-sdm630", "area": "hall"}
    site = make_site(
        {"code": "M1", "address": 1, "role": "boundary", **common},
        {"code": "M2", "address": 2, **common},
        sources=[source],
    )
    return start_for_file(site)


@pytest.fixture(scope="module")
def answered(service: Any, line: tuple[Line, int]) -> Any:
    """The service after it has read both meters from 07:50 to 09:10, save for half an hour."""
    handler, site = line[0], service.plan.site
    clock = lambda: START + 60 * handler.minute  # noqa: E731  # the collector's clock follows the meter
    collector = open_collector(site.sources[0], site.meters, service.plan.library.devices, clock)
    assert isinstance(collector, ModbusCollector)

    async def read() -> None:
        draining = asyncio.ensure_future(collector._backlog.drain(service.pipeline))
        for handler.minute in range(-10, 71):
            if handler.minute not in MISSING:
                await collector.poll()
        while collector.health.waiting:  # noqa: ASYNC110  # a count, with no event beside it
            await asyncio.sleep(0.01)
        draining.cancel()
        collector._line.close()

    service.run(read())
    service.settle()
    return service


def _of(answer: dict[str, Any], key: str, quantity: str = "energy_import") -> dict[str, Any]:
    [found] = [each for each in answer["series"] if each["key"] == key and each["quantity"] == quantity]
    return dict(found)


def test_a_hundred_kwh_are_44_19_kg(answered: Any) -> None:
    answer = answered.get("/emissions", **HOUR, step="hour", by="meter")
    assert answer["times"] == ["2023-06-01T08:00:00+08:00"]
    first, beside = _of(answer, "M1"), _of(answer, "M2")
    assert first["values"] == pytest.approx([44.19], abs=1e-3)
    assert beside["values"] == pytest.approx([30 * 0.4419], abs=1e-3)
    assert (first["scope"], first["gas"], first["unit"]) == ("2", "CO2", "kg")
    [factor] = first["factors"]
    assert (factor["value"], factor["unit"], factor["region"]) == (0.4419, "kgCO2/kWh", "CN-GD")
    assert (factor["from"], factor["to"], factor["published"]) == ("2023-06-01", "2023-06-01", "2025-12-31")
    assert factor["source"]
    assert (factor["rule"], factor["year"], factor["asked"]) == ("own_year", 2023, "CN-GD")
    assert first["shortfalls"] == []


def test_nothing_is_lost_and_what_was_not_measured_is_flagged(answered: Any) -> None:
    hour = _of(answered.get("/energy", **HOUR, step="hour", by="meter"), "M1")
    assert hour["values"] == pytest.approx([100.0], abs=1e-3)
    assert hour["coverage"] == pytest.approx([1 - 31 / 60], abs=1e-3)
    assert hour["estimated"] == [True]
    quarters = answered.get("/energy", **HOUR, step="15min", by="meter")
    first, beside = _of(quarters, "M1"), _of(quarters, "M2")
    assert first["values"] == pytest.approx([25.0] * 4, abs=1e-3)
    assert first["coverage"] == pytest.approx([1.0, 9 / 15, 0.0, 5 / 15], abs=1e-3)
    assert first["estimated"] == [False, True, True, True]
    assert sum(first["values"]) == pytest.approx(hour["values"][0], rel=1e-12)
    assert beside["values"] == pytest.approx([7.5] * 4, abs=1e-3)


def test_the_meter_tells_of_its_reset_with_its_register(answered: Any) -> None:
    meter = answered.get("/meters/M1")
    events = [(e["time"], e["quantity"], e["flag"]) for e in meter["events"]]
    at = "2023-06-01T08:20:00+08:00"
    assert sorted(events) == [(at, "energy_import", "counter_back"), (at, "energy_import", "reset")]
    places = {each["quantity"]: (each["place"], each["form"]) for each in meter["template"]["values"]}
    assert places["energy_import"] == (f"input {COUNTER}", "float32")
    assert len(meter["readings"]) == 20
    assert meter["readings"][0]["time"] == "2023-06-01T09:10:00+08:00"


@pytest.mark.parametrize("revision", ["current", "reported"])
def test_the_statement_of_the_day_and_its_hours_agree(answered: Any, revision: str) -> None:
    day = {"from": "2023-06-01", "to": "2023-06-02", "by": "meter", "revision": revision}
    daily = _of(answered.get("/emissions", **day, step="day"), "M1")
    hourly = _of(answered.get("/emissions", **day, step="hour"), "M1")
    monthly = _of(answered.get("/emissions", **day, step="month"), "M1")
    whole = (100 + 20 * 100 / 60) * 0.4419
    assert daily["values"] == pytest.approx([whole], abs=1e-3)
    assert sum(each for each in hourly["values"] if each is not None) == pytest.approx(daily["values"][0])
    assert monthly["values"] == pytest.approx(daily["values"])
    assert [f["id"] for f in daily["factors"]] == [f["id"] for f in hourly["factors"]]


def test_an_enterprise_is_its_boundary_meter_alone(answered: Any) -> None:
    for by, key in (("enterprise", "hall"), ("area", "hall")):
        [series] = answered.get("/energy", **HOUR, step="hour", by=by, quantity="energy_import")["series"]
        assert series["key"] == key
        assert series["values"] == pytest.approx([100.0], abs=1e-3)
    scope = answered.get("/emissions", **HOUR, step="hour", by="scope", area="hall")
    assert _of(scope, "2")["values"] == pytest.approx([44.19], abs=1e-3)


def test_the_trace_leads_from_the_hour_to_every_reading(answered: Any) -> None:
    trace = answered.get("/trace", meter="M1", quantity="energy_import", **HOUR)
    assert trace["amount"] == pytest.approx(100, abs=1e-3)
    assert trace["coverage"] == pytest.approx(29 / 60, abs=1e-4)
    assert sum(trace["values"]) == trace["amount"]
    assert (trace["spans"][0]["from"], trace["spans"][-1]["to"]) == (HOUR["from"], HOUR["to"])
    assert sum(span["amount"] for span in trace["spans"]) == pytest.approx(100, abs=1e-3)
    unmeasured = {
        (s["from"][11:16], s["to"][11:16]): s["amount"] for s in trace["spans"] if s["how"] == "estimated"
    }
    assert unmeasured == pytest.approx({("08:19", "08:20"): 100 / 60, ("08:25", "08:55"): 50}, abs=1e-3)
    found = {event["flag"]: event for event in trace["events"]}
    assert found.keys() == {"counter_back", "reset"}
    assert {event["time"] for event in trace["events"]} == {"2023-06-01T08:20:00+08:00"}
    assert found["reset"]["delta"] == pytest.approx(100 / 60, abs=1e-3)
    by_batch = {batch["id"]: batch["source"] for batch in trace["batches"]}
    assert {by_batch[reading["batch"]] for reading in trace["readings"]} == {"line"}
    assert len(trace["readings"]) == 61 - len(MISSING)
    assert trace["template"]["code"] == "eastron-sdm630"
    assert [term["region"] for term in trace["terms"]] == ["CN-GD"]
