"""`parkwatt people`: accounts, for whoever has the machine, when nobody can sign in any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from telemetry.access import entrance
from telemetry.cli.terminal import out, plain
from telemetry.reports import people as told
from telemetry.reports.errors import QueryError
from telemetry.settings.environment import read_environment
from telemetry.storage import people as stored
from telemetry.storage.embedded import has_data
from telemetry.storage.pool import Transaction

_WHO = "this machine"
people = typer.Typer(
    help="Accounts, in the database of this machine; the service may run meanwhile.", no_args_is_help=True
)
commands = typer.Typer()
commands.add_typer(people, name="people")
Name = Annotated[str, typer.Argument(help="Under which they sign in.")]


@people.command("list")
def listed() -> None:
    """Everybody there ever was, and what they may."""
    table = plain("number", "name", "roles", "areas", "password", "code", "ended")
    with _database() as tx:
        for each in stored.listed(tx):
            areas = "all" if each.areas is None else " ".join(each.areas)
            dates = [f"{at:%Y-%m-%d}" if at else "" for at in (each.password_at, each.totp_at, each.ended_at)]
            table.add_row(str(each.id), each.name, " ".join(each.roles), areas, *dates)
    out.print(table)


@people.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option(help="Of the whole park; others are made on the page.")] = (
        entrance.ADMINISTRATOR
    ),
) -> None:
    """Make an account and print the link by which they set their password."""
    with _database() as tx:
        body = {"name": name, "roles": [role], "whole_park": True}
        _print(told.make(tx, None, body, _WHO, datetime.now(UTC)).link)


@people.command()
def reset(name: Name) -> None:
    """End a person's sessions, password and authenticator; print the link by which they set another."""
    with _database() as tx:
        person = stored.named(tx, name)
        if person is None:
            raise QueryError("name", name, f"no account bears the name {name!r}")
        _print(told.reset(tx, person.id, _WHO, datetime.now(UTC)).link)


@people.command()
def link() -> None:
    """Print the set-up link anew, as long as nobody has an account."""
    with _database() as tx:
        if stored.anybody(tx):
            raise QueryError("people", None, "accounts stand already; see parkwatt people reset and create")
        _print(told.path_of(entrance.link_for(tx, None, _WHO, datetime.now(UTC))))


@contextmanager
def _database() -> Iterator[Transaction]:
    from telemetry.upkeep import at_hand  # noqa: PLC0415  # `check` should not load the database

    environment = read_environment()
    if environment.database_url is None and not has_data(environment.data_dir):
        folder = f"{environment.data_dir} (PARKWATT_DATA_DIR)"
        raise QueryError("people", folder, f"no ParkWatt has stored anything in {folder}")
    with at_hand(environment) as tx:
        yield tx


def _print(path: str) -> None:
    out.print("Good once, within a day:", markup=False)
    out.print(f"{read_environment().address}{path}", markup=False, soft_wrap=True)
