"""`parkwatt read` and `probe` as a technician types them, against servers that are not ours."""

import asyncio
import json
import os
import secrets
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import yaml
from paho.mqtt.publish import single
from pyModbusTCP.server import DataBank, ModbusServer
from typer.testing import CliRunner, Result

from ingest.collectors.mqtt import MqttSource
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.once import read_once
from ingest.collectors.mqtt.routes import Routes
from ingest.collectors.mqtt.session import session
from ingest.errors import SourceError
from ingest.json_device import JsonDevice
from telemetry.cli import app, main
from telemetry.settings.library import Library

SITE = {
    "code": "plant",
    "name": {"en": "Plant", "zh": "工厂"},
    "zone": "Asia/Shanghai",
    "region": "CN-GD",
    "areas": [{"code": "park", "kind": "park", "name": {"en": "Plant", "zh": "工厂"}}],
}
Park = Callable[..., None]
Serve = Callable[..., int]


def meter(code: str, source: str, **rest: object) -> dict[str, object]:
    return {"code": code, "name": {"en": code, "zh": code}, "area": "park", "source": source, **rest}


@pytest.fixture
def park(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Park:
    """Writes the site and points the environment at it."""

    def write(sources: list[dict[str, object]], meters: list[dict[str, object]]) -> None:
        (tmp_path / "sites").mkdir()
        document = {**SITE, "sources": sources, "meters": meters}
        (tmp_path / "sites" / "plant.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(tmp_path))
        monkeypatch.delenv("PARKWATT_MQTT_URL", raising=False)

    return write


@pytest.fixture
def serve(free_port: Callable[[], int]) -> Iterator[Serve]:
    """A meter with 231.5 V in L1 and 1234.5 kWh imported; input registers beyond `size` are not there."""
    servers: list[ModbusServer] = []

    def start(size: int = 1000) -> int:
        bank = DataBank(i_regs_size=size)
        if size > 0x49:
            bank.set_input_registers(0x00, list(struct.unpack(">2H", struct.pack(">f", 231.5))))
            bank.set_input_registers(0x48, list(struct.unpack(">2H", struct.pack(">f", 1234.5))))
        port = free_port()
        servers.append(ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank))
        servers[-1].start()
        return port

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def shipped(library: Library) -> JsonDevice:
    device = library.devices["parkwatt-json"]
    assert isinstance(device, JsonDevice)
    return device


def lines(result: Result) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in result.stdout.splitlines()}


