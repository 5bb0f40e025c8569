"""Energy that an area sold to neighbours on each local day, by meter and quantity."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from telemetry.model import Role
from telemetry.reports.crossings import IMPORT, Crossings, counted, daily, placed
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.reports.pools.trade import Days, Passing
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

SOLD = (IMPORT, "heat_energy", "steam_energy", "steam_mass", "cooling_energy")
"""What can be sold to neighbours; what is fed in crosses the area's boundary."""


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    every: Crossings
    plain: Crossings
    """The same without what carries the mix of a pool."""


def sales(tx: Transaction, park: Park, question: Question, area: str) -> Sales:
    """By its meters of that role, and by those of neighbours that its pools feed."""
    found = trade.sold(park, question.steps, area)
    mixed, plain = _by_meter(found.mixed), _by_meter(found.plain)
    own = {each.code for each in park.registry.meters if any(t.role == Role.SALE for t in each.terms)}
    codes = tuple(sorted({*own, *mixed, *plain}))
    asked = replace(daily(question), selection=Selection(By.METER, codes, ()))
    starts = asked.steps.times()
    days = [start.date() for start in starts]
    if not codes:
        nothing = Crossings([], [], days, np.empty((0, len(days))), [])
        return Sales(nothing, nothing)
    cells, amount = placed(tx, park.registry, asked)
    meters = [park.registry.by_id[one] for one in cells.meter_id.tolist()]
    never = np.zeros(len(days), np.bool_)
    outwards = [_sold(each, area, starts) | plain.get(each.code, never) for each in meters]
    by_mix = [mixed.get(each.code, never) for each in meters]
    kept = [
        row
        for row in counted(cells.meter_id.tolist(), cells.quantity)
        if (outwards[row] | by_mix[row]).any() and cells.quantity[row] in SOLD
    ]
    ids, names = [meters[row].id for row in kept], [cells.quantity[row] for row in kept]
    amount = np.where(amount >= 0, amount, np.nan)[kept]
    every = np.reshape([outwards[row] | by_mix[row] for row in kept], amount.shape).astype(bool)
    alone = every & ~np.reshape([by_mix[row] for row in kept], amount.shape).astype(bool)
    return Sales(
        Crossings(ids, names, days, np.where(every, amount, np.nan), []),
        Crossings(ids, names, days, np.where(alone, amount, np.nan), []),
    )


def _by_meter(passing: Passing) -> Mapping[str, Days]:
    found: dict[str, Days] = {}
    for row, days in passing.items():
        found[row.meter] = found.get(row.meter, np.zeros_like(days)) | days
    return found


def _sold(meter: RegisteredMeter, area: str, starts: list[datetime]) -> NDArray[np.bool_]:
    terms = [meter.at(start) for start in starts]
    return np.array([term.role == Role.SALE and term.area == area for term in terms], np.bool_)
