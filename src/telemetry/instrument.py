"""What is told of the devices behind a meter: which took whose place, and at what state gas is metered."""

from datetime import datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from accounting.quantity import CATALOGUE, Kind
from ingest.template import Frozen


class Replacement(Frozen):
    """Another device behind the same meter from a moment on."""

    since: datetime = Field(alias="from")
    ends: dict[str, float] = Field(default_factory=dict)
    """Quantity -> what the old device's counter showed last, before the multiplier."""
    starts: dict[str, float] = Field(default_factory=dict)
    """Quantity -> what the new one's showed first; without both what flowed between is unknown."""

    def in_zone(self, zone: ZoneInfo) -> "Replacement":
        """As `Term.in_zone`."""
        if self.since.tzinfo is not None:
            return self
        return self.model_copy(update={"since": self.since.replace(tzinfo=zone)})

    @model_validator(mode="after")
    def _both(self) -> Self:
        if self.ends.keys() != self.starts.keys():
            odd = ", ".join(sorted(self.ends.keys() ^ self.starts.keys()))
            raise ValueError(f"{odd}: needs both the old device's last value and the new one's first")
        for name in self.ends:
            if name not in CATALOGUE or CATALOGUE[name].kind is not Kind.COUNTER:
                raise ValueError(f"{name!r} is no counter of the catalogue")
        return self


class GasState(Frozen):
    """What makes a volume at actual conditions one at 0 degC and 101.325 kPa."""

    pressure: Literal["absolute", "gauge"] | None = None
    """What the meter's gas_pressure is; a gauge one stands over 101.325 kPa."""
    supply_kpa: float | None = Field(None, gt=0)
    """Absolute, where the meter shows none: an assumption."""
    supply_celsius: float | None = Field(None, gt=-100, lt=200)
    """Where the meter shows none: an assumption."""

    @model_validator(mode="after")
    def _some_pressure(self) -> Self:
        if self.pressure is None and self.supply_kpa is None:
            raise ValueError("needs `pressure` (absolute or gauge) or `supply_kpa`")
        return self
