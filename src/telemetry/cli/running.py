"""`parkwatt serve`, `demo`, `migrate`: what starts the service or prepares its database."""

from typing import Annotated

import typer

from telemetry.cli.terminal import out
from telemetry.settings.environment import read_environment

commands = typer.Typer()


@commands.command()
def serve() -> None:
    """Read the meters, settle, answer: everything in one process."""
    from telemetry.app import run  # noqa: PLC0415  # `check` should not load the web framework

    run(read_environment())


@commands.command()
def demo(
    *, faults: Annotated[bool, typer.Option(help="Let single meters drop out, reset or lie.")] = False
) -> None:
    """Start a simulated park and the service that reads it."""
    from telemetry.demo.launch import run_demo  # noqa: PLC0415  # needs the demo extra

    raise typer.Exit(run_demo(read_environment(), faults=faults))


@commands.command()
def migrate(
    *, plan: Annotated[bool, typer.Option("--plan", help="Print what is pending; change nothing.")] = False
) -> None:
    """Bring the database up to date, as `serve` does when it starts."""
    from telemetry.app import apply_migrations, plan_migrations  # noqa: PLC0415  # as in `serve`

    environment = read_environment()
    names = plan_migrations(environment) if plan else apply_migrations(environment)
    heading = "Pending:" if plan else "Applied:"
    out.print(*([heading, *names] if names else ["The database is up to date."]), sep="\n  ")
