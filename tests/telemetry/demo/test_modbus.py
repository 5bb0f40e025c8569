import asyncio
import struct
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from pyModbusTCP.client import ModbusClient

from ingest.collectors.modbus import ModbusSource
from telemetry.demo.faults import Faults, Switch
from telemetry.demo.instruments import Instruments
from telemetry.demo.modbus import serve_gateway
from telemetry.demo.registers import DemoError
from telemetry.model import Site

NOW = 1_795_332_600.0
SDM630_ENERGY, SDM630_POWER = 72, 52
PM5000_ENERGY = 0x0C83


def in_loop(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: object, **fixtures: object) -> None:
        asyncio.run(test(*arguments, **fixtures))

    return run


@pytest.fixture
def gateway(site: Site, free_port: Callable[[], int]) -> Callable[[str], ModbusSource]:
    sources = {source.code: source for source in site.sources if isinstance(source, ModbusSource)}
    return lambda code: sources[code].model_copy(update={"port": free_port()})


@pytest.fixture
def switch(tmp_path: Path) -> Switch:
    return Switch(tmp_path)


def floats(registers: list[int]) -> list[float]:
    packed = struct.pack(f">{len(registers)}H", *registers)
    return list(struct.unpack(f">{len(registers) // 2}f", packed))


def truth(instruments: Instruments, code: str) -> dict[str, float]:
    values = instruments.now(code, NOW, Faults())
    assert values is not None
    return values


@in_loop
async def test_units_behind_one_gateway_answer_pymodbus(
    gateway: Callable[[str], ModbusSource], instruments: Instruments, switch: Switch
) -> None:
    source = gateway("GW-A")
    server = await serve_gateway(source, instruments, switch, lambda: NOW)
    client = AsyncModbusTcpClient("127.0.0.1", port=source.port, timeout=30, retries=0)
    assert await client.connect()
    try:
        for code, unit in (("A-M02", 3), ("A-M03", 4), ("A-M09", 10)):
            answer = await client.read_input_registers(SDM630_ENERGY, count=2, device_id=unit)
            assert floats(answer.registers)[0] == pytest.approx(truth(instruments, code)["energy_import"])
            answer = await client.read_input_registers(SDM630_POWER, count=2, device_id=unit)
            watts = truth(instruments, code)["active_power"] * 1000
            assert floats(answer.registers)[0] == pytest.approx(watts)
    finally:
        client.close()
        await server.shutdown()


@in_loop
async def test_a_client_that_we_did_not_write_reads_the_incomer(
    gateway: Callable[[str], ModbusSource], instruments: Instruments, switch: Switch
) -> None:
    source = gateway("GW-P")
    server = await serve_gateway(source, instruments, switch, lambda: NOW)
    try:
        client = ModbusClient("127.0.0.1", source.port, unit_id=1, timeout=30)
        registers = await asyncio.to_thread(client.read_holding_registers, PM5000_ENERGY, 4)
        await asyncio.to_thread(client.close)
        assert registers is not None
        (watt_hours,) = struct.unpack(">q", struct.pack(">4H", *registers))
        expected = truth(instruments, "P-M01")["energy_import"]
        assert watt_hours / 1000 == pytest.approx(expected, abs=0.001)
    finally:
        await server.shutdown()


@in_loop
async def test_wrong_tables_writes_and_addresses_are_refused(
    gateway: Callable[[str], ModbusSource], instruments: Instruments, switch: Switch
) -> None:
    source = gateway("GW-A")
    server = await serve_gateway(source, instruments, switch, lambda: NOW)
    client = AsyncModbusTcpClient("127.0.0.1", port=source.port, timeout=30, retries=0)
    assert await client.connect()
    try:
        assert (await client.read_coils(SDM630_ENERGY, count=2, device_id=3)).exception_code == 1
        assert (await client.write_register(SDM630_ENERGY, 1, device_id=3)).exception_code == 1
        assert (await client.read_input_registers(60000, count=2, device_id=3)).exception_code == 2
    finally:
        client.close()
        await server.shutdown()


@in_loop
async def test_a_meter_cut_off_is_silent_and_the_others_answer(
    gateway: Callable[[str], ModbusSource], instruments: Instruments, switch: Switch
) -> None:
    source = gateway("GW-A")
    server = await serve_gateway(source, instruments, switch, lambda: NOW)
    client = AsyncModbusTcpClient("127.0.0.1", port=source.port, timeout=1, retries=0)
    assert await client.connect()
    try:
        switch.set(Faults().with_fault("drop", "A-M02", NOW))
        with pytest.raises(ModbusIOException):
            await client.read_input_registers(SDM630_ENERGY, count=2, device_id=3)
        await client.connect()
        assert not (await client.read_input_registers(SDM630_ENERGY, count=2, device_id=4)).isError()
        switch.set(switch.faults().cleared("A-M02"))
        assert not (await client.read_input_registers(SDM630_ENERGY, count=2, device_id=3)).isError()
    finally:
        client.close()
        await server.shutdown()


@in_loop
async def test_a_taken_port_is_named(
    gateway: Callable[[str], ModbusSource], instruments: Instruments, switch: Switch
) -> None:
    source = gateway("GW-E")
    server = await serve_gateway(source, instruments, switch, time.time)
    try:
        with pytest.raises(DemoError, match=f"GW-E: 127.0.0.1:{source.port} cannot be listened on"):
            await serve_gateway(source, instruments, switch, time.time)
    finally:
        await server.shutdown()
