"""Modbus TCP and RTU, over a network or a serial port: one connection to each place, its units in turn."""

from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter, pace_of, template_of
from ingest.collectors.modbus.line import Line
from ingest.collectors.modbus.once import read_once
from ingest.collectors.modbus.poll import ModbusCollector
from ingest.collectors.modbus.source import Framing, ModbusSource, is_unit
from ingest.collectors.modbus.unit import Recipe, Unit
from ingest.device import Device
from ingest.errors import SourceError
from ingest.once import Reading
from ingest.pace import Timing

__all__ = [
    "Framing",
    "Line",
    "ModbusCollector",
    "ModbusSource",
    "Recipe",
    "Source",
    "Template",
    "Timing",
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
    """The collector of one line. Raises SourceError when a meter does not fit it."""
    recipes: dict[str, Recipe] = {}
    units = [_unit(source, meter, devices, recipes) for meter in meters]
    return ModbusCollector(source, Line.of(source), units, clock)


async def read(source: ModbusSource, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter. Raises SourceError, PayloadError when another device answers."""
    device, number = _fitting(meter, devices)
    return await probe(source, number, device, source.paced(pace_of(meter, devices)))


async def probe(source: ModbusSource, unit: int, device: Device, timing: Timing | None = None) -> Reading:
    """One reading of a device that stands in no plan. Raises as `read`."""
    line = Line(source)
    try:
        return await read_once(line, unit, device, timing or source.paced(device.pace))
    finally:
        line.close()


def _unit(source: ModbusSource, meter: Meter, devices: Devices, recipes: dict[str, Recipe]) -> Unit:
    device, number = _fitting(meter, devices)
    if device.code not in recipes:
        recipes[device.code] = Recipe(device)
    pace = pace_of(meter, devices)
    return Unit(meter.code, number, recipes[device.code], source.paced(pace), pace.poll_s)


def _fitting(meter: Meter, devices: Devices) -> tuple[Device, int]:
    device = template_of(meter, devices, Device, "Modbus")
    if not is_unit(meter.address):
        raise SourceError(f"meter {meter.code}: a unit id is a number from 0 to 255 (got {meter.address!r})")
    return device, meter.address
