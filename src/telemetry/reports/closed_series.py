"""Emissions over intervals as closed periods froze them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Factor
from accounting.frozen import Row, factors_of
from accounting.quantity import CATALOGUE
from telemetry.model import AreaKind
from telemetry.reports import closed_served, frozen_passing, served_days
from telemetry.reports.activities import carrier_of
from telemetry.reports.closed_served import choice_of
from telemetry.reports.emission_answer import Basis, EmissionsAnswer, EmissionSeries, Origin, State
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import Used, shortfalls, uses
from telemetry.reports.market_series import POWER
from telemetry.reports.membership import By
from telemetry.reports.names import name_of
from telemetry.reports.neighbours import AIR
from telemetry.reports.periods import Books, read
from telemetry.reports.served_days import ServedDays, sums
from telemetry.reports.steps import Steps, local_time
from telemetry.storage.periods import Closed
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Floats = NDArray[np.float64]


class _Source(NamedTuple):
    quantity: str
    origin: Origin
    scope: int
    gas: str


def report(tx: Transaction, books: Books, question: Question, basis: Basis) -> EmissionsAnswer:
    """Of each day what the period issued last says; null where none was closed. Raises QueryError."""
    question.selection.check(books.registry)
    _check(question)
    steps, by = question.steps, question.selection.by
    series = [
        each
        for area in _areas(books.registry, question)
        for each in _Area(area, books.registry, by, steps, basis).series(tx, books)
    ]
    return EmissionsAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        by=by,
        basis=basis,
        revision=Revision.CURRENT,
        zone=steps.zone.key,
        times=steps.times(),
        series=series,
        state=State.CLOSED,
    )


def _check(question: Question) -> None:
    """Raises QueryError."""
    if question.selection.by not in {By.AREA, By.ENTERPRISE} or question.selection.meters:
        raise QueryError("state", State.CLOSED.value, "areas are closed; ask by area or by enterprise")
    if not question.steps.by_day:
        raise QueryError("state", State.CLOSED.value, "days are closed; choose the step day or month")
    if question.quantities:
        raise QueryError("state", State.CLOSED.value, "tells all that was closed; ask without a quantity")


def _areas(registry: Registry, question: Question) -> list[str]:
    asked, only = question.selection.areas, question.selection.by is By.ENTERPRISE
    every = [area.code for area in registry.areas if not only or area.kind == AreaKind.ENTERPRISE]
    return sorted(code for code in every if not asked or code in asked)


@dataclass(slots=True, eq=False)
class _Days:
    """What one source emitted, by day."""

    kg: _Floats
    known: NDArray[np.bool_]
    coverage: _Floats
    spread: NDArray[np.bool_]
    """Whether it stands for more days than one, or is not fully measured."""
    used: list[Used] = field(default_factory=list)

    @classmethod
    def empty(cls, days: int) -> "_Days":
        return cls(np.zeros(days), np.zeros(days, bool), np.zeros(days), np.zeros(days, bool))


@dataclass(frozen=True, slots=True)
class _Area:
    area: str
    registry: Registry
    by: By
    steps: Steps
    basis: Basis

    def series(self, tx: Transaction, books: Books) -> Iterator[EmissionSeries]:
        found: dict[_Source, _Days] = {}
        served: list[ServedDays] = []
        for closed, mine in self._speaking(tx, books):
            rows = read(tx, closed.id)
            if self.basis is Basis.MARKET:
                served.append(closed_served.days(rows, mine, self._first, closed))
            self._add(found, rows, mine, closed)
        if served:
            whole = served_days.joined(served, len(self.steps.day_edges) - 1)
            yield from whole.series(self.area, name_of(self.by, self.area, self.registry), self.steps, [])
        for source, days in sorted(found.items()):
            yield self._told(source, days)

    @property
    def _first(self) -> date:
        return self.steps.days[0]

    def _speaking(self, tx: Transaction, books: Books) -> list[tuple[Closed, NDArray[np.bool_]]]:
        """Periods, each with the days bool[d] that no later issue tells."""
        issues = sorted(books.standing(tx, [self.area], *self.steps.days), key=lambda each: each.id)
        speaker = np.zeros(len(self.steps.day_edges) - 1, np.int64)
        for each in issues:
            lo, hi = (each.first_day - self._first).days, (each.last_day - self._first).days + 1
            speaker[max(lo, 0) : max(hi, 0)] = each.id
        return [(each, speaker == each.id) for each in issues if (speaker == each.id).any()]

    def _add(
        self, found: dict[_Source, _Days], rows: Sequence[Row], mine: NDArray[np.bool_], closed: Closed
    ) -> None:
        factors = factors_of(rows)
        covered = {(r["meter"], r["quantity"], r["day"]): r["coverage"] for r in rows if r["sort"] == "day"}
        names = {row["id"]: row["name"] for row in rows if row["sort"] == "record"}
        for row in rows:
            if row["sort"] == "emission":
                source = _Source(row["quantity"], Origin.METERS, row["scope"], row["gas"])
                coverage = covered.get((row["meter"], row["quantity"], row["day"]), 0.0)
                ends = (row["day"], row["day"])
            elif row["sort"] == "record_emission":
                source = _Source(names[row["record"]], Origin.DOCUMENTS, row["scope"], row["gas"])
                coverage, ends = 1.0, (row["first_day"], row["last_day"])
            elif row["sort"] == "origin" and self._told_on(row["basis"], closed):
                received = row.get("received", AIR)
                source = _Source(received, Origin.METERS, row["scope"], row["gas"])
                coverage = covered.get((row["through"], received, row["day"]), 0.0)
                ends = (row["day"], row["day"])
            else:
                continue
            if self.basis is Basis.MARKET and source.quantity in POWER and row["sort"] != "origin":
                continue
            days = found.setdefault(source, _Days.empty(len(mine)))
            _put(days, row, self._part(ends, mine), coverage)
            days.used.extend(_used(row, factors, ends, closed))

    def _told_on(self, basis: str, closed: Closed) -> bool:
        """Older forms have one row of what came from neighbours for both bases."""
        return closed.form < frozen_passing.WITH_SOLD or basis == self.basis.value

    def _part(self, ends: tuple[str, str], mine: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
        """Places of a run's days that are asked for, and how long the run is."""
        lo, hi = ((date.fromisoformat(end) - self._first).days for end in ends)
        inside = np.arange(max(lo, 0), min(hi + 1, len(mine)))
        return inside[mine[inside]], hi - lo + 1

    def _told(self, source: _Source, days: _Days) -> EmissionSeries:
        firsts = np.searchsorted(self.steps.day_edges[:-1], self.steps.edges[:-1])
        cells = np.maximum(np.add.reduceat(days.known.astype(np.float64), firsts), 1.0)
        lacks = shortfalls(days.used)
        factor = days.used[0].choice.factor if days.used else None
        return EmissionSeries(
            key=self.area,
            name=name_of(self.by, self.area, self.registry),
            quantity=source.quantity,
            carrier=CATALOGUE[source.quantity].carrier.value
            if source.origin is Origin.METERS
            else carrier_of(source.quantity, source.gas, factor.id if factor else None),
            scope=str(source.scope),
            gas=source.gas,
            unit="kg",
            values=sums(days.kg, days.known, self.steps),
            coverage=np.round(np.add.reduceat(days.coverage, firsts) / cells, 4).tolist(),
            estimated=np.logical_or.reduceat(days.spread, firsts).tolist(),
            factors=uses(days.used),
            shortfalls=lacks,
            origin=source.origin,
        )


def _put(days: _Days, row: Row, part: tuple[NDArray[np.int64], int], coverage: float) -> None:
    at, length = part
    if row["kg"] is None:
        return
    days.kg[at] += row["kg"] / length
    days.coverage[at] = np.where(days.known[at], np.minimum(days.coverage[at], coverage), coverage)
    days.known[at] = True
    days.spread[at] |= coverage < 1 or length > 1


def _used(row: Row, factors: Mapping[str, Factor], ends: tuple[str, str], closed: Closed) -> list[Used]:
    days = sorted({date.fromisoformat(end) for end in ends})
    return [Used(day, choice_of(row, factors, closed)) for day in days]
