"""The command line: `parkwatt serve`, `demo`, `check`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from telemetry.model import ParkWattError
from telemetry.settings.environment import read_environment
from telemetry.settings.mistakes import ConfigError
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
    except ParkWattError as error:
        _err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
