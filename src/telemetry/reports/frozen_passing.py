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
WITH_SOLD = 5
"""Edition from which on what was sold is told by what it would have emitted, and origins by both bases."""
WITH_BACK = 6
"""Edition from which on electricity that neighbours fed back is told."""


def is_fed(row: Row, fed: Mapping[str, Days], first: date) -> bool:
    """Whether it is an emission that a neighbour's pool tells."""
    days = fed.get(row["meter"]) if row["sort"] == "emission" else None
    return days is not None and bool(days[(date.fromisoformat(row["day"]) - first).days])


def origins(found: Sequence[Passed], form: int) -> Iterator[Row]:
    """What came from neighbours' pools, by what it was made of; air alone before heat had a place."""
    for each in found:
        if (form < WITH_HEAT and each.quantity != AIR) or (form < WITH_BACK and each.back):
            continue
        told = {"sort": "origin", **({"received": each.quantity} if form >= WITH_HEAT else {})}
        yield from (row | told for row in _made(each, both=form >= WITH_SOLD))


def sold(found: Sequence[Passed]) -> Iterator[Row]:
    """What was fed in and sold, by what it was made of."""
    for each in found:
        yield from (row | {"sort": "sold", "sent": each.quantity} for row in _made(each, both=True))


def _made(each: Passed, *, both: bool) -> Iterator[dict[str, Any]]:
    for basis, passed in (("location", each), ("market", each.by_market()))[: 1 + both]:
        for part in passed.shares:
            yield _part(each.through, basis, part.day, part.gas, part)
        for day, reason in passed.untold:
            yield {**_part(each.through, basis, day, "CO2", None), "shortfall": reason}


def _part(through: str, basis: str, day: date, gas: str, part: Share | None) -> dict[str, Any]:
    kg = part.kg if part else math.nan
    factor = part.choice.factor if part else None
    return {
        "through": through,
        "meter": part.meter if part else None,
        "quantity": part.quantity if part else None,
        "day": str(day),
        "basis": basis,
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


def receipts(back: Crossings, registry: Registry, known: Known) -> Iterator[Row]:
    """Electricity that neighbours fed back, by day."""
    for row, at in np.argwhere(~np.isnan(back.amount)).tolist():
        meter, name, day = registry.by_id[back.meter_id[row]].code, back.quantity[row], back.day[at]
        amount, coefficient = float(back.amount[row, at]), applied(known, name, day)
        tce = amount * rate(known, name, day)
        yield {
            "sort": "receipt",
            "meter": meter,
            "quantity": name,
            "day": str(day),
            "amount": amount,
            "coefficient": coefficient and coefficient.id,
            "tce": None if math.isnan(tce) else tce,
        }


def _less(amount: float, quantity: str, day: date, known: Known) -> dict[str, Any]:
    coefficient = applied(known, quantity, day)
    tce = 0.0 - amount * rate(known, quantity, day)
    return {"coefficient": coefficient and coefficient.id, "tce": None if math.isnan(tce) else tce}


def sales(sold: Crossings, registry: Registry, known: Known, form: int) -> Iterator[Row]:
    """What went to neighbours, by day; heat, steam and cooling alone before electricity had a place."""
    for row, at in np.argwhere(~np.isnan(sold.amount)).tolist():
        meter, name, day = registry.by_id[sold.meter_id[row]].code, sold.quantity[row], sold.day[at]
        if form < WITH_SOLD and name == IMPORT:
            continue
        amount = float(sold.amount[row, at])
        what = {"sort": "sale", "meter": meter, "quantity": name, "day": str(day), "amount": amount}
        yield what | _less(amount, name, day, known)
