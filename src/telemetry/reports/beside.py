"""What enters a part of an area from outside, past the boundary meters of the area: in no figure of it."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from accounting.carriers import FLOWS
from accounting.quantity import Carrier
from telemetry.reports.energy import Question
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.storage import daily
from telemetry.storage.pool import Transaction


def beside(tx: Transaction, park: Park, question: Question, area: str) -> Iterator[str]:
    """Each meter that let something in on the days of the question, and where."""
    found = trade.beside(park, question.steps, area)
    if not found:
        return
    ids = np.array([park.registry.by_code[row.meter].id for row in found], np.int32)
    names = sorted({name for row in found for name in FLOWS[Carrier(row.pool.carrier)]})
    first, last = question.steps.days
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = daily.select(tx, ids, names, first, last)
    shown = set(zip(rows.meter_id[rows.amount > 0].tolist(), rows.day[rows.amount > 0].tolist(), strict=True))
    for row, days in found.items():
        number = park.registry.by_code[row.meter].id
        held = [day for day, holds in zip(dates, days.tolist(), strict=True) if holds]
        if any((number, day) in shown for day in held):
            where = f"enters {row.pool.area} from outside, past the boundary meters of {area}"
            yield f"{row.meter}: {Carrier(row.pool.carrier).value} {where}"
