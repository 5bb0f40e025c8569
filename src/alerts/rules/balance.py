"""What flows into a meter and comes out of none behind it."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from alerts.amounts import Amount, Seconds, Share
from alerts.look import Look
from alerts.park import NOBODY, Park
from alerts.rule import LONGEST_S
from alerts.rule import Rule as AnyRule
from alerts.verdict import Kind, Subjects, Verdict, simple


class Rule(AnyRule):
    """Fires when a meter's mean power differs from the sum behind it by more than a share, either way.

    Behind it stand the meters of its carrier that name it as their parent; one that is not known makes the
    loss unknown.
    """

    kind: Literal["balance"]
    above: Share = Field(0.1, gt=0)
    hysteresis: Share = Field(0.01, ge=0)
    least: Amount = Amount(10.0, "kW")
    """Less power than this is not judged."""
    over: Seconds = Field(900.0, ge=10, le=LONGEST_S)
    """Length of the mean."""

    @property
    def unit(self) -> str:
        return "1"

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({"active_power"})

    @property
    def depth_s(self) -> float:
        return self.over

    def subjects(self, park: Park) -> Subjects:
        """Those of `where` that others name as their parent."""
        parents = np.zeros(len(park), np.bool_)
        parents[park.parent[park.parent != NOBODY]] = True
        at = np.flatnonzero(self.where.picks(park) & parents)
        return Subjects(Kind.METER, tuple(park.codes[place] for place in at.tolist()), at)

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The value is the share of what flows in that is missing, below 0 where more comes out."""
        mean = look.mean("active_power", self.over)
        behind = np.flatnonzero(look.park.parent != NOBODY)
        upstream = look.park.parent[behind]
        out = np.bincount(upstream, mean[behind], len(look.park))[subjects.at]
        flow = mean[subjects.at]
        judged = np.abs(flow) >= self.least.to("kW")
        share = np.where(judged, (flow - out) / np.where(judged, flow, 1.0), 0.0)
        share = np.where(np.isnan(flow + out), np.nan, share)
        off = np.abs(share)
        return simple(off > self.above, off <= self.above - self.hysteresis, share, self.above)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        try:
            self.least.to("kW")
        except ValueError as error:
            raise ValueError(f"least: {error}") from error
        return self
