"""The demand of the block that runs, heading for what was contracted."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from alerts.amounts import Power, Seconds, Share
from alerts.look import Look
from alerts.mean import POWER
from alerts.park import Park
from alerts.rule import Rule as AnyRule
from alerts.rule import Severity
from alerts.verdict import Kind, Subjects, Verdict

BLOCK_US = 900_000_000
"""Quarter hours of the clock, by which demand is metered."""


class Rule(AnyRule):
    """Fires when the quarter hour that runs will end above a share of the contract demand.

    Forecast: what was imported in the block so far, and the power of the last minute until its end. Each of
    `stages` is told once. Power that was not measured for more than a fifth of the block makes it unknown.
    """

    kind: Literal["demand"]
    contract: Annotated[Power, Field(gt=0)] | None = None
    """In place of the contract demand that the site's file has."""
    stages: tuple[Share, ...] = Field((0.8, 0.9, 1.0), min_length=1, max_length=5)
    margin: Share = Field(0.02, lt=0.5)
    """All is well again below the first stage by so much of the contract."""
    settle: Seconds = Field(180.0, lt=900)
    """So much of a block has to have gone before it is judged."""

    @property
    def unit(self) -> str:
        return "kW"

    @property
    def quantities(self) -> frozenset[str]:
        return POWER

    @property
    def depth_s(self) -> float:
        return BLOCK_US / 1e6

    @property
    def severities(self) -> tuple[Severity, ...]:
        """The last is critical, the first of several no more than information."""
        count = len(self.stages)
        rising = [Severity.INFO, *[self.severity] * max(0, count - 2), Severity.CRITICAL]
        return tuple(rising[-count:])

    def subjects(self, park: Park) -> Subjects:
        """The park, where its billing point is metered."""
        known = park.root in park.boundary
        return Subjects(Kind.PARK, (park.root,) if known else (), np.zeros(int(known), np.intp))

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        contract = self.contract or look.park.contract_kw
        gone_s = (look.now_us % BLOCK_US) / 1e6
        so_far, power = self._import(look, gone_s) if len(subjects) else (np.nan, np.nan)
        left_s = BLOCK_US / 1e6 - gone_s
        forecast = (so_far * gone_s + power * left_s) / (gone_s + left_s)
        stage = sum(forecast > share * contract for share in self.stages)
        limit = self.stages[max(int(stage) - 1, 0)] * contract
        early = gone_s < self.settle and so_far * gone_s <= contract * BLOCK_US / 1e6
        known = np.isfinite(forecast) and np.isfinite(contract) and not early
        well = forecast <= (self.stages[0] - self.margin) * contract
        more = {
            "so far kW": so_far * gone_s / (BLOCK_US / 1e6),
            "contract kW": contract,
            "breach in s": _breach_s(contract, so_far * gone_s, power, left_s),
        }
        n = len(subjects)
        return Verdict(
            np.full(n, stage if known else 0, np.int8),
            np.full(n, bool(well) and known),
            np.full(n, known),
            np.full(n, forecast),
            np.full(n, limit),
            {name: np.full(n, figure) for name, figure in more.items()},
        )

    def _import(self, look: Look, gone_s: float) -> tuple[float, float]:
        """Mean import since the block began and over the last minute [kW]; NaN: not enough was measured."""
        crossing = look.park.boundary[look.park.root]
        block = look.mean("active_power", max(gone_s, look.window.step_us / 1e6))[crossing]
        last = look.mean("active_power", 60.0)[crossing]
        return max(0.0, float(block.sum())), max(0.0, float(last.sum()))

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if list(self.stages) != sorted(set(self.stages)):
            raise ValueError("stages: have to rise")
        return self


def _breach_s(contract: float, so_far: float, power: float, left_s: float) -> float:
    """Until the block's demand is the contract's, at the power of now [s]; NaN where it will not be."""
    missing = contract * BLOCK_US / 1e6 - so_far
    if missing <= 0:
        return 0.0
    return missing / power if power > 0 and missing / power <= left_s else float("nan")
