"""`parkwatt import`: years of past readings from a file, through the running service."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from rich.progress import Progress

from ingest.files.mapping import FileMapping
from telemetry.cli.service import linked
from telemetry.cli.terminal import errors, out, plain
from telemetry.edge.link import Link
from telemetry.edge.upload import Tally, Upload
from telemetry.model import Site
from telemetry.settings.documents import load_file
from telemetry.settings.environment import Environment, read_environment
from telemetry.settings.mistakes import ConfigError, Mistake, from_validation
from telemetry.settings.plan import load_plan

commands = typer.Typer()
_MAPPING: TypeAdapter[FileMapping] = TypeAdapter(FileMapping)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, Excel or Parquet.")],
    mapping: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="YAML that says which column is what.")
    ],
    *,
    to: Annotated[
        str | None, typer.Option(help="Address of the service; default: the one of this machine.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust beside the system's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and tell; post nothing.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Allow http:// beyond this machine.")] = False,
) -> None:
    """Post the readings of a file to the running service; what was begun is gone on with.

    Asks what the mapping leaves open. PARKWATT_TOKEN is the key.
    """
    environment = read_environment()
    site = _site(environment)
    upload = Upload(file, _mapping(mapping), site.meters, environment.data_dir / "imports")
    if upload.begun and not dry_run:
        out.print(f"An earlier attempt came to line {upload.begun}; going on from there.")
    with _link(environment, to, ca, plain=plain, dry_run=dry_run) as link, _bar(file) as bar:
        upload.run(link, bar)
    _tell(upload, ZoneInfo(site.zone), dry_run=dry_run)


def _site(environment: Environment) -> Site:
    plan = load_plan(environment.config_dir)
    if plan.site is None:
        reason = "names no folder with a site file, which says what the meters are"
        raise ConfigError([Mistake("environment", "PARKWATT_CONFIG_DIR", reason)])
    return plan.site


def _mapping(file: Path) -> FileMapping:
    """What the file says, and the answers to what it leaves open. Raises ConfigError."""
    mistakes: list[Mistake] = []
    mapping = load_file(file, _MAPPING, mistakes)
    if mapping is None:
        raise ConfigError(mistakes)
    while questions := mapping.questions():
        field, text = next(iter(questions.items()))
        if not _at_a_terminal():
            raise ConfigError(
                [Mistake(str(file), key, f"is not said. {asked}") for key, asked in questions.items()]
            )
        mapping = _answered(mapping, field, typer.prompt(text))
    return mapping


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _answered(mapping: FileMapping, field: str, answer: str) -> FileMapping:
    """The mapping with the answer; as it was where that is none, so that it is asked again."""
    try:
        return FileMapping.model_validate({**mapping.model_dump(), field: answer.strip()})
    except ValidationError as error:
        errors.print(*from_validation("your answer", error), sep="\n", markup=False)
        return mapping


@contextmanager
def _link(
    environment: Environment, to: str | None, authority: Path | None, *, plain: bool, dry_run: bool
) -> Iterator[Link | None]:
    if dry_run:
        yield None
        return
    with linked(environment, to, authority, plain=plain) as link:
        yield link


@contextmanager
def _bar(file: Path) -> Iterator[Callable[[int, str], None]]:
    """Shows up to which line all is done, where lines can be counted out of how many."""
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task(file.name, total=_lines(file))

        def show(line: int, waits: str) -> None:
            text = f"{file.name}, line {line}{f', waits: {waits}' if waits else ''}"
            progress.update(task, completed=line, description=escape(text))

        yield show


def _lines(file: Path) -> int | None:
    if file.suffix.lower() in {".xlsx", ".parquet"}:
        return None
    with file.open("rb") as content:
        return sum(1 for _ in content)


def _tell(upload: Upload, zone: ZoneInfo, *, dry_run: bool) -> None:
    tally = upload.tally
    table = plain("meter", "rows")
    for code, rows in sorted(tally.meters.items()):
        table.add_row(code, str(rows))
    out.print(table)
    out.print(f"{tally.rows} rows, {_span(tally, zone)}")
    if dry_run:
        out.print("Nothing was posted.")
    else:
        out.print(
            f"{tally.accepted} new, {tally.duplicate} stood already, {tally.conflict} contradict what stands"
        )
    if tally.refused:
        out.print(f"{tally.refused} values or rows could not be used: {upload.refusals}", markup=False)


def _span(tally: Tally, zone: ZoneInfo) -> str:
    if tally.first_us is None or tally.last_us is None:
        return "none of them could be used"
    first, last = (datetime.fromtimestamp(us / 1e6, zone) for us in (tally.first_us, tally.last_us))
    return f"from {first.isoformat()} to {last.isoformat()}"
