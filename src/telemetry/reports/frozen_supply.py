"""What served an area's electricity in a period, as rows to be frozen: loads by day, and instruments."""

import math
from collections.abc import Iterator
from datetime import date

import numpy as np

from accounting.frozen import Row
from accounting.scope2 import Tier
from telemetry.reports.instruments import Held
from telemetry.reports.market import Bought, Rest
from telemetry.reports.supply import Supply


def rows(supply: Supply) -> Iterator[Row]:
    bought = supply.served
    yield from _loads(bought.rest, bought.day)
    for order, (held, kwh) in enumerate(bought.held):
        yield _instrument(bought, held, kwh, order)


def _loads(rest: Rest, days: list[date]) -> Iterator[Row]:
    for row, at in np.argwhere(~np.isnan(rest.kwh)).tolist():
        if rest.kwh[row, at] > 0 or rest.source[row].startswith("meter"):
            yield _load(rest, row, at, days[at])


def _load(rest: Rest, row: int, at: int, day: date) -> Row:
    choice = rest.choice(row, at, day)
    factor = choice.factor if choice else None
    kg = float(rest.kg[row, at])
    return {
        "sort": "load",
        "source": rest.source[row],
        "day": str(day),
        "kwh": float(rest.kwh[row, at]),
        "open": float(rest.open[row, at]),
        "tier": Tier(rest.tier[row, at]).name.lower(),
        "gas": factor.gas if factor else ("CO2" if choice else None),
        "kg": None if math.isnan(kg) or factor is None else kg,
        "factor": factor.id if factor else None,
        "shortfall": choice.shortfall if choice else None,
    }


def _instrument(bought: Bought, held: Held, kwh: float, order: int) -> Row:
    record, days = held.record, bought.day
    limit = bought.limit.get(record.id, 0.0)
    return {
        "sort": "instrument",
        "record": record.id,
        "order": order,
        "tier": held.tier.name.lower(),
        "gas": held.gas or None,
        "rate": held.rate,
        "limit": None if math.isinf(limit) else limit,
        "first_day": str(max(record.first_day, days[0])),
        "last_day": str(min(record.last_day, days[-1])),
        "refused": held.refused,
        "kwh": kwh,
        "kg": kwh * held.rate if held.gas else None,
    }
