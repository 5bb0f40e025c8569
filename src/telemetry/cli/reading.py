"""`parkwatt read`, `probe`: one meter, read once and shown."""

import asyncio
import math
from datetime import UTC, datetime
from typing import Annotated

import typer

from accounting.multiplier import scales
from accounting.quantity import CATALOGUE
from ingest.collector import read_meter
from ingest.collectors import modbus
from ingest.collectors.half_duplex.source import Parity
from ingest.collectors.modbus.source import Framing
from ingest.device import Device
from ingest.once import Reading
from telemetry.cli.modbus_line import (
    BaudOption,
    FramingOption,
    ParityOption,
    PlaceArgument,
    PortOption,
    StopBitsOption,
    line_at,
)
from telemetry.cli.terminal import errors, out, plain
from telemetry.settings.environment import read_environment
from telemetry.settings.mistakes import UnknownName
from telemetry.settings.plan import load_plan

commands = typer.Typer()


@commands.command()
def read(meter: Annotated[str, typer.Argument(help="Code of a meter in the site file.")]) -> None:
    """Read one configured meter once and print what it shows; an MQTT meter is awaited for 30 s."""
    environment = read_environment()
    plan = load_plan(environment.config_dir, environment.mqtt_url)
    known, source = plan.meter(meter)
    reading = asyncio.run(read_meter(source, known, plan.library.devices))
    _print_reading(reading, known.multiplier_at(datetime.now(UTC)))


@commands.command()
def probe(
    place: PlaceArgument,
    *,
    device: Annotated[str, typer.Option(help="Code of a template in config/devices.")],
    port: PortOption = 502,
    unit: Annotated[int, typer.Option(min=0, max=255, help="Unit id behind that address.")] = 1,
    framing: FramingOption = Framing.TCP,
    baudrate: BaudOption = 9600,
    parity: ParityOption = Parity.NONE,
    stop_bits: StopBitsOption = 1,
) -> None:
    """Read a Modbus device once with a template; no site is needed."""
    template = load_plan(read_environment().config_dir).device(device)
    if not isinstance(template, Device):
        raise UnknownName(f"the device template {device!r} is for {template.protocol}, not for Modbus")
    source = line_at(place, port=port, framing=framing, baudrate=baudrate, parity=parity, stop_bits=stop_bits)
    _print_reading(asyncio.run(modbus.probe(source, unit, template)), 1.0)


def _print_reading(reading: Reading, multiplier: float) -> None:
    primary = f"x {multiplier:g}"
    columns = ("quantity", "value", primary, "unit", "place", "words")
    table = plain(*columns, whole={"quantity", "value", primary, "unit"})
    for shown in reading.shown:
        factor = multiplier if scales(shown.quantity) else 1.0
        value, multiplied = _number(shown.value), _number(shown.value * factor)
        table.add_row(
            shown.quantity, value, multiplied, CATALOGUE[shown.quantity].unit, shown.place, shown.raw
        )
    out.print(table)
    for name, text in reading.identity.items():
        out.print(f"{name}: {text}", markup=False)
    for complaint in reading.complaints:
        errors.print(complaint, markup=False, soft_wrap=True)


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.10g}"
