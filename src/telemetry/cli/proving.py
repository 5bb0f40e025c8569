"""`parkwatt recompute`: whether a closed period's numbers come out again."""

import re
from pathlib import Path
from typing import Annotated

import typer

from telemetry.cli.terminal import errors, out, plain
from telemetry.reports.periods import Recomputation
from telemetry.settings.environment import read_environment
from telemetry.storage.embedded import has_data
from telemetry.storage.periods import Wanted

commands = typer.Typer()


@commands.command()
def recompute(
    period: Annotated[str, typer.Option(help="Number of a closed period, or 2026-05 or 2026 for every one.")],
    area: Annotated[str | None, typer.Option(help="Code of an area; default: all.")] = None,
) -> None:
    """Reckon closed periods anew from their frozen amounts, factors and prices; exit 1 unless all agree."""
    from telemetry.upkeep import recompute as run  # noqa: PLC0415  # `check` should not load the database

    environment = read_environment()
    if environment.database_url is None and not has_data(environment.data_dir):
        errors.print(_missing(environment.data_dir), markup=False, soft_wrap=True)
        raise typer.Exit(1)
    found = run(environment, _wanted(period, area))
    if not found:
        place = "the database" if environment.database_url else environment.data_dir
        told = f"No closed period is such in {place}. GET /api/v1/periods lists those there are."
        errors.print(told, markup=False, soft_wrap=True)
    for each in found:
        _print(each)
    if not found or not all(each.same for each in found):
        raise typer.Exit(1)


def _missing(folder: Path) -> str:
    demo = folder / "demo"
    hint = f"the demo park's is {demo}" if has_data(demo) else "or PARKWATT_DATABASE_URL"
    return f"There is no database in {folder}: set PARKWATT_DATA_DIR to the service's folder, {hint}."


def _wanted(period: str, area: str | None) -> Wanted:
    if re.fullmatch(r"\d{4}(-\d{2})?", period):
        return Wanted(area=area, period=period)
    if not period.isdecimal():
        raise typer.BadParameter(f"{period!r} is no number, year or month")
    return Wanted(id=int(period), area=area)


def _print(found: Recomputation) -> None:
    table = plain("figure", "unit", "frozen", "recomputed")
    for figure in found.figures:
        table.add_row(figure.name, figure.unit, _number(figure.frozen), _number(figure.recomputed))
    out.print(f"Period {found.id}, hash {found.hash}", soft_wrap=True)
    out.print(table)
    if found.hash_again != found.hash:
        errors.print(f"The hash of its rows is {found.hash_again}: they were changed.", soft_wrap=True)
    for one in found.differences:
        told = f"{one.row}: {one.field} was {one.before}, comes out as {one.after}"
        errors.print(told, markup=False, soft_wrap=True)
    out.print("Every number came out again." if found.same else "NOT every number came out again.")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.12g}"
