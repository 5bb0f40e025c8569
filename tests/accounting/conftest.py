"""The shipped tables, read as plainly as can be."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from accounting.factors import Factor, FactorSet, parse
from accounting.tariff import Tariff

CONFIG = Path(__file__).parents[2] / "config"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def header(folder: Path) -> FactorSet:
    return FactorSet(**yaml.safe_load((folder / "set.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def factors() -> tuple[Factor, ...]:
    files = sorted(CONFIG.glob("factors/*/factors.csv"))
    return tuple(factor for file in files for factor in parse(header(file.parent), table(file)))


@pytest.fixture(scope="session")
def parents() -> dict[str, str]:
    return {row["code"]: row["parent"] for row in table(CONFIG / "factors" / "regions.csv")}


@pytest.fixture(scope="session")
def rows() -> Any:
    return lambda path: table(CONFIG / path)


@pytest.fixture(scope="session")
def tariffs() -> dict[str, Tariff]:
    adapter = TypeAdapter(Tariff)
    files = sorted(CONFIG.glob("tariffs/*.yaml"))
    read = [adapter.validate_python(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]
    return {tariff.code: tariff for tariff in read}
