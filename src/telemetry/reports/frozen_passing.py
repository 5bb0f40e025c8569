"""What passes between areas and is fed in, as rows to be frozen: origins, sales, and what takes coal off."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from accounting.coal import Coefficient, applied, rate
from accounting.frozen import Row
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.neighbours import AIR, SCOPE, Passed, Share
from telemetry.reports.pools.trade import Days
from telemetry.storage.registry import Registry

Known = Mapping[str, Coefficient]
WITH_HEAT = 4
"""Edition of the form from which on heat from neighbours is told by its origin, as air was before."""


def is_fed(row: Row, fed: Mapping[str, Days], first: date) -> bool:
    """Whether it is an emission that a neighbour's pool tells."""
    days = fed.get(row["meter"]) if row["sort"] == "emission" else None
    return days is not None and bool(days[(date.fromisoformat(row["day"]) - first).days])


def origins(found: Sequence[Passed], form: int) -> Iterator[Row]:
    """What came from neighbours' pools, by what it was made of; air alone before heat had a place."""
    for each in found:
        if form < WITH_HEAT and each.quantity != AIR:
            continue
        told = {"received": each.quantity} if form >= WITH_HEAT else {}
        for part in each.shares:
            yield _origin(each.through, part.day, part.gas, part) | told
        for day, reason in each.untold:
            yield {**_origin(each.through, day, "CO2", None), **told, "shortfall": reason}


def _origin(through: str, day: date, gas: str, part: Share | None) -> dict[str, Any]:
    kg = part.kg if part else math.nan
    factor = part.choice.factor if part else None
    return {
        "sort": "origin",
        "through": through,
        "meter": part.meter if part else None,
        "quantity": part.quantity if part else None,
        "day": str(day),
        "basis": "location",
        "scope": SCOPE,
        "gas": gas,
        "amount": part.amount if part else None,
        "kg": None if math.isnan(kg) else kg,
        "factor": factor.id if factor else None,
        "shortfall": part.choice.shortfall if part else None,
    }


def fed_in(row: Row, known: Known) -> Row:
    """What was fed in takes its standard coal off."""
    if row["sort"] != "day" or row["quantity"] != EXPORT or row["amount"] is None:
        return row
    return {**row, **_less(row["amount"], IMPORT, date.fromisoformat(row["day"]), known)}


def _less(amount: float, quantity: str, day: date, known: Known) -> dict[str, Any]:
    coefficient = applied(known, quantity, day)
    tce = 0.0 - amount * rate(known, quantity, day)
    return {"coefficient": coefficient and coefficient.id, "tce": None if math.isnan(tce) else tce}


def sales(sold: Crossings, registry: Registry, known: Known) -> Iterator[Row]:
    """Heat, steam and cooling that left, by day."""
    for row, at in np.argwhere(~np.isnan(sold.amount)).tolist():
        meter, name, day = registry.by_id[sold.meter_id[row]].code, sold.quantity[row], sold.day[at]
        amount = float(sold.amount[row, at])
        what = {"sort": "sale", "meter": meter, "quantity": name, "day": str(day), "amount": amount}
        yield what | _less(amount, name, day, known)
