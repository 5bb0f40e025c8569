"""`parkwatt audit`: whether the audit log still is what was written."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import msgspec
import typer

from telemetry.cli.keys import Ca, Plain
from telemetry.cli.service import linked
from telemetry.cli.terminal import errors, out
from telemetry.settings.environment import Environment, read_environment
from telemetry.storage.audit import Chain

_PROOF = "/api/v1/audit/verification"
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
    *,
    to: Annotated[
        str | None, typer.Option(help="Ask the service that runs at this address; default: the database.")
    ] = None,
    ca: Ca = None,
    plain: Plain = False,
) -> None:
    """Reckon the chain of hashes anew and compare it with heads noted before; exit 1 unless all is so."""
    from telemetry.upkeep import verify_audit as run  # noqa: PLC0415  # `check` should not load the database

    environment, heads = read_environment(), dict(map(_head, head or ()))
    place = to or ("the database" if environment.database_url else str(environment.data_dir))
    chain = _asked(environment, to, heads, ca, plain=plain) if to else run(environment, heads)
    if not chain.rows and chain.broken is None:
        errors.print(f"The audit log of {place} is empty.", markup=False, soft_wrap=True)
        raise typer.Exit(1)
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


def _asked(
    environment: Environment, to: str, heads: Mapping[int, str], ca: Path | None, *, plain: bool
) -> Chain:
    """As a service that runs tells it."""
    query = urlencode([("head", f"{number}:{told}") for number, told in heads.items()])
    with linked(environment, to, ca, plain=plain) as link:
        found = link.get(f"{_PROOF}?{query}")
    told = msgspec.json.decode(found.content)
    if not found.taken:
        errors.print(told["detail"], markup=False, soft_wrap=True)
        raise typer.Exit(1)
    return msgspec.convert(told, Chain)


def _print(chain: Chain) -> None:
    if not chain.rows:
        return
    out.print(f"{chain.rows} rows are as they were written, {chain.compared} heads noted before agree.")
    out.print(f"Keep the head apart from the database: --head {chain.rows}:{chain.head}", soft_wrap=True)
