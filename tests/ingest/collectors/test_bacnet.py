"""BACnet/IP against a device in another process, all of it on loopback."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.collector import open_collector, read_meter
from ingest.collectors.bacnet.poll import BacnetCollector
from ingest.collectors.bacnet.present import Present
from ingest.errors import LineDown, PayloadError, SourceError, TemplateError, UnitSilent
from ingest.kinds import read_source, read_template
from ingest.once import Reading
from ingest.pace import Pace
from ingest.template import Template

DEVICE = """
import asyncio, sys
from bacpypes3.basetypes import Scale
from bacpypes3.errors import ExecutionError, UnrecognizedService
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.object import AccumulatorObject, AnalogInputObject, AnalogValueObject
from bacpypes3.pdu import IPv4Address
class Old(NormalApplication):
    async def do_ReadPropertyMultipleRequest(self, apdu):
        raise UnrecognizedService("not in this firmware")
class Small(NormalApplication):
    async def do_ReadPropertyMultipleRequest(self, apdu):
        raise ExecutionError("services", "abort-segmentation-not-supported")
async def main():
    kind = {"old": Old, "small": Small, "new": NormalApplication}[sys.argv[2]]
    device = DeviceObject(objectIdentifier=("device", 7), objectName="meter", vendorIdentifier=0)
    app = kind(device, IPv4Address(("127.0.0.1", int(sys.argv[1]))))
    def add(n, value, units, flags=(0, 0, 0, 0), cls=AnalogInputObject, kind="analog-input", **rest):
        app.add_object(cls(objectIdentifier=(kind, n), objectName=f"{kind}{n}", presentValue=value,
            units=units, statusFlags=list(flags), eventState="normal", outOfService=bool(flags[3]), **rest))
    add(1, 41500.0, "watts")
    add(2, 230.5, "volts", (1, 0, 0, 0))
    add(3, 50.0, "hertz", (0, 1, 0, 0))
    add(4, 0.9, "power-factor", (0, 0, 0, 1))
    add(5, 21.5, "degrees-celsius")
    add(6, 7.25, "no-units", cls=AnalogValueObject, kind="analog-value")
    add(7, 123456, "kilowatt-hours", cls=AccumulatorObject, kind="accumulator", scale=Scale(integerScale=-1),
        maxPresValue=999999)
    print("ready", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
OBJECTS: list[dict[str, Any]] = [
    {"object": "analog-input,1", "quantity": "active_power", "unit": "kW"},
    {"object": "analog-input,2", "quantity": "voltage_l1", "unit": "V"},
    {"object": "analog-value,6", "quantity": "current_l1", "unit": "A"},
    {"object": "accumulator,7", "quantity": "energy_import", "unit": "kWh"},
]
SHOWN = {"active_power": 41.5, "voltage_l1": 230.5, "current_l1": 7.25, "energy_import": 12345.6}
READ_PROPERTY, READ_PROPERTY_MULTIPLE, WRITE_PROPERTY = 12, 14, 15
METER = {"code": "M", "source": "bms", "device": "t"}


@contextmanager
def playing(port: int, kind: str = "new") -> Iterator[None]:
    command = [sys.executable, "-c", DEVICE, str(port), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


@pytest.fixture
def udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def template(*objects: dict[str, Any], **rest: object) -> Template:
    head = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": "bacnet"}
    return read_template({**head, "objects": objects, **rest})


def way(**rest: object) -> dict[str, object]:
    return {"kind": "bacnet", "code": "bms", "interface": "127.0.0.1", "timeout_s": 5, **rest}


def read(port: int, device: Template, **rest: object) -> Reading:
    meter = SimpleNamespace(**METER, pace=Pace(), address=f"127.0.0.1:{port}")
    return asyncio.run(read_meter(read_source(way(**rest)), meter, {"t": device}))


def shown(reading: Reading) -> dict[str, float]:
    return {one.quantity: one.value for one in reading.shown if not np.isnan(one.value)}


@pytest.mark.parametrize("kind", ["new", "old", "small"])
def test_units_and_scales_are_those_of_the_device(udp_port: int, kind: str) -> None:
    with playing(udp_port, kind):
        reading = read(udp_port, template(*OBJECTS, objects_a_read=3))
    assert shown(reading) == pytest.approx(SHOWN, rel=1e-12)
    assert reading.complaints == ()


def test_what_the_device_does_not_vouch_for_is_no_number(udp_port: int) -> None:
    doubtful = [
        {"object": "analog-input,3", "quantity": "frequency", "unit": "Hz"},
        {"object": "analog-input,4", "quantity": "power_factor", "unit": "1"},
        {"object": "analog-input,5", "quantity": "voltage_l2", "unit": "V"},
        {"object": "analog-input,9", "quantity": "voltage_l3", "unit": "V"},
    ]
    with playing(udp_port):
        reading = read(udp_port, template(OBJECTS[0], *doubtful))
    assert shown(reading) == {"active_power": 41.5}
    assert reading.complaints == (
        "analog-input,3 frequency: the device does not vouch for it (got 'fault')",
        "analog-input,4 power_factor: the device does not vouch for it (got 'out-of-service')",
        "analog-input,5 voltage_l2: another unit than this quantity can have (got 'degrees-celsius')",
        "analog-input,9 voltage_l3: the device does not give it (got 'error unknown-object')",
    )


class Relay(asyncio.DatagramProtocol):
    """Passes datagrams on to a device and back, and keeps what was asked."""

    def __init__(self, device: int) -> None:
        self.device = ("127.0.0.1", device)
        self.asked: list[bytes] = []
        self.client: tuple[str, int] | None = None
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        if addr == self.device:
            self.transport.sendto(data, self.client)
        else:
            self.client = addr
            self.asked.append(data)
            self.transport.sendto(data, self.device)


class Keeping:
    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        for values in batch.values:
            self.rows.append(dict(zip(batch.quantities, map(float, values), strict=True)))
        return np.zeros(len(batch), np.uint8)


@pytest.mark.parametrize("kind", ["new", "old"])
def test_it_polls_and_only_reads_and_answers_nobody(udp_port: int, kind: str) -> None:
    sink = Keeping()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        transport, relay = await loop.create_datagram_endpoint(
            lambda: Relay(udp_port), local_addr=("127.0.0.1", 0)
        )
        through = transport.get_extra_info("sockname")[1]
        meter = SimpleNamespace(**METER, pace=Pace(), address=f"127.0.0.1:{through}")
        devices = {"t": template(*OBJECTS)}
        one = open_collector(read_source(way(poll_s=0.2)), [meter], devices, time.time)
        assert isinstance(one, BacnetCollector)
        task = asyncio.create_task(one.run(sink))
        async with asyncio.timeout(60):
            while len(sink.rows) < 3:  # noqa: ASYNC110  # another task fills it
                await asyncio.sleep(0.02)
        heard = await asked_back(relay.client)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        transport.close()
        services = {datagram[9] for datagram in relay.asked}
        only = {READ_PROPERTY_MULTIPLE} if kind == "new" else {READ_PROPERTY, READ_PROPERTY_MULTIPLE}
        assert services == only
        assert all(datagram[:2] == b"\x81\x0a" for datagram in relay.asked)
        assert heard == b""
        assert not one.health.meters["M"].failing

    async def asked_back(client: tuple[str, int] | None) -> bytes:
        """What ParkWatt says to somebody who asks it, and who would write."""
        assert client is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.settimeout(0)
            stranger.bind(("127.0.0.1", 0))
            read_its_name = "81 0a 00 11 01 04 00 05 05 0c 0c 02 3f ff ff 19 4d"
            write_its_name = "81 0a 00 19 01 04 00 05 06 0f 0c 02 3f ff ff 19 4d 3e 74 00 61 62 63 3f 00"
            for text in (read_its_name, write_its_name, "81 0a 00 08 01 00 10 08"):
                stranger.sendto(bytes.fromhex(text), client)
            await asyncio.sleep(0.5)
            try:
                return stranger.recv(1500)
            except BlockingIOError:
                return b""

    with playing(udp_port, kind):
        asyncio.run(scenario())
    assert sink.rows[0] == pytest.approx(SHOWN, rel=1e-12)


def test_a_device_that_is_not_there(udp_port: int) -> None:
    with pytest.raises(UnitSilent, match=r"^M: no answer within 0\.1 s$"):
        read(udp_port, template(*OBJECTS), timeout_s=0.1, retries=0)


def test_an_interface_that_this_machine_does_not_have(udp_port: int) -> None:
    with pytest.raises(LineDown, match=r"no UDP port 192\.0\.2\.77:0 on this machine: "):
        read(udp_port, template(*OBJECTS), interface="192.0.2.77")


@pytest.mark.parametrize("address", ["192.0.2.40", "192.0.2.40:47809"])
def test_what_is_an_address(address: str) -> None:
    assert read_source(way()).misfit(address) is None


@pytest.mark.parametrize("address", ["192.0.2.400", "plc-7", "192.0.2.4:0", "192.0.2.4:70000", 7, None])
def test_what_is_no_address(address: object) -> None:
    assert "at an address such as 192.0.2.40" in str(read_source(way()).misfit(address))  # type: ignore[arg-type]  # what YAML may hold


def test_an_object_without_a_number_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"objects\.0\.object: .*got 'binary-input,1'"):
        template({**OBJECTS[0], "object": "binary-input,1"})


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ingest.collectors.bacnet.poll", "ingest.collectors.bacnet.client"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "bacpypes3.apdu", None)
    said = r"^source bms speaks BACnet/IP: pip install 'parkwatt\[bacnet\]'$"
    with pytest.raises(SourceError, match=said):
        read(9, template(*OBJECTS))
    meter = SimpleNamespace(**METER, pace=Pace(), address="127.0.0.1")
    with pytest.raises(SourceError, match=said):
        open_collector(read_source(way()), [meter], {"t": template(*OBJECTS)}, time.time)


def test_a_number_that_is_none() -> None:
    present = Present(template(OBJECTS[0]).measured[0])  # type: ignore[arg-type]  # a BACnet template's
    assert np.isnan(present.number({"present-value": float("nan")}))
    assert np.isnan(present.number({}))
    with pytest.raises(PayloadError, match="is not finite"):
        present.number({"present-value": float("inf")})
