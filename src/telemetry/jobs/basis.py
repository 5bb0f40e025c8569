"""What the statement is made by: the park's days, its tariff, the factors and coefficients that hold."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from accounting.coal import Coefficient
from accounting.tariff import Tariff
from telemetry.reports.factors import Factors


@dataclass(frozen=True, slots=True)
class Basis:
    zone: ZoneInfo
    factors: Factors
    coal: Mapping[str, Coefficient]
    tariff: Tariff | None = None

    def digests(self) -> dict[str, str]:
        """A hash of each library, the same as long as nothing in it changes."""
        return {
            "factors": _digest(
                (sorted(self.factors.library, key=lambda f: f.id), sorted(self.factors.regions.items()))
            ),
            "coal": _digest(sorted(self.coal.items())),
            "tariff": _digest(self.tariff),
        }


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()
