"""OPC UA and BACnet/IP against programs that share no line with the libraries that ParkWatt uses."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.collector import open_collector, read_meter
from ingest.kinds import read_source, read_template
from ingest.once import Reading
from ingest.pace import Pace
from ingest.template import Template

pytestmark = pytest.mark.peer
PEERS = Path(__file__).parents[2] / "peers"
NODE = "nsu=urn:peer:meters;s={meter}."
NODES = [
    {"node": f"{NODE}Power", "quantity": "active_power", "unit": "W"},
    {"node": f"{NODE}Energy", "quantity": "energy_import", "unit": "Wh"},
    {"node": f"{NODE}Voltages", "index": 2, "quantity": "voltage_l3", "unit": "V"},
    {"node": f"{NODE}Broken", "quantity": "frequency", "unit": "Hz"},
]
START_US = 1_795_332_600_000_000
ENERGY = (2**32 + 123456) / 1000
PRESENT, FLAGS, UNITS = "85", "111", "117"
WATTS, HERTZ, REAL, BITS, ENUMERATED = 47, 27, 4, 8, 9


@contextmanager
def running(node: str, program: str, **told: object) -> Iterator[None]:
    command = [node, str(PEERS / program), json.dumps(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = iter(process.stdout.readline, "")
            assert any(line == "ready\n" for line in said), f"{program} ended"
            yield
        finally:
            process.kill()


def template(protocol: str, **rest: object) -> Template:
    head = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": protocol}
    return read_template({**head, **rest})


def read(source: dict[str, object], device: Template, address: str | None = None) -> Reading:
    meter = SimpleNamespace(code="M1", source="s", device="t", address=address, pace=Pace())
    return asyncio.run(read_meter(read_source({"code": "s", **source}), meter, {"t": device}))


def shown(reading: Reading) -> dict[str, float]:
    return {one.quantity: one.value for one in reading.shown if not np.isnan(one.value)}


class Keeping:
    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        for at, values in zip(batch.time, batch.values, strict=True):
            self.rows.append((int(at), dict(zip(batch.quantities, map(float, values), strict=True))))
        return np.zeros(len(batch), np.uint8)


def test_node_opcua_reports_what_it_vouches_for(
    node: str, free_port: Callable[[], int], tmp_path: Path
) -> None:
    port, sink = free_port(), Keeping()
    source = {"kind": "opcua", "code": "s", "url": f"opc.tcp://127.0.0.1:{port}", "security": "none"}
    meter = SimpleNamespace(code="M1", source="s", device="t", address=None)

    async def scenario() -> set[str]:
        checked = read_source({**source, "sampling_s": 0.1, "publishing_s": 0.2})
        one = open_collector(checked, [meter], {"t": template("opcua", nodes=NODES)}, time.time)
        assert one is not None
        task = asyncio.create_task(one.run(sink))
        async with asyncio.timeout(60):
            while len(sink.rows) < 5:  # noqa: ASYNC110  # another process makes it true
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return {aside.reason.rpartition("got ")[2] for aside in one.health.aside}

    with running(node, "opcua_server.cjs", port=port, folder=str(tmp_path)):
        doubts = asyncio.run(scenario())
    assert doubts == {"'BadSensorFailure')", "'UncertainLastUsableValue')"}
    first = sink.rows[0][1]
    assert first == pytest.approx(
        {"active_power": first["active_power"], "energy_import": ENERGY, "voltage_l3": 229.25}
    )
    for at, values in sink.rows:
        assert values["active_power"] == pytest.approx(1.5 + (at - START_US) / 1e9)


def test_node_opcua_signed_and_encrypted(
    node: str,
    free_port: Callable[[], int],
    certify: Callable[[Path, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    certify(tmp_path, "own")
    monkeypatch.setenv("PARKWATT_OPCUA_USER", "reader")
    monkeypatch.setenv("PARKWATT_OPCUA_PASSWORD", "s3cret")
    files = {"certificate": f"{tmp_path}/own.der", "key": f"{tmp_path}/own.pem"}
    files["server_certificate"] = f"{tmp_path}/pki/own/certs/certificate.pem"
    with running(node, "opcua_server.cjs", port=port, folder=f"{tmp_path}/pki"):
        reading = read(
            {"kind": "opcua", "url": f"opc.tcp://127.0.0.1:{port}", **files}, template("opcua", nodes=NODES)
        )
    assert shown(reading)["energy_import"] == pytest.approx(ENERGY)
    assert len(reading.complaints) == 1


def test_node_bacnet(node: str, free_port: Callable[[], int]) -> None:
    port = free_port()
    objects = {
        "0,1": bacnet_object(41500.0, 0, WATTS),
        "0,3": bacnet_object(50.0, 0b0010, HERTZ),
    }
    device = template(
        "bacnet",
        objects=[
            {"object": "analog-input,1", "quantity": "active_power", "unit": "kW"},
            {"object": "analog-input,3", "quantity": "frequency", "unit": "Hz"},
        ],
    )
    with running(node, "bacnet_device.cjs", port=port, objects=objects):
        reading = read(
            {"kind": "bacnet", "interface": "127.0.0.1", "timeout_s": 10}, device, f"127.0.0.1:{port}"
        )
    assert shown(reading) == {"active_power": 41.5}
    assert reading.complaints == ("analog-input,3 frequency: the device does not vouch for it (got 'fault')",)


def bacnet_object(value: float, flags: int, units: int) -> dict[str, list[dict[str, object]]]:
    return {
        PRESENT: [{"type": REAL, "value": value}],
        FLAGS: [{"type": BITS, "value": {"bitsUsed": 4, "value": [flags]}}],
        UNITS: [{"type": ENUMERATED, "value": units}],
    }
