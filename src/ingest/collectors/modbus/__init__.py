"""Modbus TCP: one connection to each gateway, its units read in turn."""

from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter, template_of
from ingest.collectors.modbus.line import Line
from ingest.collectors.modbus.once import read_once
from ingest.collectors.modbus.poll import ModbusCollector
from ingest.collectors.modbus.source import ModbusSource, is_unit
from ingest.collectors.modbus.unit import Recipe, Unit
from ingest.device import Device
from ingest.errors import SourceError
from ingest.once import Reading

__all__ = [
    "Line",
    "ModbusCollector",
    "ModbusSource",
    "Recipe",
    "Source",
    "Template",
    "Unit",
    "open",
    "probe",
    "read",
]

Source = ModbusSource
Template = Device


def open(  # noqa: A001  # every collector module has this name
    source: ModbusSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> ModbusCollector:
    """The collector of one gateway. Raises SourceError when a meter does not fit it."""
    recipes: dict[str, Recipe] = {}
    units = [_unit(meter, devices, recipes) for meter in meters]
    line = Line(source.host, source.port, source.timeout_s, source.pause_s)
    return ModbusCollector(source.code, line, units, clock, poll_s=source.poll_s, retries=source.retries)


async def read(source: ModbusSource, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter. Raises SourceError, PayloadError when another device answers."""
    device, number = _fitting(meter, devices)
    line = Line(source.host, source.port, source.timeout_s, source.pause_s)
    return await _and_close(line, number, device, source.retries)


async def probe(host: str, port: int, unit: int, device: Device, timeout_s: float = 1.0) -> Reading:
    """One reading of a device that stands in no plan. Raises as `read`."""
    return await _and_close(Line(host, port, timeout_s, 0.0), unit, device, 1)


async def _and_close(line: Line, unit: int, device: Device, retries: int) -> Reading:
    try:
        return await read_once(line, unit, device, retries)
    finally:
        line.close()


def _unit(meter: Meter, devices: Devices, recipes: dict[str, Recipe]) -> Unit:
    device, number = _fitting(meter, devices)
    if device.code not in recipes:
        recipes[device.code] = Recipe(device)
    return Unit(meter.code, number, recipes[device.code])


def _fitting(meter: Meter, devices: Devices) -> tuple[Device, int]:
    device = template_of(meter, devices, Device, "Modbus")
    if not is_unit(meter.address):
        raise SourceError(f"meter {meter.code}: a unit id is a number from 0 to 255 (got {meter.address!r})")
    return device, meter.address
