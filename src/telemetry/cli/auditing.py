"""`parkwatt audit`: whether the audit log still is what was written."""

import re
from typing import Annotated

import typer

from telemetry.cli.terminal import errors, out
from telemetry.settings.environment import read_environment
from telemetry.storage.audit import Chain

audit = typer.Typer(help="The audit log.", no_args_is_help=True)
commands = typer.Typer()
commands.add_typer(audit, name="audit")


@audit.callback()
def _group() -> None:
    """The audit log."""


@audit.command()
def verify(
    head: Annotated[
        list[str] | None, typer.Option(help="NUMBER:HASH as a run before printed it; may be repeated.")
    ] = None,
) -> None:
    """Reckon the chain of hashes anew and compare it with heads noted before; exit 1 unless all is so."""
    from telemetry.app import verify_audit as run  # noqa: PLC0415  # `check` should not load the web framework

    environment = read_environment()
    chain = run(environment, dict(map(_head, head or ())))
    if chain.broken is not None:
        errors.print(f"Row {chain.broken} {chain.reason}.", markup=False, soft_wrap=True)
    _print(chain)
    if chain.broken is not None:
        raise typer.Exit(1)


def _head(told: str) -> tuple[int, str]:
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", told):
        raise typer.BadParameter(f"{told!r} is not NUMBER:HASH")
    number, _, hash_ = told.partition(":")
    return int(number), hash_


def _print(chain: Chain) -> None:
    if not chain.rows:
        out.print("No row is sound." if chain.broken is not None else "The log is empty.")
        return
    out.print(f"{chain.rows} rows are as they were written, {chain.compared} heads noted before agree.")
    out.print(f"Keep the head apart from the database: --head {chain.rows}:{chain.head}", soft_wrap=True)
