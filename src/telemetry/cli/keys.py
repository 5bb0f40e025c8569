"""`parkwatt key`: keys of programs at the running service."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from telemetry.cli.service import linked
from telemetry.cli.terminal import errors, out, plain
from telemetry.edge.link import Answer, Link
from telemetry.settings.environment import read_environment

_KEYS = "/api/v1/keys"
keys = typer.Typer(
    help="Keys of programs at the running service; PARKWATT_TOKEN is your own.", no_args_is_help=True
)
commands = typer.Typer()
commands.add_typer(keys, name="key")

To = Annotated[str | None, typer.Option(help="Address of the service; default: the one of this machine.")]
Ca = Annotated[Path | None, typer.Option(help="Certificates to trust beside the system's.")]
Plain = Annotated[bool, typer.Option("--plain", help="Allow http:// beyond this machine.")]
Number = Annotated[int, typer.Argument(help="Number of the key, as `parkwatt key list` shows it.")]


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, such as telegraf-hall-2.")],
    *,
    role: Annotated[list[str], typer.Option(help="push, read, admin, or a person's role; may be repeated.")],
    area: Annotated[list[str] | None, typer.Option(help="What it may see, with all that lies in it.")] = None,
    whole_park: Annotated[bool, typer.Option("--whole-park", help="It may see every area.")] = False,
    meter: Annotated[list[str] | None, typer.Option(help="What it may post for.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="What it may post under.")] = None,
    per_minute: Annotated[int, typer.Option(min=1, help="Requests that it may make.")] = 6000,
    days: Annotated[
        int | None, typer.Option(min=1, help="How long it holds; default: until revoked.")
    ] = None,
    to: To = None,
    ca: Ca = None,
    plain: Plain = False,
) -> None:
    """Make a key and print its secret, this once."""
    body: dict[str, Any] = {"name": name, "roles": role, "whole_park": whole_park, "per_minute": per_minute}
    body |= {"areas": area or None, "meters": meter or None, "sources": source or None}
    if days is not None:
        body["expires_at"] = datetime.now(UTC) + timedelta(days=days)
    with _service(to, ca, plain=plain) as link:
        _print_made(_told(link.post(_KEYS, body)))


@keys.command("list")
def listed(*, to: To = None, ca: Ca = None, plain: Plain = False) -> None:
    """Every key, for whom, until when, and when it was last used."""
    with _service(to, ca, plain=plain) as link:
        found = _told(link.get(_KEYS))["keys"]
    out.print(_table(found))


@keys.command()
def rotate(
    number: Number,
    *,
    overlap_hours: Annotated[int, typer.Option(min=0, help="For how long the old secret holds too.")] = 24,
    to: To = None,
    ca: Ca = None,
    plain: Plain = False,
) -> None:
    """Print a further secret of a key; the old one holds for the overlap."""
    with _service(to, ca, plain=plain) as link:
        _print_made(_told(link.post(f"{_KEYS}/{number}/rotation", {"overlap_hours": overlap_hours})))


@keys.command()
def revoke(number: Number, *, to: To = None, ca: Ca = None, plain: Plain = False) -> None:
    """End a key with all its secrets."""
    with _service(to, ca, plain=plain) as link:
        told = _told(link.post(f"{_KEYS}/{number}/revocation", {}))
    out.print(f"The key {told['name']} is revoked.", markup=False)


@contextmanager
def _service(to: str | None, ca: Path | None, *, plain: bool) -> Iterator[Link]:
    with linked(read_environment(), to, ca, plain=plain) as link:
        yield link


def _told(answer: Answer) -> Any:  # noqa: ANN401  # JSON
    told = answer.read(dict[str, Any])
    if answer.taken:
        return told
    reasons = [f"{each['field']}: {each['reason']}" for each in told.get("errors", ())]
    errors.print("; ".join(reasons) or told["detail"], markup=False)
    sys.exit(1)


def _print_made(told: dict[str, Any]) -> None:
    key = told["key"]
    out.print(f"Key {key['id']}, {key['name']}. Its secret, shown this once:", markup=False)
    out.print(told["secret"], markup=False, soft_wrap=True)


def _table(found: list[dict[str, Any]]) -> Any:  # noqa: ANN401  # rich's table
    table = plain("number", "name", "roles", "areas", "meters", "sources", "until", "last used")
    for key in found:
        used = max((each["last_used_at"] or "" for each in key["secrets"]), default="")
        until = "revoked" if key["revoked_at"] else key["expires_at"] or "no end"
        limits = [
            _listed(key[name], none) for name, none in (("areas", "all"), ("meters", ""), ("sources", ""))
        ]
        table.add_row(str(key["id"]), key["name"], " ".join(key["roles"]), *limits, until, used or "never")
    return table


def _listed(codes: list[str] | None, none: str) -> str:
    return none if codes is None else " ".join(codes)
