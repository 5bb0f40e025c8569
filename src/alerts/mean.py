"""What rules have in common that judge the mean power of a while."""

from pydantic import Field

from alerts.amounts import Seconds
from alerts.rule import LONGEST_S, Rule

POWER = frozenset({"active_power"})


class MeanRule(Rule):
    over: Seconds = Field(900.0, ge=10, le=LONGEST_S)
    """Length of the mean."""

    @property
    def unit(self) -> str:
        return "kW"

    @property
    def quantities(self) -> frozenset[str]:
        return POWER

    @property
    def depth_s(self) -> float:
        return self.over
