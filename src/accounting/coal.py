"""Standard coal: tabulated coefficients of GB/T 2589 by edition, and what a quantity is worth in tce."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.errors import FactorError
from accounting.scope1 import refuse_below_zero
from accounting.sources import normal_volume
from accounting.steam import DEFAULT_GJ_PER_T

KJ_PER_KGCE = 29_307.0
"""For measured heating values alone; the tabulated coefficients follow 7 000 kcal and differ by 0.12 %."""
_EDITIONS = (("2020", date(2021, 4, 1)), ("2008", date.min))
"""Editions of GB/T 2589, the newest first, and the day from which each is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """kgce per unit. Raises ValueError that names the field and the value."""

    id: str
    name_en: str
    name_zh: str
    kgce: float
    per: str
    basis: str
    edition: str
    source: str
    verified: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.kgce) and self.kgce > 0):
            raise ValueError(f"coefficient {self.id!r}: {self.kgce} is not above 0")
        for field in ("id", "per", "edition", "source"):
            if not getattr(self, field).strip():
                raise ValueError(f"coefficient {self.id!r}: {field} is empty")

    @property
    def item(self) -> str:
        """What it is a coefficient of; an id may end in its edition."""
        return re.sub(r"_(2008|2020)$", "", self.id)

    def stands_in(self, edition: str) -> bool:
        return re.search(rf"\b{edition}\b", self.edition) is not None


# quantity -> coefficient, and how many of its units one unit of the quantity is; the m3 of GB/T 2589 is the
# Nm3 of the emission guideline: both give the same gas 38 931 kJ
_QUANTITIES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "energy_import": ("electricity_eq", 1.0),
        "energy_import_amount": ("electricity_eq", 1.0),
        "active_power": ("electricity_eq", 1.0),
        "heat_energy": ("heat_eq", 1e3),
        "steam_energy": ("heat_eq", 1e3),
        "steam_mass": ("heat_eq", 1e3 * DEFAULT_GJ_PER_T),
        "gas_volume_0c": ("gas_gasfield", 1.0),
        "gas_volume_15c": ("gas_gasfield", normal_volume(15.0)),
        "gas_volume_20c": ("gas_gasfield", normal_volume(20.0)),
        "water_volume": ("water_new", 1.0),
        "air_volume": ("compressed_air", 1.0),
    }
)
MEDIA = frozenset({"water_volume", "air_volume"})
"""Quantities of energy-carrying media; a m3 of water is a tonne."""
_ELECTRICITY = "electricity_eq"


def parse(rows: Iterable[Mapping[str, str]]) -> Mapping[str, Coefficient]:
    """Coefficients by id. Raises FactorError that names the line, the column and the value."""
    found: dict[str, Coefficient] = {}
    for line, row in enumerate(rows, 2):
        try:
            coefficient = _coefficient(row)
        except (KeyError, ValueError) as error:
            raise FactorError(f"standard coal, line {line}: {error}") from error
        if coefficient.id in found:
            raise FactorError(f"standard coal, line {line}: {coefficient.id!r} stands twice")
        found[coefficient.id] = coefficient
    return MappingProxyType(found)


def parse_yearly(rows: Iterable[Mapping[str, str]]) -> Mapping[int, float]:
    """Power plants' coal rates by year [kgce/kWh], each with a source. Raises FactorError naming the line."""
    found: dict[int, float] = {}
    for line, row in enumerate(rows, 2):
        try:
            year, kgce, source = int(row["year"]), float(row["kgce_per_kwh"]), row["source"].strip()
        except (KeyError, ValueError) as error:
            raise FactorError(f"equivalent value, line {line}: {error}") from error
        if not (math.isfinite(kgce) and kgce > 0 and source) or year in found:
            raise FactorError(f"equivalent value, line {line}: {year} needs one rate above 0 and a source")
        found[year] = kgce
    return MappingProxyType(found)


def _coefficient(row: Mapping[str, str]) -> Coefficient:
    return Coefficient(
        id=row["id"],
        name_en=row["name_en"],
        name_zh=row["name_zh"],
        kgce=float(row["coefficient"]),
        per=row["unit_denominator"],
        basis=row["basis"],
        edition=row["edition"],
        source=row["source"],
        verified=row["verified"],
    )


def in_force(coefficients: Mapping[str, Coefficient], item: str, day: date) -> Coefficient | None:
    """That of the edition in force on a day; where it lists none, that of the edition before it."""
    editions = [edition for edition, since in _EDITIONS if since <= day]
    same = [each for each in coefficients.values() if each.item == item]
    return next((each for edition in editions for each in same if each.stands_in(edition)), None)


def applied(coefficients: Mapping[str, Coefficient], quantity: str, day: date) -> Coefficient | None:
    """The coefficient by which a quantity is rated; None for what is no energy or does not say how much."""
    return in_force(coefficients, _QUANTITIES.get(quantity, ("", 0.0))[0], day)


def rate(coefficients: Mapping[str, Coefficient], quantity: str, day: date) -> float:
    """Worth of a unit by its calorific value [tce]; NaN for what is no energy or does not say how much."""
    found = applied(coefficients, quantity, day)
    return found.kgce * _QUANTITIES[quantity][1] / 1e3 if found else math.nan


def rates(
    coefficients: Mapping[str, Coefficient], quantity: str, days: NDArray[np.datetime64]
) -> NDArray[np.float64]:
    """Worth of a unit on each of the days datetime64[D][d], float64[d] [tce]."""
    found = np.full(len(days), math.nan)
    for _, since in reversed(_EDITIONS):
        found[days >= np.datetime64(since)] = rate(coefficients, quantity, since)
    return found


def worth(amount: NDArray[np.float64], tce: ArrayLike) -> NDArray[np.float64]:
    """Standard coal float64[m, n] [tce] of amounts float64[m, n] [unit] worth `tce` each, by broadcasting.

    GB/T 2589-2020, chapter 6. NaN stays NaN. Raises ActivityError for amounts below zero.
    """
    refuse_below_zero("energy", amount)
    found: NDArray[np.float64] = amount * np.asarray(tce, np.float64)
    return found


def equivalent_rate(yearly: Mapping[int, float], quantity: str, year: int) -> float:
    """Worth of a unit by the equivalent value [tce]: `yearly` holds power plants' coal rates [kgce/kWh].

    NaN until the year's rate is set, and for quantities that are not electricity.
    """
    name, units = _QUANTITIES.get(quantity, ("", 0.0))
    return yearly.get(year, math.nan) * units / 1e3 if name == _ELECTRICITY else math.nan


def measured(kilojoules: float) -> float:
    """Worth [kgce] of a unit whose measured net calorific value is `kilojoules` [kJ]."""
    return kilojoules / KJ_PER_KGCE
