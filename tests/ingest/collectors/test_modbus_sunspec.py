"""SunSpec devices wherever their models stand, and what devices say of themselves."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pyModbusTCP.server import DataBank, ModbusServer
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from ingest.batch import Batch
from ingest.collectors import modbus
from ingest.collectors.modbus import Line, ModbusCollector, ModbusSource, Recipe, Unit
from ingest.collectors.modbus.sunspec import discover
from ingest.device import Device
from ingest.errors import UnitRefuses
from ingest.json_device import JsonDevice
from ingest.kinds import read_template
from ingest.plan import Span

MARK = [0x5375, 0x6E53]
COMMON = [1, 66, *(struct.unpack(">16H", b"Acme Meters".ljust(32, b"\0")))]
COMMON += list(struct.unpack(">16H", b"PM-9".ljust(32, b"\0"))) + [0] * 8
COMMON += list(struct.unpack(">8H", b"2.1".ljust(16, b"\0"))) + list(
    struct.unpack(">16H", b"SN 0815".ljust(32))
)
COMMON += [5, 0x8000]
FILLER = [64_001, 3, 7, 7, 7]


@pytest.fixture
def device(shipped: Callable[[str], Device | JsonDevice]) -> Device:
    found = shipped("sunspec-203")
    assert isinstance(found, Device)
    return found


def words_of(device: Device) -> list[int]:
    """Model 203 of the template's first example."""
    assert device.sunspec is not None
    image = [0] * 107
    for start, text in next(iter(device.examples[0].words.values())).items():
        content = struct.unpack(f">{len(text) // 4}H", bytes.fromhex(text))
        image[start - device.sunspec.at : start - device.sunspec.at + len(content)] = content
    return image


@pytest.fixture
def served(free_port: Callable[[], int]) -> Iterator[tuple[DataBank, int]]:
    bank, port = DataBank(), free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank)
    server.start()
    try:
        yield bank, port
    finally:
        server.stop()


def source(port: int) -> ModbusSource:
    return ModbusSource(kind="modbus", code="gw", host="127.0.0.1", port=port, timeout_s=5)


async def models_at(port: int) -> list[tuple[int, int, int]]:
    line = Line(source(port))

    async def ask(span: Span) -> Any:
        return await line.read(1, span)

    found = await discover(ask)
    line.close()
    await asyncio.sleep(0)
    return [tuple(model) for model in found]


@pytest.mark.parametrize("base", [0, 40000, 50000])
def test_the_models_are_those_that_pysunspec2_finds(
    served: tuple[DataBank, int], device: Device, base: int
) -> None:
    bank, port = served
    bank.set_holding_registers(base, [*MARK, *COMMON, *FILLER, *words_of(device), 0xFFFF, 0])
    theirs = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=30)
    theirs.scan()
    theirs.close()
    known = sorted((m.model_addr, m.model_id) for m in theirs.model_list)
    ours = asyncio.run(models_at(port))
    assert [(start, number) for number, start, _ in ours] == known
    assert [(number, length) for number, _, length in ours] == [(1, 66), (64_001, 3), (203, 105)]
    reading = asyncio.run(modbus.probe(source(port), 1, device))
    shown = {one.quantity: one.value for one in reading.shown}
    expected = device.examples[0].values
    assert {name: shown[name] for name in expected} == pytest.approx(expected)
    assert reading.identity == {
        "manufacturer": "Acme Meters",
        "model": "PM-9",
        "version": "2.1",
        "serial": "SN 0815",
    }


def test_no_mark_no_such_model_too_short_a_model(served: tuple[DataBank, int], device: Device) -> None:
    bank, port = served

    def complaint() -> str:
        with pytest.raises(UnitRefuses) as caught:
            asyncio.run(modbus.probe(source(port), 1, device))
        return str(caught.value)

    assert complaint() == "unit 1: it has no SunSpec mark at 40000, 50000 or 0"
    bank.set_holding_registers(40000, [*MARK, *COMMON, *FILLER, 0xFFFF, 0])
    assert complaint() == "unit 1: it has no SunSpec model 203, only 1, 64001"
    bank.set_holding_registers(40000, [*MARK, *COMMON, 203, 20, *([9] * 20), 103, 50, *([8] * 50), 0xFFFF, 0])
    assert complaint() == "unit 1: its SunSpec model 203 has 20 registers, not 70"


def test_a_device_whose_models_moved_is_found_again(served: tuple[DataBank, int], device: Device) -> None:
    bank, port = served
    rows: list[float] = []

    class Sink:
        async def write(self, batch: Batch) -> Any:
            rows.extend(batch.values[:, batch.quantities.index("voltage_l1")].tolist())
            return np.zeros(len(batch), np.uint8)

    async def scenario() -> None:
        one = ModbusCollector(
            source(port), Line(source(port)), [Unit("M", 1, Recipe(device), source(port).timing)], lambda: 1e9
        )
        drain = asyncio.create_task(one._backlog.drain(Sink()))
        bank.set_holding_registers(40000, [*MARK, *COMMON, *words_of(device), 0xFFFF, 0])
        await one.poll()
        assert one.health.meters["M"].identity["serial"] == "SN 0815"
        bank.set_holding_registers(40000, [*MARK, *COMMON, *FILLER, *words_of(device), 0xFFFF, 0])
        await one.poll()
        assert "another device" in one.health.meters["M"].last_error
        await one.poll()
        assert not one.health.meters["M"].failing
        async with asyncio.timeout(60):
            while one.health.waiting:  # noqa: ASYNC110  # another task empties it
                await asyncio.sleep(0.01)
        drain.cancel()
        one.close()
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert rows == [230.5, 230.5]


def test_texts_and_numbers_name_a_device(served: tuple[DataBank, int]) -> None:
    bank, port = served
    bank.set_holding_registers(0xFC00, [0x0012, 0xD687])
    bank.set_holding_registers(30, [0x654A, 0x696E, 0x7A74, 0x0061])
    bank.set_holding_registers(40, [0xFFFF, 0xFFFF])
    template = read_template(
        {
            "code": "t",
            "name": {"en": "T", "zh": "T"},
            "source": "a test",
            "protocol": "modbus",
            "registers": [{"address": 1, "type": "uint16", "quantity": "voltage", "unit": "V"}],
            "texts": [
                {"name": "serial", "address": 0xFC00, "words": 2, "type": "number"},
                {"name": "manufacturer", "address": 30, "words": 4, "swapped": True},
                {"name": "version", "address": 40, "words": 2, "type": "number"},
            ],
        }
    )
    assert isinstance(template, Device)
    reading = asyncio.run(modbus.probe(source(port), 1, template))
    assert reading.identity == {"serial": "1234567", "manufacturer": "Jenitza"}
