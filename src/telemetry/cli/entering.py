"""`parkwatt enter`: what a person reads from a meter's display."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from telemetry.cli.service import linked
from telemetry.cli.terminal import errors, out
from telemetry.edge.receipt import Problem, Receipt, read
from telemetry.settings.environment import read_environment

commands = typer.Typer()
_PATH = "/api/v1/manual-readings"


@commands.command("enter")
def enter(
    meter: Annotated[str, typer.Argument(help="Code of the meter.")],
    value: Annotated[float, typer.Argument(help="As its display shows it, in the quantity's unit.")],
    *,
    who: Annotated[str, typer.Option(help="Who read it.")],
    quantity: Annotated[str, typer.Option(help="What was read.")] = "energy_import",
    at: Annotated[
        str | None, typer.Option(help="RFC 3339, or without a zone in the park's; default: now.")
    ] = None,
    note: Annotated[str, typer.Option(help="What else there is to say.")] = "",
    to: Annotated[
        str | None, typer.Option(help="Address of the service; default: the one of this machine.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust beside the system's.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Allow http:// beyond this machine.")] = False,
) -> None:
    """Enter a reading by hand at the running service. PARKWATT_TOKEN is the key."""
    time = at or datetime.now(UTC).isoformat(timespec="seconds")
    row = {"meter": meter, "time": time, "quantity": quantity, "value": value, "who": who, "note": note}
    with linked(read_environment(), to, ca, plain=plain) as link:
        answer = read(link.post(_PATH, row))
    if isinstance(answer, Problem):
        reasons = [f"{each.field.removeprefix('0.')}: {each.reason}" for each in answer.errors]
        errors.print("; ".join(reasons) or answer.detail, markup=False)
        sys.exit(1)
    out.print(_told(answer))


def _told(receipt: Receipt) -> str:
    if receipt.conflict:
        return "Another value stands at this time; yours is kept aside, and a correction can accept it."
    if receipt.duplicate:
        return "It stood already."
    return "Entered."
