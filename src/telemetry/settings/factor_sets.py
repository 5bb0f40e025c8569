"""The sets of factors: one folder a publication, with what it says of itself and its tables."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from accounting import coal, fuels, gwp, heating, hourly
from accounting.coal import Coefficient
from accounting.errors import AccountingError
from accounting.factors import Factor, FactorSet, check, parse, unasked
from accounting.fuels import Fuel
from accounting.gwp import Potentials
from accounting.heating import HeatingValue
from accounting.hourly import HourlySeries
from telemetry.settings.documents import load_file
from telemetry.settings.mistakes import Mistake

_SET: TypeAdapter[FactorSet] = TypeAdapter(FactorSet)
_PRINTED = 5e-5
"""Published factors carry four digits."""
_PER_UNIT_KG = 1000.0
Rows = list[dict[str, str]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FactorSets:
    factors: tuple[Factor, ...]
    regions: Mapping[str, str]
    coal: Mapping[str, Coefficient]
    fuels: Mapping[str, Fuel]
    potentials: Potentials
    heating_values: Mapping[str, HeatingValue]
    coal_rates: Mapping[int, float]
    series: tuple[HourlySeries, ...]


def load_factor_sets(folders: list[Path], mistakes: list[Mistake]) -> FactorSets:
    """Every set of the folders; what contradicts itself is appended to `mistakes`."""
    factors = _factors(folders, mistakes)
    burnt = _table(folders, "fuels.csv", fuels.parse, mistakes)
    potentials = _table(folders, "gwp.csv", gwp.parse, mistakes)
    mistakes.extend(_drifted(factors, burnt))
    mistakes.extend(_restated(factors, potentials))
    return FactorSets(
        factors=factors,
        regions=_regions([folder / "regions.csv" for folder in folders]),
        coal=_table(folders, "coal.csv", coal.parse, mistakes),
        fuels=burnt,
        potentials=potentials,
        heating_values=_table(folders, "heating_values.csv", heating.parse, mistakes),
        coal_rates=_table(folders, "equivalent.csv", coal.parse_yearly, mistakes),
        series=_series(folders, mistakes),
    )


def _factors(folders: list[Path], mistakes: list[Mistake]) -> tuple[Factor, ...]:
    factors: list[Factor] = []
    for header in sorted(path for folder in folders for path in folder.glob("*/set.yaml")):
        factors.extend(read_set(header, mistakes)[1])
    try:
        check(factors)
    except AccountingError as error:
        mistakes.append(Mistake("factors", "", str(error)))
    return tuple(factors)


def read_set(header: Path, mistakes: list[Mistake]) -> tuple[FactorSet | None, tuple[Factor, ...]]:
    """What a set says of itself and its factors; what cannot be read is appended to `mistakes`."""
    described = load_file(header, _SET, mistakes)
    table = header.with_name("factors.csv")
    if described is None or not table.exists():
        return described, ()
    try:
        factors = parse(described, read_rows(table))
    except AccountingError as error:
        mistakes.append(Mistake(str(table), "", str(error)))
        return described, ()
    reasons = ((factor.id, unasked(factor)) for factor in factors)
    mistakes.extend(Mistake(str(table), code, reason) for code, reason in reasons if reason)
    return described, factors


def _table(folders: list[Path], name: str, read: Callable[[Rows], T], mistakes: list[Mistake]) -> T:
    tables = sorted(path for folder in folders for path in folder.glob(f"*/{name}"))
    try:
        return read([row for table in tables for row in read_rows(table)])
    except AccountingError as error:
        mistakes.append(Mistake(name, "", str(error)))
        return read([])


def _series(folders: list[Path], mistakes: list[Mistake]) -> tuple[HourlySeries, ...]:
    """Hourly factors of every set that has some."""
    found: list[HourlySeries] = []
    try:
        for table in sorted(path for folder in folders for path in folder.glob("*/hourly.csv")):
            header = load_file(table.with_name("set.yaml"), _SET, mistakes)
            found.extend(hourly.parse(header, read_rows(table)) if header else ())
        hourly.check(found)
    except AccountingError as error:
        mistakes.append(Mistake("hourly.csv", "", str(error)))
    return tuple(found)


def _drifted(factors: tuple[Factor, ...], burnt: Mapping[str, Fuel]) -> list[Mistake]:
    """A factor for burning a fuel must be what the fuel's own parameters give."""
    by_id = {factor.id: factor for factor in factors}
    pairs = ((fuel, by_id.get(f"cn.fuel{fuel.id.removeprefix('cn')}")) for fuel in burnt.values())
    return [
        Mistake(
            "fuels.csv",
            fuel.id,
            f"gives {fuel.tco2 * _PER_UNIT_KG:.6g} kgCO2, {factor.id} says {factor.kg:.6g}",
        )
        for fuel, factor in pairs
        if factor and not isclose(fuel.tco2 * _PER_UNIT_KG, factor.kg, rel_tol=_PRINTED)
    ]


def _restated(factors: tuple[Factor, ...], potentials: Potentials) -> list[Mistake]:
    """One gas given as CO2e must have been stated with the potential that its report lists."""
    listed = ((each, potentials.get(each.gwp_set, {}).get(each.gas.lower())) for each in factors)
    return [
        Mistake(
            "factors", each.id, f"gwp {each.gwp:g} is not what {each.gwp_set} lists for {each.gas}: {its}"
        )
        for each, its in listed
        if each.gwp_set and each.gwp != its
    ]


def _regions(tables: list[Path]) -> dict[str, str]:
    return {row["code"]: row["parent"] for table in tables if table.exists() for row in read_rows(table)}


def read_rows(table: Path) -> Rows:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
