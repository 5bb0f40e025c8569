"""`parkwatt scan`: who answers on a Modbus line, and which template fits."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.progress import Progress

from ingest.collectors.half_duplex.source import Parity
from ingest.collectors.modbus.scan import Found, unit_ids
from ingest.collectors.modbus.scan import scan as units_of
from ingest.collectors.modbus.source import Framing, ModbusSource
from ingest.device import Device
from telemetry.cli.modbus_line import (
    BaudOption,
    FramingOption,
    ParityOption,
    PortOption,
    StopBitsOption,
    line_at,
)
from telemetry.cli.terminal import errors, out
from telemetry.settings.environment import read_environment
from telemetry.settings.plan import load_plan

commands = typer.Typer()
_SHOWN = 5


@commands.command()
def scan(
    place: Annotated[
        str, typer.Argument(help="Host of a gateway or meter, or a serial port (/dev/ttyUSB0).")
    ],
    *,
    units: Annotated[str, typer.Option(help="Unit ids, such as 1-32,100.")] = "1-32",
    rate: Annotated[float, typer.Option(min=0.1, max=1000, help="Requests a second at most.")] = 20.0,
    timeout: Annotated[float, typer.Option(min=0.02, max=30, help="Patience with one request [s].")] = 0.5,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    port: PortOption = 502,
    framing: FramingOption = Framing.TCP,
    baudrate: BaudOption = 9600,
    parity: ParityOption = Parity.NONE,
    stop_bits: StopBitsOption = 1,
) -> None:
    """Say which unit ids of a Modbus line answer and which templates fit what they show."""
    numbers = _listed(units)
    source = line_at(
        place,
        port=port,
        framing=framing,
        baudrate=baudrate,
        parity=parity,
        stop_bits=stop_bits,
        timeout_s=timeout,
        pause_s=1 / rate,
    )
    known = load_plan(read_environment().config_dir).library.devices.values()
    devices = [device for device in known if isinstance(device, Device)]
    if not yes:
        _ask(source, numbers, rate)
    found = asyncio.run(_scan(source, numbers, devices))
    out.print(f"{len(found)} of {len(numbers)} unit ids at {source.place} answer.")
    for each in found:
        _print(source, each)


def _listed(units: str) -> list[int]:
    try:
        return unit_ids(units)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _ask(source: ModbusSource, numbers: Sequence[int], rate: float) -> None:
    out.print(
        f"This connects to {source.place} and sends reading requests (function codes 1 to 4, none writes): "
        f"up to 2 to each of {len(numbers)} unit ids and some hundred to each that answers, "
        f"at most {rate:g} a second. Whoever else uses the line waits meanwhile.",
        markup=False,
    )
    typer.confirm("Go on?", abort=True)


async def _scan(source: ModbusSource, numbers: Sequence[int], devices: Sequence[Device]) -> list[Found]:
    found: list[Found] = []
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task(f"unit {numbers[0]}", total=len(numbers))
        async for unit, answer in units_of(source, numbers, devices):
            found += [answer] if answer else []
            progress.update(task, advance=1, description=f"after unit {unit}, {len(found)} found")
    return found


def _print(source: ModbusSource, found: Found) -> None:
    out.print(f"\nunit {found.unit}", style="bold")
    if found.models:
        models = ", ".join(f"{model.number} at {model.start}" for model in found.models)
        out.print(f"  SunSpec models: {models}")
    if found.trouble:
        out.print(f"  the search ended early: {found.trouble}", markup=False)
    for fit in found.fits[:_SHOWN]:
        reasons = ", ".join(fit.evidence.reasons)
        out.print(f"  fits {fit.device.code} ({fit.evidence.points} points): {reasons}", markup=False)
    for line in _advice(source, found.unit, [fit.device for fit in found.best]):
        out.print(f"  {line}", markup=False)


def _advice(source: ModbusSource, unit: int, best: Sequence[Device]) -> Iterator[str]:
    if not best:
        yield "no template fits: write one as docs/devices.md shows, or try one with parkwatt probe"
    elif len(best) > 1:
        codes = " from ".join(device.code for device in best)
        yield f"what it shows does not tell {codes}: look at its type plate, and compare with its display"
    else:
        code, name = best[0].code, best[0].name
        place = f"device: {code}, address: {unit}, area: AREA"
        names = f"{{en: {_quoted(name.en)}, zh: {_quoted(name.zh)}}}"
        yield f"- {{code: unit-{unit}, source: SOURCE, {place}, name: {names}}}"
        yield f"compare with its display: parkwatt probe {_options(source)} --unit {unit} --device {code}"


def _options(source: ModbusSource) -> str:
    if source.serial is None:
        return f"{source.host} --port {source.port} --framing {source.framing}"
    rate = f"--baudrate {source.baudrate} --parity {source.parity}"
    return f"{source.serial} {rate} --stop-bits {source.stop_bits}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
