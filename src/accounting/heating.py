"""Net calorific values of fuels by mass."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounting.errors import FactorError

_GJ_PER_T = MappingProxyType({"TJ/Gg": 1.0, "GJ/t": 1.0, "MJ/kg": 1.0, "kJ/kg": 1e-3})


@dataclass(frozen=True, slots=True)
class HeatingValue:
    """A published net calorific value. Raises ValueError that names the field and the value."""

    id: str
    item: str
    """The fuel, as factors name it."""
    name_en: str
    name_zh: str
    gj_per_t: float
    edition: str
    source: str
    verified: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.gj_per_t) and self.gj_per_t > 0):
            raise ValueError(f"heating value {self.id!r}: {self.gj_per_t} is not above 0")
        for field in ("id", "item", "edition", "source"):
            if not getattr(self, field).strip():
                raise ValueError(f"heating value {self.id!r}: {field} is empty")


def parse(rows: Iterable[Mapping[str, str]]) -> Mapping[str, HeatingValue]:
    """Heating values by fuel. Raises FactorError that names the line and what is wrong."""
    found: dict[str, HeatingValue] = {}
    for line, row in enumerate(rows, 2):
        try:
            value = _heating_value(row)
        except (KeyError, ValueError) as error:
            raise FactorError(f"heating values, line {line}: {error}") from error
        if value.item in found:
            raise FactorError(f"heating values, line {line}: {value.item!r} stands twice")
        found[value.item] = value
    return MappingProxyType(found)


def _heating_value(row: Mapping[str, str]) -> HeatingValue:
    return HeatingValue(
        id=row["id"],
        item=row["item"],
        name_en=row["name_en"],
        name_zh=row["name_zh"],
        gj_per_t=float(row["value"]) * _GJ_PER_T[f"{row['unit_numerator']}/{row['unit_denominator']}"],
        edition=row["edition"],
        source=row["source"],
        verified=row["verified"],
    )
