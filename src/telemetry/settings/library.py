"""The libraries of data: device templates, factor sets, tariffs; those shipped and the park's own."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter

from accounting import coal
from accounting.coal import Coefficient
from accounting.errors import AccountingError
from accounting.factors import Factor, FactorSet, check, parse
from accounting.tariff import Tariff
from ingest.device import DEVICE, Device, JsonDevice
from telemetry.settings.documents import load_file, load_folders
from telemetry.settings.mistakes import Mistake

_SET: TypeAdapter[FactorSet] = TypeAdapter(FactorSet)
_TARIFF: TypeAdapter[Tariff] = TypeAdapter(Tariff)
Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Library:
    devices: Mapping[str, Device | JsonDevice]
    factors: tuple[Factor, ...]
    regions: Mapping[str, str]
    """Factor region -> the one that answers where it has no factor."""
    tariffs: Mapping[str, Tariff]
    coal: Mapping[str, Coefficient]
    """Coefficients of standard coal."""


def library_folder() -> Path:
    """The library that travels with the program: in the wheel, or `config/` of the checkout."""
    packaged = Path(str(files("telemetry"))) / "library"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "config"


def load_library(config_dir: Path | None, mistakes: list[Mistake]) -> Library:
    """Everything that loads; what does not is appended to `mistakes`."""
    roots = [library_folder()]
    if config_dir is not None and not config_dir.samefile(roots[0]):
        roots.append(config_dir)
    return Library(
        devices=load_folders([root / "devices" for root in roots], DEVICE, mistakes),
        factors=_factors([root / "factors" for root in roots], mistakes),
        regions=_regions([root / "factors" / "regions.csv" for root in roots]),
        tariffs=load_folders([root / "tariffs" for root in roots], _TARIFF, mistakes),
        coal=_coal([root / "factors" for root in roots], mistakes),
    )


def _factors(folders: list[Path], mistakes: list[Mistake]) -> tuple[Factor, ...]:
    factors: list[Factor] = []
    for header in sorted(path for folder in folders for path in folder.glob("*/set.yaml")):
        factors.extend(_factor_set(header, mistakes))
    try:
        check(factors)
    except AccountingError as error:
        mistakes.append(Mistake("factors", "", str(error)))
    return tuple(factors)


def _factor_set(header: Path, mistakes: list[Mistake]) -> tuple[Factor, ...]:
    described = load_file(header, _SET, mistakes)
    table = header.with_name("factors.csv")
    if described is None or not table.exists():
        return ()
    try:
        return parse(described, read_rows(table))
    except AccountingError as error:
        mistakes.append(Mistake(str(table), "", str(error)))
        return ()


def _coal(folders: list[Path], mistakes: list[Mistake]) -> Mapping[str, Coefficient]:
    tables = sorted(path for folder in folders for path in folder.glob("*/coal.csv"))
    try:
        return coal.parse(row for table in tables for row in read_rows(table))
    except AccountingError as error:
        mistakes.append(Mistake("factors", "", str(error)))
        return {}


def _regions(tables: list[Path]) -> dict[str, str]:
    return {row["code"]: row["parent"] for table in tables if table.exists() for row in read_rows(table)}


def read_rows(table: Path) -> Rows:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
