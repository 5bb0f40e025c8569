"""Standard coal: tabulated coefficients of GB/T 2589, and what a quantity is worth in tce."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounting.errors import FactorError
from accounting.sources import normal_volume

KJ_PER_KGCE = 29_307.0
"""For measured heating values alone; the tabulated coefficients follow 7 000 kcal and differ by 0.12 %."""


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


# quantity -> coefficient, and how many of its units one unit of the quantity is; the m3 of GB/T 2589 is the
# Nm3 of the emission guideline: both give the same gas 38 931 kJ
_QUANTITIES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "energy_import": ("electricity_eq", 1.0),
        "energy_import_amount": ("electricity_eq", 1.0),
        "active_power": ("electricity_eq", 1.0),
        "heat_energy": ("heat_eq", 1e3),
        "steam_energy": ("heat_eq", 1e3),
        "gas_volume_0c": ("gas_gasfield", 1.0),
        "gas_volume_15c": ("gas_gasfield", normal_volume(15.0)),
        "gas_volume_20c": ("gas_gasfield", normal_volume(20.0)),
    }
)
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


def applied(coefficients: Mapping[str, Coefficient], quantity: str) -> Coefficient | None:
    """The coefficient by which a quantity is rated; None for what is no energy or does not say how much."""
    return coefficients.get(_QUANTITIES.get(quantity, ("", 0.0))[0])


def rate(coefficients: Mapping[str, Coefficient], quantity: str) -> float:
    """Worth of a unit by its calorific value [tce]; NaN for what is no energy or does not say how much."""
    name, units = _QUANTITIES.get(quantity, ("", 0.0))
    if name not in coefficients:
        return math.nan
    return coefficients[name].kgce * units / 1e3


def equivalent_rate(yearly: Mapping[int, float], quantity: str, year: int) -> float:
    """Worth of a unit by the equivalent value [tce]: `yearly` holds power plants' coal rates [kgce/kWh].

    NaN until the year's rate is set, and for quantities that are not electricity.
    """
    name, units = _QUANTITIES.get(quantity, ("", 0.0))
    return yearly.get(year, math.nan) * units / 1e3 if name == _ELECTRICITY else math.nan


def measured(kilojoules: float) -> float:
    """Worth [kgce] of a unit whose measured net calorific value is `kilojoules` [kJ]."""
    return kilojoules / KJ_PER_KGCE
