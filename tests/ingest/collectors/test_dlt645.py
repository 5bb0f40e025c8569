"""DL/T 645-2007 against meters played by the package dlt645, over TCP and over pseudo-terminals."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from ingest.collector import read_meter
from ingest.kinds import read_source, read_template
from ingest.once import Reading
from ingest.pace import Pace
from ingest.template import Template

LIBRARY = Path(__file__).parents[3] / "config" / "devices"
METER = """
import sys, time
from dlt645 import MeterServerService
way, place = sys.argv[1:]
if way == "tcp":
    meter = MeterServerService.new_tcp_server("127.0.0.1", int(place), 60)
else:
    meter = MeterServerService.new_rtu_server(place, 8, 1, 2400, "N", 0.1)
meter.set_address(bytes.fromhex("610100000000"))
meter.set_00(0x00010000, 102938.47)
meter.set_00(0x00020000, 56.78)
for identifier, value in {0x02010100: 231.4, 0x02020100: -4.109, 0x02030000: -0.8233, 0x02060000: 0.969, 0x02800002: 49.98}.items():
    meter.set_02(identifier, value)
assert meter.server.start()
print("ready", flush=True)
time.sleep(600)
"""  # noqa: E501  # a program
SHOWN = {
    "energy_import": 102938.47,
    "energy_export": 56.78,
    "voltage_l1": 231.4,
    "current_l1": -4.109,
    "active_power": -0.8233,
    "power_factor": 0.969,
    "frequency": 49.98,
}


@contextmanager
def playing(*arguments: str) -> Iterator[None]:
    command = [sys.executable, "-c", METER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


@pytest.fixture
def single_phase() -> Template:
    return read_template(yaml.safe_load((LIBRARY / "dlt645-2007-1p.yaml").read_text(encoding="utf-8")))


def read(way: dict[str, object], template: Template, address: str = "000000000161") -> Reading:
    source = read_source({"kind": "dlt645", "code": "line", "timeout_s": 10, **way})
    meter = SimpleNamespace(code="M", source="line", device=template.code, address=address, pace=Pace())
    return asyncio.run(read_meter(source, meter, {template.code: template}))


def test_over_a_gateway(single_phase: Template, free_port: Callable[[], int]) -> None:
    port = free_port()
    with playing("tcp", str(port)):
        reading = read({"host": "127.0.0.1", "port": port}, single_phase)
    assert {one.quantity: one.value for one in reading.shown} == pytest.approx(SHOWN, rel=1e-12)
    assert reading.complaints == ()


def test_over_a_serial_port(single_phase: Template, wire: tuple[str, str]) -> None:
    here, there = wire
    with playing("serial", there):
        reading = read({"serial": here, "parity": "none"}, single_phase)
    assert {one.quantity: one.value for one in reading.shown} == pytest.approx(SHOWN, rel=1e-12)


def test_a_meter_that_has_no_such_data_says_so(free_port: Callable[[], int], single_phase: Template) -> None:
    item = {"identifier": "00FF0000", "length": 4, "quantity": "energy_import", "unit": "kWh"}
    document = single_phase.model_dump(mode="json", exclude={"examples"})
    extended = read_template({**document, "items": [*document["items"][1:], item]})
    port = free_port()
    with playing("tcp", str(port)):
        reading = read({"host": "127.0.0.1", "port": port}, extended)
    assert reading.complaints == ("00FF0000: it has no such data",)
    assert len([one for one in reading.shown if one.raw]) == len(SHOWN) - 1
