"""The gateways of the demo park: Modbus TCP servers with one device for each unit id behind them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.collectors.modbus import ModbusSource
from ingest.device import Device, Table
from telemetry.demo.faults import Switch
from telemetry.demo.instruments import Instrument, Instruments
from telemetry.demo.registers import DemoError, encode

Clock = Callable[[], float]
_TABLES = {3: Table.HOLDING, 4: Table.INPUT}


@dataclass(frozen=True, slots=True)
class Unit:
    """One device on a gateway's line; its words are made at the moment they are asked for."""

    code: str
    device: Device
    instruments: Instruments
    switch: Switch
    clock: Clock

    async def answer(  # noqa: PLR0917  # pymodbus calls it so
        self,
        function_code: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Fills in what is read; raises NoSuchIdException, that is silence, for a device cut off."""
        table = _TABLES.get(function_code)
        if written is not None or table is None:
            return ExcCodes.ILLEGAL_FUNCTION
        values = self.instruments.now(self.code, self.clock(), self.switch.faults())
        if values is None:
            raise NoSuchIdException(self.code)
        image = encode(self.device, values)
        for at in range(address, address + count):
            registers[at - start] = image.get((table, at), 0)
        return None


async def serve_gateway(
    source: ModbusSource, instruments: Instruments, switch: Switch, clock: Clock
) -> ModbusTcpServer:
    """A listening server; its `shutdown()` ends it. Raises DemoError when its port is taken."""
    if source.gateway is None:
        raise DemoError(f"{source.code}: the demo plays gateways, no serial ports")
    units = [_unit(one, instruments, switch, clock) for one in instruments.of_source(source.code)]
    server = ModbusTcpServer(units, address=source.gateway, ignore_missing_devices=True)
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise DemoError(f"{source.code}: {source.place} cannot be listened on: {error}") from error
    return server


def _unit(one: Instrument, instruments: Instruments, switch: Switch, clock: Clock) -> SimDevice:
    if not isinstance(one.device, Device) or not isinstance(one.meter.address, int):
        raise DemoError(f"{one.meter.code}: a device on a Modbus line has a Modbus template and a unit id")
    unit = Unit(one.meter.code, one.device, instruments, switch, clock)
    first, count = _extent((r.address, r.address + r.type.words) for r in one.device.registers)
    memory = SimData(first, count=count, values=0, datatype=DataType.REGISTERS)
    return SimDevice(one.meter.address, [memory], action=unit.answer)


def _extent(spans: Iterable[tuple[int, int]]) -> tuple[int, int]:
    starts, ends = zip(*spans, strict=True)
    return min(starts), max(ends) - min(starts)
