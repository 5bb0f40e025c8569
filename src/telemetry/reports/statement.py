"""Emissions as the statement of the days holds them, with the factors they were settled with."""

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Choice, Rule
from telemetry.reports.emitted import Emitted, Revision
from telemetry.reports.energy import Question, chosen, days_of
from telemetry.reports.factors import Factors, Used
from telemetry.reports.series import Cells, local_days
from telemetry.storage import daily, emission
from telemetry.storage.emission import Emissions
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Key = tuple[int, str, date]
_SETTLED = "the factor that was known when the day was settled"


def emitted(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, revision: Revision
) -> list[Emitted]:
    """Local days by gas."""
    first, last = question.steps.days
    ids = np.array([meter.id for meter in question.selection.meters_of(registry)], dtype=np.int32)
    names = chosen(question.quantities)
    rows = emission.select(tx, ids, first, last, revision.value)
    covered = _coverage(tx, ids, names, first, last)
    why = _Reasons(registry, factors, question, revision)
    found = []
    for gas in sorted(set(rows.gas)):
        at = [n for n, each in enumerate(rows.gas) if each == gas and rows.quantity[n] in names]
        cells = _cells(rows, at, covered, first, days_of(first, last))
        found.append(Emitted(gas, cells, _used(rows, at, cells, why)))
    return found


def _coverage(
    tx: Transaction, ids: NDArray[np.int32], names: list[str], first: date, last: date
) -> Mapping[_Key, float]:
    rows = daily.select(tx, ids, names, first, last)
    columns = (rows.meter_id.tolist(), rows.quantity, rows.day.tolist(), rows.coverage.tolist())
    return {(meter, name, day): share for meter, name, day, share in zip(*columns, strict=True)}


def _keys(rows: Emissions, at: list[int]) -> list[_Key]:
    meters, days = rows.meter_id.tolist(), rows.day.tolist()
    return [(meters[n], rows.quantity[n], days[n]) for n in at]


def _cells(rows: Emissions, at: list[int], covered: Mapping[_Key, float], first: date, days: int) -> Cells:
    keys = _keys(rows, at)
    share = np.array([covered.get(key, 0.0) for key in keys])
    return local_days(
        rows.meter_id[at],
        [key[1] for key in keys],
        rows.day[at],
        amount=rows.kg[at],
        coverage=share,
        first=np.datetime64(first),
        days=days,
    )


def _used(rows: Emissions, at: list[int], cells: Cells, why: "_Reasons") -> list[list[Used]]:
    place = {pair: row for row, pair in enumerate(zip(cells.meter_id.tolist(), cells.quantity, strict=True))}
    used: list[list[Used]] = [[] for _ in place]
    for n, (meter, quantity, day) in zip(at, _keys(rows, at), strict=True):
        choice = why.of((meter, quantity, day), rows.factor[n], rows.shortfall[n])
        used[place[meter, quantity]].append(Used(day, choice))
    return used


class _Reasons:
    """Why a day has the factor that it was settled with."""

    def __init__(self, registry: Registry, factors: Factors, question: Question, revision: Revision) -> None:
        self._registry = registry
        self._factors = factors
        self._zone = question.steps.zone
        self._known = question.now.astimezone(self._zone).date() if revision is Revision.CURRENT else None
        self._by_id = {factor.id: factor for factor in factors.library}

    def of(self, key: _Key, factor_id: str | None, shortfall: str | None) -> Choice:
        if factor_id is None:
            return Choice(None, Rule.NONE, shortfall or "no factor")
        again = self._again(key)
        if again is not None and again.factor is not None and again.factor.id == factor_id:
            return again
        standing = self._by_id.get(factor_id)
        if standing is None:
            return Choice(None, Rule.NONE, f"factor {factor_id} has left the library")
        return Choice(standing, Rule.STANDING, _SETTLED, standing.region)

    def _again(self, key: _Key) -> Choice | None:
        """The choice as it would be made today."""
        meter, quantity, day = key
        start = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        region = self._registry.by_id[meter].at(start).region
        return self._factors.choice(region, quantity, day, self._known or day)
