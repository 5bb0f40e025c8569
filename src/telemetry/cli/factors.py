"""`parkwatt factors`: what the factor library holds, what a new edition changes, and how it comes in."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from accounting.editions import Change, changes
from accounting.factors import Factor
from telemetry.cli.terminal import out, plain
from telemetry.settings.editions import Edition, editions, take_in
from telemetry.settings.environment import read_environment
from telemetry.settings.mistakes import UnknownName

commands = typer.Typer()
factors = typer.Typer(
    help="Emission factors: check, compare editions, take in a new set.", no_args_is_help=True
)
commands.add_typer(factors, name="factors")
_Folder = Annotated[Path, typer.Argument(help="Folder with set.yaml and factors.csv.")]


@factors.command()
def check() -> None:
    """List every set of the library, or every mistake in it (exit 2)."""
    table = plain("set", "edition", "published", "factors", "unverified", "publisher")
    for code, one in editions(read_environment().config_dir).items():
        unverified = Counter(factor.verified for factor in one.factors)["UNVERIFIED"]
        published = str(one.header.published or "no date")
        counts = str(len(one.factors)), str(unverified or "")
        table.add_row(code, one.header.edition, published, *counts, one.header.publisher)
    out.print(table)


@factors.command()
def diff(
    old: Annotated[str, typer.Argument(help="Code of a set, as `check` lists them.")],
    new: Annotated[str, typer.Argument(help="Code of the set to compare with it.")],
) -> None:
    """Print what the second set says otherwise than the first."""
    known = editions(read_environment().config_dir)
    _print_changes(changes(_edition(known, old).factors, _edition(known, new).factors))


@factors.command("import")
def import_(
    folder: _Folder,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come; write nothing.")] = False,
) -> None:
    """Check a new set against the library and put it into factors/ of the configuration folder.

    A number without a source, or one that answers what another set answers for the same days, is refused.
    """
    taken = take_in(folder, read_environment().config_dir, dry_run=dry_run)
    out.print(f"{taken.header.code}: {len(taken.factors)} factors of {taken.header.title}")
    out.print("Nothing was written." if dry_run else f"Written to {taken.folder}", markup=False)


def _edition(known: dict[str, Edition], code: str) -> Edition:
    if code not in known:
        raise UnknownName(f"there is no factor set {code!r}; there are: {', '.join(known)}")
    return known[code]


def _print_changes(found: Iterable[Change]) -> None:
    table = plain("purpose", "item", "gas", "region", "per", "old", "new", "change")
    for change in found:
        percent = "" if change.percent is None else f"{change.percent:+.1f} %"
        table.add_row(*change.answer.question, _shown(change.old), _shown(change.new), percent)
    out.print(table if table.rows else "Both say the same.")


def _shown(factor: Factor | None) -> str:
    return f"{factor.value:g} {factor.unit_numerator}" if factor else "none"
