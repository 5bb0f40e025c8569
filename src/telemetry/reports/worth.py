"""What crossed a boundary, in standard coal: by the calorific and by the equivalent value of electricity."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from accounting import activities, coal
from accounting.activities import UNITS
from accounting.coal import Coefficient
from telemetry.reports.activities import Part
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings

SOLD, BACK = "sold", "returned"
"""End the name of a line of what left, and of what neighbours fed back."""
_ELECTRICITY = frozenset({IMPORT, EXPORT, "electricity", f"{IMPORT}.{SOLD}", f"{IMPORT}.{BACK}"})


class Worth(Struct, frozen=True):
    """Energy that came in less what was sold [tce]."""

    calorific: Annotated[float | None, Meta(description="tce; null: nothing has a worth")]
    equivalent: Annotated[
        float | None, Meta(description="tce; null until the year's coal rate of power plants is set")
    ]
    lines: Annotated[dict[str, float], Meta(description="Quantity or kind -> calorific tce")]
    unrated: Annotated[list[str], Meta(description="Energy without a coefficient: in no sum")]


def worth(  # noqa: PLR0917  # what came, what left, and what rates them
    crossed: Crossings,
    sold: Crossings,
    back: Crossings,
    documents: Sequence[tuple[str, Part]],
    coefficients: Mapping[str, Coefficient],
    yearly: Mapping[int, float],
) -> Worth:
    once = {(part.record.id, part.mass.first_day): (kind, part) for kind, part in documents}.values()
    told = [(kind, _told(kind, part, coefficients)) for kind, part in once]
    lines = _metered(crossed, coefficients)
    lines |= {f"{name}.{SOLD}": -tce for name, tce in _metered(sold, coefficients).items()}
    lines |= {f"{name}.{BACK}": tce for name, tce in _metered(back, coefficients).items()}
    for kind, tce in told:
        if not math.isnan(tce):
            lines[kind] = lines.get(kind, 0.0) + tce
    total = math.fsum(lines.values()) if lines else None
    unrated = sorted({kind for kind, tce in told if math.isnan(tce)})
    electric = [part for kind, part in once if kind == "electricity"]
    return Worth(total, _equivalent(lines, _kwh(crossed, sold, back, electric), yearly), lines, unrated)


def _metered(crossed: Crossings, coefficients: Mapping[str, Coefficient]) -> dict[str, float]:
    days = np.array(crossed.day, "M8[D]")
    found: dict[str, float] = {}
    for row, name in enumerate(crossed.quantity):
        sign, rated = (-1, IMPORT) if name == EXPORT else (1, name)
        tce = coal.worth(crossed.amount[row], coal.rates(coefficients, rated, days))
        if not np.isnan(tce).all():
            found[name] = found.get(name, 0.0) + sign * float(np.nansum(tce))
    return found


def _told(kind: str, part: Part, coefficients: Mapping[str, Coefficient]) -> float:
    """What a document's energy is worth [tce]; 0 for gases that escape, NaN where nothing rates it."""
    if (part.mass.factor or "").startswith("gwp."):
        return 0.0
    record = part.record
    found = activities.worth(coefficients, kind, record.unit, part.mass.first_day, record.heating_value)
    return part.mass.amount * found[1] if found else math.nan


def _kwh(crossed: Crossings, sold: Crossings, back: Crossings, documents: Sequence[Part]) -> dict[int, float]:
    """Electricity that came in and back less what was fed in and sold, by year."""
    years = np.array([day.year for day in crossed.day])
    flows = [(1, crossed.amount[row]) for row in crossed.rows(IMPORT)]
    flows += [(-1, crossed.amount[row]) for row in crossed.rows(EXPORT)]
    flows += [(-1, sold.amount[row]) for row in sold.rows(IMPORT)]
    flows += [(1, amount) for amount in back.amount]
    found = {
        year: math.fsum(sign * float(np.nansum(kwh[years == year])) for sign, kwh in flows)
        for year in np.unique(years).tolist()
    }
    for part in documents:
        year, units = part.mass.first_day.year, dict(UNITS[part.record.unit])
        found[year] = found.get(year, 0.0) + part.mass.amount * units["kWh"]
    return found


def _equivalent(
    lines: Mapping[str, float], kwh: Mapping[int, float], yearly: Mapping[int, float]
) -> float | None:
    """The same with electricity by what power plants burnt for it; None while a year's rate is not set."""
    rated = [amount * coal.equivalent_rate(yearly, IMPORT, year) for year, amount in kwh.items() if amount]
    rest = [tce for name, tce in lines.items() if name not in _ELECTRICITY]
    total = math.fsum((*rated, *rest))
    return None if math.isnan(total) or not lines else total
