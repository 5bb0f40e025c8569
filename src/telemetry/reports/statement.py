"""Emissions as the statement of the days holds them, with the factors they were settled with."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Choice, Rule
from telemetry.reports.emitted import Emitted, Revision
from telemetry.reports.energy import Question, chosen, days_of
from telemetry.reports.factors import Factors, Used
from telemetry.reports.series import Cells, local_days
from telemetry.storage import daily, emission
from telemetry.storage.emission import Masses
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Key = tuple[int, str, date]
_SETTLED = "the factor that was known when the day was settled"


def emitted(
    tx: Transaction, registry: Registry, factors: Factors, question: Question, revision: Revision
) -> list[Emitted]:
    """Local days by gas."""
    ids = np.array([meter.id for meter in question.selection.meters_of(registry)], dtype=np.int32)
    return of_meters(tx, ids, registry, factors, question, revision)


def of_meters(  # noqa: PLR0917  # what a report is asked, for some of its meters
    tx: Transaction,
    ids: NDArray[np.int32],
    registry: Registry,
    factors: Factors,
    question: Question,
    revision: Revision,
) -> list[Emitted]:
    """The local days of some meters by gas."""
    first, last = question.steps.days
    names = chosen(question.quantities)
    rows = emission.select(tx, ids, names, first, last, revision.value)
    covered = _coverage(tx, ids, names, first, last)
    why = Reasons(registry, factors, question, revision)
    found = []
    for gas in sorted(set(rows.gas)):
        at = [n for n, each in enumerate(rows.gas) if each == gas]
        cells = _measured(_cells(rows, at, first, days_of(first, last)), covered)
        found.append(Emitted(gas, cells, _used(rows, at, registry, why)))
    return found


def _coverage(
    tx: Transaction, ids: NDArray[np.int32], names: list[str], first: date, last: date
) -> Mapping[tuple[int, str], NDArray[np.float64]]:
    """Coverage of the local days of each meter and quantity, float64[n]."""
    rows = daily.select(tx, ids, names, first, last)
    cells = local_days(
        rows.meter_id,
        rows.quantity,
        rows.day,
        amount=rows.amount,
        coverage=rows.coverage,
        first=np.datetime64(first),
        days=days_of(first, last),
    )
    return dict(zip(_pairs(cells), cells.coverage, strict=True))


def _cells(rows: Masses, at: list[int], first: date, days: int) -> Cells:
    """Masses; in place of a coverage 1 on the days that have a row."""
    return local_days(
        rows.meter_id[at],
        [rows.quantity[n] for n in at],
        rows.day[at],
        amount=rows.kg[at],
        coverage=np.ones(len(at)),
        first=np.datetime64(first),
        days=days,
    )


def _measured(cells: Cells, covered: Mapping[tuple[int, str], NDArray[np.float64]]) -> Cells:
    nothing = np.zeros(cells.coverage.shape[1])
    share = [covered.get(pair, nothing) for pair in _pairs(cells)]
    return replace(cells, coverage=cells.coverage * np.reshape(share, cells.coverage.shape))


def _pairs(cells: Cells) -> list[tuple[int, str]]:
    return list(zip(cells.meter_id.tolist(), cells.quantity, strict=True))


def _used(rows: Masses, at: list[int], registry: Registry, why: "Reasons") -> list[list[Used]]:
    """By row of the cells; meters of one history in the same regions share one list."""
    of_row: dict[tuple[int, str], list[int]] = {}
    meters, days = rows.meter_id.tolist(), rows.day.tolist()
    for n in at:
        of_row.setdefault((meters[n], rows.quantity[n]), []).append(n)
    shared: dict[tuple[object, ...], list[Used]] = {}
    used = []
    for (meter, quantity), part in of_row.items():
        took = tuple((days[n], rows.factor[n], rows.shortfall[n]) for n in part)
        regions = tuple((term.valid_from, term.region) for term in registry.by_id[meter].terms)
        if (regions, quantity, took) not in shared:
            choices = (why.of((meter, quantity, day), factor, reason) for day, factor, reason in took)
            shared[regions, quantity, took] = [
                Used(day, choice) for (day, _, _), choice in zip(took, choices, strict=True)
            ]
        used.append(shared[regions, quantity, took])
    return used


class Reasons:
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
