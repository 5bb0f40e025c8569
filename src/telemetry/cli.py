"""The command line: `parkwatt serve`, `demo`, `check`, `migrate`, `read`, `probe`."""

import asyncio
import math
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from accounting.multiplier import scales
from accounting.quantity import CATALOGUE
from ingest.collector import read_meter
from ingest.device import Device
from ingest.errors import IngestError
from ingest.once import Reading
from telemetry.model import ParkWattError
from telemetry.settings.environment import read_environment
from telemetry.settings.mistakes import ConfigError, UnknownName
from telemetry.settings.plan import Plan, load_plan

app = typer.Typer(
    help="The live energy and carbon record of an industrial park.",
    no_args_is_help=True,
    add_completion=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False)


@app.command()
def serve() -> None:
    """Read the meters, settle, answer: everything in one process."""
    from telemetry.app import run  # noqa: PLC0415  # `check` should not load the web framework

    run(read_environment())


@app.command()
def demo(
    *, faults: Annotated[bool, typer.Option(help="Let single meters drop out, reset or lie.")] = False
) -> None:
    """Start a simulated park and the service that reads it."""
    from telemetry.demo.launch import run_demo  # noqa: PLC0415  # needs the demo extra

    raise typer.Exit(run_demo(read_environment(), faults=faults))


@app.command()
def check() -> None:
    """Print the resolved plan, or every mistake as file, key, reason (exit 2)."""
    _print_plan(load_plan(read_environment().config_dir))


@app.command()
def migrate(
    *, plan: Annotated[bool, typer.Option("--plan", help="Print what is pending; change nothing.")] = False
) -> None:
    """Bring the database up to date, as `serve` does when it starts."""
    from telemetry.app import apply_migrations, plan_migrations  # noqa: PLC0415  # as in `serve`

    environment = read_environment()
    names = plan_migrations(environment) if plan else apply_migrations(environment)
    heading = "Pending:" if plan else "Applied:"
    _out.print(*([heading, *names] if names else ["The database is up to date."]), sep="\n  ")


@app.command()
def read(meter: Annotated[str, typer.Argument(help="Code of a meter in the site file.")]) -> None:
    """Read one configured meter once and print what it shows; an MQTT meter is awaited for 30 s."""
    environment = read_environment()
    plan = load_plan(environment.config_dir, environment.mqtt_url)
    known, source = plan.meter(meter)
    reading = asyncio.run(read_meter(source, known, plan.library.devices))
    _print_reading(reading, known.multiplier_at(datetime.now(UTC)))


@app.command()
def probe(
    host: Annotated[str, typer.Argument(help="Modbus TCP gateway or meter.")],
    device: Annotated[str, typer.Option(help="Code of a template in config/devices.")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 502,
    unit: Annotated[int, typer.Option(min=0, max=255, help="Unit id behind that address.")] = 1,
) -> None:
    """Read a Modbus device once with a template; no site is needed."""
    from ingest.collectors import modbus  # noqa: PLC0415  # `check` should not load its client

    template = load_plan(read_environment().config_dir).device(device)
    if not isinstance(template, Device):
        raise UnknownName(f"the device template {device!r} is for {template.protocol}, not for Modbus")
    _print_reading(asyncio.run(modbus.probe(host, port, unit, template)), 1.0)


def _print_reading(reading: Reading, multiplier: float) -> None:
    table = Table(
        "quantity", "value", f"x {multiplier:g}", "unit", "place", "words", box=None, pad_edge=False
    )
    for shown in reading.shown:
        factor = multiplier if scales(shown.quantity) else 1.0
        value, primary = _number(shown.value), _number(shown.value * factor)
        table.add_row(shown.quantity, value, primary, CATALOGUE[shown.quantity].unit, shown.place, shown.raw)
    _out.print(table)
    for complaint in reading.complaints:
        _err.print(complaint, markup=False, soft_wrap=True)


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.10g}"


def _print_plan(plan: Plan) -> None:
    devices, factors, tariffs = map(len, (plan.library.devices, plan.library.factors, plan.library.tariffs))
    _out.print(f"Library: {devices} device templates, {factors} factors, {tariffs} tariffs")
    if plan.site is None:
        _out.print("Site: none. Write one in sites/ of your configuration folder; the README shows how.")
        return
    site = plan.site
    _out.print(f"Site: {site.code}, {site.name.en} {site.name.zh}, {site.zone}, region {site.region}")
    _out.print(f"File: {plan.site_file}")
    _out.print(_meters(plan))


def _meters(plan: Plan) -> Table:
    table = Table(
        "meter", "source", "address", "template", "area", "role", "multiplier", box=None, pad_edge=False
    )
    for meter in plan.site.meters if plan.site else ():
        address = str(meter.address if meter.address is not None else meter.code)
        table.add_row(
            meter.code,
            meter.source,
            address,
            meter.device or "catalogue names",
            meter.area,
            meter.role,
            f"{meter.multiplier:g}",
        )
    return table


def main() -> None:
    """Run a command; a mistake of the configuration ends with 2, another known failure with 1."""
    try:
        app()
    except ConfigError as error:
        heading = "The configuration has mistakes; nothing was started:"
        _err.print(heading, *error.mistakes, sep="\n  ", markup=False, soft_wrap=True)
        sys.exit(2)
    except (ParkWattError, IngestError) as error:
        _err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
