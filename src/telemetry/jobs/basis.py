"""What the statement is made by: the park's days, its tariff, the factors and coefficients that hold."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from zoneinfo import ZoneInfo

from accounting.activities import Kinds
from accounting.coal import Coefficient
from accounting.factors import lineage
from accounting.fuels import Fuel
from accounting.gwp import Potentials
from accounting.heating import HeatingValue
from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.reports.activities import Rating
from telemetry.reports.factors import Factors

_PRICING = "cost by band"
"""Names how days are priced; another name has all of them priced anew."""


@dataclass(frozen=True, slots=True)
class Basis:
    zone: ZoneInfo
    factors: Factors
    coal: Mapping[str, Coefficient]
    tariff: Tariff | None = None
    own_tariffs: Mapping[str, Held] = field(default_factory=dict)
    """Area -> tariff, of areas that are not always under the park's."""
    potentials: Potentials = field(default_factory=dict)
    region: str = ""
    """Of the park."""
    fuels: Mapping[str, Fuel] = field(default_factory=dict)
    heating: Mapping[str, HeatingValue] = field(default_factory=dict)

    @property
    def rating(self) -> Rating:
        """What activities are rated by."""
        kinds = Kinds(self.factors.library, self.potentials, self.fuels, self.heating)
        return Rating(kinds, lineage(self.factors.regions, self.region), self.zone)

    def digests(self) -> dict[str, str]:
        """A hash of each library, the same as long as nothing in it changes."""
        return {
            "factors": _digest(
                (sorted(self.factors.library, key=lambda f: f.id), sorted(self.factors.regions.items()))
            ),
            "coal": _digest(sorted(self.coal.items())),
            "tariff": _digest((_PRICING, self.tariff, *sorted(self.own_tariffs.items(), key=itemgetter(0)))),
        }


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()