def complaint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the whole program says on its error output when it ends with 1."""
    monkeypatch.setattr("sys.argv", ["parkwatt", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def modbus(port: int, **rest: object) -> dict[str, object]:
    return {"kind": "modbus", "code": "gw", "host": "127.0.0.1", "port": port, "timeout_s": 30, **rest}


def sdm(**rest: object) -> dict[str, object]:
    return meter("incomer", "gw", device="eastron-sdm630", address=1, multiplier=80, **rest)


def test_a_modbus_meter_shows_value_primary_unit_register_and_words(park: Park, serve: Serve) -> None:
    park([modbus(serve())], [sdm()])
    shown = lines(CliRunner().invoke(app, ["read", "incomer"], catch_exceptions=False))
    assert shown["energy_import"][1:] == ["1234.5", "98760", "kWh", "input", "72", "449a", "5000"]
    assert shown["voltage_l1"][1:] == ["231.5", "231.5", "V", "input", "0", "4367", "8000"]


@pytest.mark.parametrize("terminal", [{"COLUMNS": "80"}, {}])
def test_no_name_and_no_number_is_broken_over_two_lines(
    park: Park, serve: Serve, tmp_path: Path, terminal: dict[str, str]
) -> None:
    register = {"table": "input", "address": 0x46, "type": "uint64", "quantity": "energy_import_l1"}
    head = {"code": "acme", "name": {"en": "Acme", "zh": "艾克米"}, "protocol": "modbus", "source": "a test"}
    (tmp_path / "devices").mkdir()
    template = {**head, "registers": [{**register, "unit": "kWh", "scale": 1e-13}]}
    (tmp_path / "devices" / "acme.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    park([modbus(serve())], [{**sdm(), "device": "acme"}])
    command = [sys.executable, "-m", "telemetry.cli", "read", "incomer"]
    done = subprocess.run(command, env=os.environ | terminal, capture_output=True, text=True, check=True)
    shown = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert shown["energy_import_l1"][1:6] == ["0.0001150963712", "0.009207709696", "kWh", "input", "70"]


def test_the_multiplier_is_that_of_today(park: Park, serve: Serve) -> None:
    history = [
        {"from": "2024-01-01T00:00:00+08:00", "multiplier": 60},
        {"from": "2020-01-01T00:00:00+08:00", "multiplier": 40},
        {"from": "2199-01-01T00:00:00+08:00", "multiplier": 100},
    ]
    park([modbus(serve())], [sdm(history=history)])
    shown = lines(CliRunner().invoke(app, ["read", "incomer"], catch_exceptions=False))
    assert shown["energy_import"][1:3] == ["1234.5", "74070"]


def test_a_refused_block_costs_only_itself(park: Park, serve: Serve) -> None:
    park([modbus(serve(size=120))], [sdm()])
    result = CliRunner().invoke(app, ["read", "incomer"], catch_exceptions=False)
    assert lines(result)["energy_import"][1] == "1234.5"
    assert "none" in result.stdout
    assert "illegal address" in result.stderr


def test_a_device_that_refuses_everything(
    park: Park, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    park([modbus(serve(size=1))], [sdm()])
    said = complaint(monkeypatch, capsys, "read", "incomer")
    assert said.startswith("unit 1: it refuses ")
    assert "illegal address" in said


def test_nobody_listens(
    park: Park,
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    park([modbus(port)], [sdm()])
    assert (
        complaint(monkeypatch, capsys, "read", "incomer")
        == f"no connection to 127.0.0.1:{port}: nothing listens there"
    )


def test_a_unit_that_does_not_answer(
    serve: Serve, park: Park, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over = threading.Event()
    monkeypatch.setattr(DataBank, "get_input_registers", lambda *_, **__: over.wait(60) and None)
    park([modbus(serve(), retries=0, timeout_s=0.3)], [sdm()])
    assert complaint(monkeypatch, capsys, "read", "incomer") == "unit 1: no answer within 0.3 s"
    over.set()


def test_a_slip_of_the_pen_is_corrected(
    park: Park, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    park([modbus(serve())], [sdm()])
    said = complaint(monkeypatch, capsys, "read", "incomr")
    assert said == "there is no meter 'incomr'; did you mean 'incomer'?"


def test_a_meter_that_is_pushed_cannot_be_read(
    park: Park, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    park([{"kind": "push", "code": "scada"}], [meter("M1", "scada")])
    assert "come by themselves" in complaint(monkeypatch, capsys, "read", "M1")


def test_probe_needs_no_site(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(tmp_path))
    arguments = ["probe", "127.0.0.1", "--port", str(serve()), "--device", "eastron-sdm630"]
    shown = lines(CliRunner().invoke(app, arguments, catch_exceptions=False))
    assert shown["energy_import"][1:3] == ["1234.5", "1234.5"]


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("eastron-sdm631", "there is no device template 'eastron-sdm631'; did you mean 'eastron-sdm630'?"),
        ("parkwatt-json", "the device template 'parkwatt-json' is for mqtt, not for Modbus"),
    ],
)
def test_probe_with_a_template_that_does_not_fit(
    device: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(tmp_path))
    assert complaint(monkeypatch, capsys, "probe", "127.0.0.1", "--device", device) == said


@pytest.mark.broker
def test_the_next_message_of_an_mqtt_meter(broker_url: str, park: Park) -> None:
    root = f"test/{secrets.token_hex(6)}"
    source = {"kind": "mqtt", "code": "mq", "url": broker_url, "topic": f"$share/park/{root}/{{meter}}/state"}
    park([source], [meter("M1", "mq", device="parkwatt-json", address="one", multiplier=2)])
    done = threading.Event()
    speaking = threading.Thread(target=_speak, args=(broker_url, root, done))
    speaking.start()
    try:
        result = CliRunner().invoke(app, ["read", "M1"], catch_exceptions=False)
    finally:
        done.set()
        speaking.join()
    assert lines(result)["active_power"][1:4] == ["12.5", "25", "kW"]


def _speak(url: str, root: str, done: threading.Event) -> None:
    while not done.wait(0.1):
        for address, power in (("two", 99.0), ("one", 12.5)):
            values = {"time": round(time.time() * 1000), "electricity": {"active_power": power}}
            _publish(url, f"{root}/{address}/state", json.dumps(values))


def _publish(url: str, topic: str, payload: str) -> None:
    parts = urlsplit(url)
    single(topic, payload, 1, hostname=parts.hostname or "", port=parts.port or 1883)


@pytest.mark.broker
def test_an_mqtt_meter_that_says_nothing(
    broker_url: str,
    park: Park,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("ingest.collectors.mqtt._LONGEST_WAIT_S", 0.5)
    topic = f"test/{secrets.token_hex(6)}/{{meter}}"
    park(
        [{"kind": "mqtt", "code": "mq", "url": broker_url, "topic": topic}],
        [meter("M1", "mq", device="parkwatt-json")],
    )
    said = complaint(monkeypatch, capsys, "read", "M1")
    assert said == f"no message on {topic.format(meter='M1')} within 0.5 s"


@pytest.mark.broker
def test_reading_leaves_no_session_in_the_broker(
    broker_url: str, shipped: JsonDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = f"test/{secrets.token_hex(6)}"
    monkeypatch.setattr("ingest.collectors.mqtt.once.secrets.token_hex", lambda _: root.replace("/", "-"))
    source = MqttSource(kind="mqtt", code="x", url=broker_url, topic=f"{root}/{{meter}}")
    broker = Broker.of(source, {})
    one = SimpleNamespace(code="one", source="x", device="d", address=None)
    routes = Routes(source.pattern, [one], {"d": shipped})
    again = replace(broker, client=f"parkwatt-read-{root.replace('/', '-')}")

    async def scenario() -> None:
        with pytest.raises(SourceError, match="no message"):
            await read_once(broker, routes, "one", shipped, wait_s=0.3, clock=time.time)
        await asyncio.to_thread(_publish, broker_url, f"{root}/one", "{}")
        async with session(again, "test/elsewhere") as connection:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.window(1), 0.5)

    asyncio.run(scenario())
