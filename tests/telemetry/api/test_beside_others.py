"""The same register read by ParkWatt and by what plants have today: the same number."""

import asyncio
import json
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyModbusTCP.server import ModbusServer

from ingest.collectors import modbus
from ingest.device import Device
from ingest.kinds import read_template
from telemetry.model import Site

pytestmark = [pytest.mark.database, pytest.mark.peer]
SHOWN = 14250.25
"""Held exactly by a float32."""
REGISTER = {"address": 0, "type": "float32", "quantity": "energy_import", "unit": "kWh"}
DEVICE = {
    "code": "t",
    "name": {"en": "T", "zh": "T"},
    "source": "a test",
    "protocol": "modbus",
    "registers": [REGISTER],
}
PEERS = Path(__file__).parents[2] / "peers"
COLLECTD = """
BaseDir "{folder}"
PIDFile "{folder}/pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
Interval 1
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}/csv"
</Plugin>
LoadPlugin modbus
<Plugin modbus>
  <Data "energy">
    RegisterBase 0
    RegisterType Float
    RegisterCmd ReadHolding
    Type gauge
    Instance "energy"
  </Data>
  <Host "incomer">
    Address "127.0.0.1"
    Port "{port}"
    Interval 1
    <Slave 1>
      Instance "meter"
      Collect "energy"
    </Slave>
  </Host>
</Plugin>
"""


@pytest.fixture
def meter(free_port: Callable[[], int]) -> Iterator[int]:
    """The port of a meter whose counter stands at SHOWN."""
    server = ModbusServer("127.0.0.1", free_port(), no_block=True)
    server.start()
    server.data_bank.set_holding_registers(0, list(struct.unpack(">HH", struct.pack(">f", SHOWN))))
    yield server.port
    server.stop()


def ours(port: int) -> float:
    device = read_template(DEVICE)
    assert isinstance(device, Device)
    source = modbus.ModbusSource(kind="modbus", code="line", host="127.0.0.1", port=port)
    [shown] = asyncio.run(modbus.probe(source, 1, device)).shown
    return shown.value


def until(found: Callable[[], Any], patience_s: float = 180) -> Any:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    pytest.fail(f"nothing within {patience_s:g} s")


def test_collectd(meter: int, tmp_path: Path) -> None:
    program = shutil.which("collectd", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("collectd is not installed")
    config = tmp_path / "collectd.conf"
    config.write_text(COLLECTD.format(folder=tmp_path, port=meter))
    process = subprocess.Popen(
        [program, "-f", "-C", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        rows = until(
            lambda: [line for file in tmp_path.rglob("gauge-*") for line in file.read_text().splitlines()[1:]]
        )
    finally:
        process.terminate()
        process.wait(60)
    assert float(rows[0].split(",")[1]) == ours(meter) == SHOWN


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    sources = [{"kind": "push", "code": "scada"}]
    return start(make_site({"code": "M", "area": "hall", "source": "scada"}, sources=sources))


def test_node_red_reads_the_meter_and_posts_it(
    meter: int,
    node: str,
    service: Any,
    address: str,
    tmp_path: Path,
) -> None:
    """By the flow of the documentation, as it is imported."""
    command = [node, str(PEERS / "node_red.cjs"), json.dumps({"folder": str(tmp_path)})]
    said = {"PARKWATT_URL": address, "PARKWATT_TOKEN": "any", "PARKWATT_METER": "M"}
    said |= {"MODBUS_HOST": "127.0.0.1", "MODBUS_PORT": str(meter)}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **said},
    )
    try:
        rows = until(lambda: _rows(service))
    finally:
        process.communicate(b"", timeout=60)
    assert set(rows) == {SHOWN} == {ours(meter)}


def _rows(service: Any) -> list[float]:
    found = (
        service.get("/readings", meter="M", step="raw")["quantities"]
        .get("energy_import", {})
        .get("values", [])
    )
    return found if len(found) > 1 else []
