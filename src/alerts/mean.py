"""What rules have in common that judge power, or its mean over a while."""

from pydantic import Field

from alerts.amounts import Seconds
from alerts.rule import LONGEST_S, Rule

POWER = frozenset({"active_power"})


class PowerRule(Rule):
    @property
    def unit(self) -> str:
        return "kW"

    @property
    def quantities(self) -> frozenset[str]:
        return POWER


class MeanRule(PowerRule):
    over: Seconds = Field(900.0, ge=10, le=LONGEST_S)
    """Length of the mean."""

    @property
    def depth_s(self) -> float:
        return self.over
