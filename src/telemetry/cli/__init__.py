"""The command line: a module of this folder for each group of commands."""

import sys

import typer

from ingest.errors import IngestError
from telemetry.cli import (
    auditing,
    configuration,
    entering,
    factors,
    importing,
    keys,
    people,
    proving,
    reading,
    running,
    scanning,
)
from telemetry.cli.terminal import errors
from telemetry.model import ParkWattError
from telemetry.settings.mistakes import ConfigError

app = typer.Typer(
    help="The live energy and carbon record of an industrial park.",
    no_args_is_help=True,
    add_completion=False,
)
for group in (
    running,
    configuration,
    reading,
    scanning,
    factors,
    entering,
    importing,
    proving,
    keys,
    auditing,
    people,
):
    app.add_typer(group.commands)


def main() -> None:
    """Run a command; a mistake of the configuration ends with 2, another known failure with 1."""
    try:
        app()
    except ConfigError as error:
        heading = "The configuration has mistakes; nothing was started:"
        errors.print(heading, *map(str, error.mistakes), sep="\n  ", markup=False, soft_wrap=True)
        sys.exit(2)
    except (ParkWattError, IngestError) as error:
        errors.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)
