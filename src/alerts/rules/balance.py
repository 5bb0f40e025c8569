"""What flows into a meter and comes out of none behind it."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accounting.prices import Label
from alerts.amounts import Power, Share
from alerts.look import Look
from alerts.mean import MeanRule
from alerts.park import NOBODY, Park
from alerts.verdict import Kind, Subjects, Verdict, simple


class Rule(MeanRule):
    """Fires when a meter's mean power differs from the sum behind it by more than a share, either way.

    Behind it stand the meters of its carrier that name it as their parent; one that is not known makes the
    loss unknown.
    """

    figure: ClassVar[Label] = Label("Share that is not accounted for", "未能对上的比例")
    remedy: ClassVar[Label] = Label(
        "Look for a meter that fails, a wrong multiplier, or a load without a meter.",
        "请查找故障表计、错误倍率或未装表的负荷。",
    )
    share: ClassVar[bool] = True

    kind: Literal["balance"]
    above: Share = Field(0.1, gt=0)
    hysteresis: Share = Field(0.01, ge=0)
    least: Power = 10.0
    """Less power than this is not judged."""

    @property
    def unit(self) -> str:
        return "1"

    @property
    def apart(self) -> bool:
        return False

    def subjects(self, park: Park) -> Subjects:
        """Those of `where` that others name as their parent."""
        parents = np.zeros(len(park), np.bool_)
        parents[park.parent[park.parent != NOBODY]] = True
        at = np.flatnonzero(self.where.picks(park) & parents)
        return Subjects(Kind.METER, tuple(park.codes[place] for place in at.tolist()), at)

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The value is the share of what flows in that is missing, below 0 where more comes out."""
        mean = look.mean("active_power", self.over)
        behind = np.flatnonzero(look.park.parent != NOBODY)
        upstream = look.park.parent[behind]
        out = _sums(upstream, mean[..., behind], len(look.park))[..., subjects.at]
        flow = mean[..., subjects.at]
        judged = np.abs(flow) >= self.least
        share = np.where(judged, (flow - out) / np.where(judged, flow, 1.0), 0.0)
        share = np.where(np.isnan(flow + out), np.nan, share)
        off = np.abs(share)
        return simple(off > self.above, off <= self.above - self.hysteresis, share, self.above)


def _sums(place: NDArray[np.intp], power: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Of what goes to the same place of `size`, float64[..., size]."""
    rows = power.reshape(-1, len(place))
    cells = np.arange(len(rows))[:, None] * size + place
    sums = np.bincount(cells.ravel(), rows.ravel(), len(rows) * size).astype(np.float64)
    return sums.reshape(*power.shape[:-1], size)
