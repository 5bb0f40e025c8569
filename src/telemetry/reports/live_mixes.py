"""What a unit from a neighbour's pool carries at the moment: the mix of yesterday and today, as settled."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from telemetry.reports.energy import Question
from telemetry.reports.live import EMITTERS
from telemetry.reports.membership import By, Selection
from telemetry.reports.neighbours import brought
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction


@dataclass(frozen=True, slots=True)
class Mixes:
    """Of heat, steam and cooling meters that a neighbour's pool lets in."""

    by_meter: Mapping[str, Mapping[str, float]]
    """Meter -> quantity -> [kg per unit]; one that is not in it is not known."""

    def over(self, factor: NDArray[np.float64], codes: Sequence[str]) -> NDArray[np.float64]:
        """Factors float64[m, e] [kg per unit] by EMITTERS, with these in place of what rates bought heat."""
        rows = [row for row, code in enumerate(codes) if code in self.by_meter] if self.by_meter else []
        if not rows:
            return factor
        told = [[self.by_meter[codes[row]].get(name, math.nan) for name in EMITTERS] for row in rows]
        mixed = factor.copy()
        mixed[rows] = told
        return mixed


NONE = Mixes({})


def mixes(tx: Transaction, park: Park, zone: ZoneInfo, now: datetime) -> Mixes:
    """Of the meters that a neighbour's pool lets in today."""
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    steps = Steps.covering(Step.DAY, zone, today - timedelta(days=1), today + timedelta(days=1))
    fed = {code for code, days in trade.fed(park, steps).items() if days[-1]}
    if not fed:
        return NONE
    question = Question(steps, Selection(By.METER, tuple(sorted(fed)), ()), (), now)
    found = brought(tx, park, question, {area.code for area in park.registry.areas})
    by_meter: dict[str, dict[str, float]] = {code: {} for code in fed}
    for each in found:
        if each.through in fed:
            by_meter[each.through][each.quantity] = each.kg_per_unit
    return Mixes(by_meter)
