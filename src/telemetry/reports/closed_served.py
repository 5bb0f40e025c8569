"""What served the electricity of a closed period by day, from its frozen rows."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from accounting import frozen_supply
from accounting.factors import Choice, Factor, Rule
from accounting.frozen import Row, factors_of
from telemetry.reports.factors import Shortfall, Used, shortfalls, uses
from telemetry.reports.served_days import By, ServedDays
from telemetry.storage.periods import Closed

_MARKET_FORM = 2
_OLDER = "period {} was closed in a form that froze no market-based figure"
_Floats = NDArray[np.float64]


def choice_of(row: Row, factors: Mapping[str, Factor], closed: Closed) -> Choice:
    """The factor that was frozen, or why there was none."""
    factor = factors.get(row["factor"] or "")
    if factor is None:
        return Choice(None, Rule.NONE, row["shortfall"] or "no factor")
    return Choice(factor, Rule.STANDING, f"frozen with period {closed.id}", factor.region)


def days(rows: Sequence[Row], mine: NDArray[np.bool_], first: date, closed: Closed) -> ServedDays:
    """On the days bool[d] from `first` on that the period speaks for."""
    if closed.form < _MARKET_FORM:
        lack = Shortfall(_OLDER.format(closed.id), closed.first_day, closed.last_day)
        return ServedDays({}, np.zeros(len(mine), bool), {}, [], [lack])
    loads, factors = [row for row in rows if row["sort"] == "load"], factors_of(rows)
    used = [
        Used(date.fromisoformat(row["day"]), choice_of(row, factors, closed)) for row in loads if row["kwh"]
    ]
    tiers = {row["tier"] for row in loads}
    place = {str(first + timedelta(days=at)): at for at in np.flatnonzero(mine).tolist()}
    gave, emitted = _instruments(rows, factors, place, len(mine))
    kg = {gas: _laid([r for r in loads if r["gas"] == gas], "kg", place, len(mine)) for gas in _gases(loads)}
    kwh = {
        By(tier, None, None): _laid([r for r in loads if r["tier"] == tier], "open", place, len(mine))
        for tier in sorted(tiers)
    }
    for gas, more in emitted.items():
        kg[gas] = kg.get(gas, np.zeros(len(mine))) + more
    told = [row for row in loads if row["kg"] is not None or row["kwh"] == 0]
    known = np.isin(np.arange(len(mine)), [place[r["day"]] for r in told if r["day"] in place])
    return ServedDays(kg, known, {**gave, **kwh}, uses(used), shortfalls(used))


def _gases(loads: Sequence[Row]) -> set[str]:
    return {row["gas"] for row in loads if row["kg"] is not None}


def _laid(loads: Sequence[Row], name: str, place: Mapping[str, int], days: int) -> _Floats:
    """A field added up by day, float64[d]."""
    inside = [row for row in loads if row["day"] in place and row[name] is not None]
    at = np.array([place[row["day"]] for row in inside], np.intp)
    kwh = np.array([row[name] for row in inside], np.float64)
    return np.bincount(at, kwh, days).astype(np.float64)


def _instruments(
    rows: Sequence[Row], factors: Mapping[str, Factor], place: Mapping[str, int], days: int
) -> tuple[dict[By, _Floats], dict[str, _Floats]]:
    """What each served [kWh], and what that emitted by gas [kg], float64[d] each."""
    documents = {row["id"]: row["document"] for row in rows if row["sort"] == "record"}
    held = {row["record"]: row for row in rows if row["sort"] == "instrument"}
    gave: dict[By, _Floats] = {}
    emitted: dict[str, _Floats] = {}
    for record, by_day in frozen_supply.given(rows, factors).items():
        one, kwh = held[record], np.zeros(days)
        inside = [day for day in by_day if day in place]
        kwh[[place[day] for day in inside]] = [by_day[day] for day in inside]
        gave[By(one["tier"], documents.get(record), record)] = kwh
        if one["gas"]:
            emitted[one["gas"]] = emitted.get(one["gas"], np.zeros(days)) + kwh * one["rate"]
    return gave, emitted
