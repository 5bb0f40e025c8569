"""The Modbus collector against servers that are not ours."""

import asyncio
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pyModbusTCP.server import DataBank, ModbusServer

from ingest.collectors.modbus import Line, ModbusSource, Timing
from ingest.decode import Decoder
from ingest.device import Device, Table
from ingest.errors import UnitRefuses, UnitSilent
from ingest.json_device import JsonDevice
from ingest.plan import Span, plan

_SOURCE = Path("/usr/share/doc/libmodbus-dev/examples/unit-test-server.c")
_CONFIG = "#define HAVE_INTTYPES_H 1\n#define HAVE_STDINT_H 1\n"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """libmodbus' unit-test-server, built for a free port."""
    if not _SOURCE.exists() or shutil.which("gcc") is None:
        pytest.skip("libmodbus-dev and gcc are not installed")
    folder = tmp_path_factory.mktemp("libmodbus")
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    for path in (_SOURCE, _SOURCE.with_name("unit-test.h")):
        text = path.read_text().replace('"127.0.0.1", 1502', f'"127.0.0.1", {port}')
        (folder / path.name).write_text(text)
    (folder / "config.h").write_text(_CONFIG)
    command = ["gcc", f"-I{folder}", "-I/usr/include/modbus", folder / _SOURCE.name, "-lmodbus", "-o"]
    subprocess.run([*command, folder / "server"], check=True, capture_output=True)
    return folder / "server", port


@pytest.fixture
def hostile(program: tuple[Path, int]) -> Iterator[int]:
    """The port of the server, which serves one connection and ends."""
    path, port = program
    process = subprocess.Popen([path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while f":{port:04X} " not in Path("/proc/net/tcp").read_text():
            assert process.poll() is None
        yield port
    finally:
        process.kill()
        process.wait()


def test_a_hostile_server_does_not_confuse_what_comes_after(
    hostile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.collectors.modbus.tcp._FIRST", 1)  # of a number it gives back the low byte

    async def scenario() -> None:
        line = Line(ModbusSource(kind="modbus", code="gw", host="127.0.0.1", port=hostile, timeout_s=30))
        sound = Span(Table.INPUT, 0x108, 1)
        brief = Timing(0.1, 0, 0.0)  # it sleeps for half a second before one of its answers

        async def next_is_right() -> None:
            assert list(await line.read(17, sound)) == [0x000A]

        await next_is_right()
        bits = await line.read(17, Span(Table.DISCRETE, 0x1C4, 0x16))
        assert [int(bit) for bit in bits] == [int(b) for b in "0011010111011011101011"]
        with pytest.raises(UnitRefuses, match="busy"):
            await line.read(17, Span(Table.HOLDING, 0x170, 1))
        await next_is_right()
        with pytest.raises(UnitSilent):
            await line.read(17, Span(Table.HOLDING, 0x172, 1), brief)
        await next_is_right()
        assert list(await line.read(0xFF, Span(Table.HOLDING, 0x173, 1))) == [0]
        await next_is_right()
        with pytest.raises(UnitSilent, match="another form"):
            await line.read(17, Span(Table.HOLDING, 0x160, 2))
        with pytest.raises(UnitRefuses, match="illegal address"):
            await line.read(17, Span(Table.INPUT, 0x100, 1))
        await next_is_right()
        with pytest.raises(UnitSilent):
            await line.read(17, Span(Table.HOLDING, 0x171, 1), brief)
        await next_is_right()
        line.close()

    asyncio.run(scenario())


class _Sdm630(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    """Its memory, which answers at most 40 values at once, as the manual says."""

    asked = 0

    def get_input_registers(self, address: int, number: int = 1, srv_info: object = None) -> list[int] | None:
        self.asked += 1
        held: list[int] | None = super().get_input_registers(address, number, srv_info)
        return held if number <= 80 and number % 2 == 0 else None


def test_an_sdm630_played_by_pymodbustcp_gives_52_values_in_four_requests(
    shipped: Callable[[str], Device | JsonDevice], free_port: Callable[[], int]
) -> None:
    device = shipped("eastron-sdm630")
    assert isinstance(device, Device)
    bank = _Sdm630()
    for register in device.registers:
        number = struct.pack(">f", float(register.address))
        bank.set_input_registers(register.address, list(struct.unpack(">2H", number)))
    port = free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank)
    server.start()
    try:
        shown = asyncio.run(_read(device, port))
    finally:
        server.stop()
    assert bank.asked <= 4
    assert len(shown) >= 52
    thousandths = {"W", "VA", "var"}
    assert shown == {
        register.quantity: register.address / (1000 if register.unit in thousandths else 1)
        for register in device.registers
    }


async def _read(device: Device, port: int) -> dict[str, float]:
    line = Line(ModbusSource(kind="modbus", code="gw", host="127.0.0.1", port=port, timeout_s=30))
    blocks = plan(device)
    values = Decoder(device, blocks).decode({block: await line.read(1, block) for block in blocks})
    line.close()
    await asyncio.sleep(0)
    return dict(zip(device.quantities, map(float, values), strict=True))
