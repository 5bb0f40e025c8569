"""`parkwatt serve`, `collect`, `demo`, `migrate`: what starts the service or prepares its database."""

from pathlib import Path
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
def collect(
    to: Annotated[str, typer.Option(help="Address of the central service, https://host.")],
    *,
    edge: Annotated[str | None, typer.Option(help="Which edge of the site this is.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust beside the system's.")] = None,
    metrics: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on 127.0.0.1 for Prometheus; default: none.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Allow http:// beyond this machine.")] = False,
) -> None:
    """Read the sources marked with this edge and post them to the centre; PARKWATT_TOKEN is the key."""
    from telemetry.edge.run import Order  # noqa: PLC0415  # as in `serve`
    from telemetry.edge.run import run as run_edge  # noqa: PLC0415

    run_edge(read_environment(), Order(to, edge, ca, plain, metrics))


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
    from telemetry.upkeep import apply_migrations, plan_migrations  # noqa: PLC0415  # as in `serve`

    environment = read_environment()
    names = plan_migrations(environment) if plan else apply_migrations(environment)
    heading = "Pending:" if plan else "Applied:"
    out.print(*([heading, *names] if names else ["The database is up to date."]), sep="\n  ")
