"""Fuels by their parameters: what burning a unit emits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounting.errors import FactorError

CO2_PER_C = 44 / 12
_GJ = MappingProxyType(
    {"GJ/t": ("t", 1.0), "GJ/1e4Nm3": ("1e4Nm3", 1.0), "kJ/kg": ("kg", 1e-6), "kJ/m3": ("m3", 1e-6)}
)
_TC_PER_GJ = MappingProxyType({"tC/GJ": 1.0, "tC/TJ": 1e-3})


@dataclass(frozen=True, slots=True)
class Fuel:
    id: str
    name_en: str
    name_zh: str
    heating_value: float
    """Net [GJ per unit]."""
    unit: str
    carbon: float
    """[tC/GJ]."""
    oxidation: float
    """Share of the carbon that burns, above 0 to 1."""
    source: str
    verified: str

    def __post_init__(self) -> None:
        if not (self.heating_value > 0 and self.carbon > 0 and 0 < self.oxidation <= 1):
            raise ValueError(f"fuel {self.id!r}: heating value, carbon or oxidation is out of range")

    @property
    def tco2(self) -> float:
        """tCO2 per unit."""
        return combustion(self.heating_value, self.carbon, self.oxidation)


def combustion(heating_value: float, carbon: float, oxidation: float = 1.0) -> float:
    """CO2 per unit, in carbon's unit of mass: energy x carbon per energy x share that burns x 44/12."""
    return heating_value * carbon * oxidation * CO2_PER_C


def parse(rows: Iterable[Mapping[str, str]]) -> Mapping[str, Fuel]:
    """Fuels by id. Raises FactorError that names the line and what is wrong."""
    fuels: dict[str, Fuel] = {}
    for line, row in enumerate(rows, 2):
        try:
            fuel = _fuel(row)
        except (KeyError, ValueError) as error:
            raise FactorError(f"fuels, line {line}: {error}") from error
        if fuel.id in fuels:
            raise FactorError(f"fuels, line {line}: {fuel.id!r} stands twice")
        fuels[fuel.id] = fuel
    return MappingProxyType(fuels)


def _fuel(row: Mapping[str, str]) -> Fuel:
    unit, gigajoules = _GJ[row["ncv_unit"]]
    return Fuel(
        id=row["id"],
        name_en=row["name_en"],
        name_zh=row["name_zh"],
        heating_value=float(row["ncv"]) * gigajoules,
        unit=unit,
        carbon=float(row["carbon_content"]) * _TC_PER_GJ[row["carbon_content_unit"]],
        oxidation=float(row["oxidation"]),
        source=row["source"],
        verified=row["verified"],
    )
