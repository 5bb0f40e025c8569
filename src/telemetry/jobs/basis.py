"""What the statement is made by: the park's days, its tariff, the factors and coefficients that hold."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from accounting.coal import Coefficient
from accounting.emissions import choose_for
from accounting.factors import Choice, Factor, lineage
from accounting.tariff import Tariff

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Basis:
    zone: ZoneInfo
    factors: tuple[Factor, ...]
    regions: Mapping[str, str]
    """Factor region -> the one that answers where it has none."""
    coal: Mapping[str, Coefficient]
    tariff: Tariff | None = None
    series: str | None = None
    """The tariff's price series that the contract names."""
    _found: dict[tuple[object, ...], Choice | None] = field(default_factory=dict, repr=False)

    def choice(self, quantity: str, region: str, day: date, known: date) -> Choice | None:
        """The factor of a day as known on another, or its shortfall; None for what emits nothing."""
        key = (quantity, region, day, known)
        if key not in self._found:
            if len(self._found) >= _MOST:
                self._found.clear()
            line = lineage(self.regions, region)
            self._found[key] = choose_for(self.factors, quantity, day=day, known=known, regions=line)
        return self._found[key]

    def digests(self) -> dict[str, str]:
        """A hash of each library, the same as long as nothing in it changes."""
        return {
            "factors": _digest((sorted(self.factors, key=lambda f: f.id), sorted(self.regions.items()))),
            "coal": _digest(sorted(self.coal.items())),
            "tariff": _digest((self.tariff, self.series)),
        }


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()
