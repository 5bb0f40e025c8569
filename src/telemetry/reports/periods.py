"""Closed months and years: closing them, their drift from what is known now, and their proof."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from accounting.frozen import Difference, Figure, Row, canonical, digest, figures, unlike
from accounting.recomputed import recomputed
from telemetry.reports.errors import QueryError
from telemetry.reports.frozen import FORM, Shelf, Stretch, collect
from telemetry.reports.membership import boundary_meters
from telemetry.reports.moment import Moment
from telemetry.reports.period import span
from telemetry.storage import periods
from telemetry.storage.periods import Closed, Closing, Wanted
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

MOST_DIFFERENCES = 2000
_WHOLE = re.compile(r"\d{4}(-\d{2})?")


class PeriodFigure(Struct, frozen=True):
    """One number of a closed period, and what it would be today."""

    name: Annotated[str, Meta(examples=["emission.location.scope2.CO2"])]
    unit: Annotated[str, Meta(examples=["kg"])]
    closed: Annotated[float | None, Meta(description="As it was frozen; null: nothing was known")]
    missing: Annotated[int, Meta(description="Rows that had no part in it, each with its reason")]
    current: Annotated[float | None, Meta(description="As it would be closed now")]
    drift: Annotated[float | None, Meta(description="current - closed")]


class PeriodDifference(Struct, frozen=True):
    """A field that a re-issue says otherwise than the issue before it."""

    row: Annotated[str, Meta(examples=["emission M-101 energy_import 2026-05-03 location CO2"])]
    field: Annotated[str, Meta(examples=["kg"])]
    before: Annotated[str | None, Meta(description="JSON; null: the row is new")]
    after: Annotated[str | None, Meta(description="JSON; null: the row is gone")]


class PeriodEntry(Struct, frozen=True, rename={"from_": "from"}):
    """A month or year of an area as it was closed."""

    id: int
    area: str
    period: Annotated[str, Meta(examples=["2026-05"])]
    from_: date
    to: Annotated[date, Meta(description="Last day")]
    hash: Annotated[str, Meta(description="SHA-256 of the canonical form: docs/periods.md")]
    closed_by: str
    closed_at: Moment
    replaces: Annotated[int | None, Meta(description="The issue before this one")]
    replaced_by: Annotated[int | None, Meta(description="The issue after it; null: this one stands")]
    reason: Annotated[str | None, Meta(description="Why it was issued again")]


class PeriodList(Struct, frozen=True):
    """Closed periods by first day and area, every issue of them."""

    periods: list[PeriodEntry]


class PeriodAnswer(PeriodEntry, frozen=True, rename={"from_": "from"}, kw_only=True):
    """The same with its figures, and what a re-issue changed."""

    new: Annotated[bool, Meta(description="false: it stood already with the same hash")]
    figures: list[PeriodFigure]
    differences: list[PeriodDifference]
    more: Annotated[int, Meta(description="Differences beyond those listed")]


class PeriodRows(Struct, frozen=True):
    """The canonical form: what the hash is taken of, each line ended by a line feed."""

    hash: str
    lines: list[str]


class RecomputedFigure(Struct, frozen=True):
    name: str
    unit: str
    frozen: float | None
    recomputed: float | None


class Recomputation(Struct, frozen=True):
    """A closed period reckoned anew from its frozen amounts, factors and prices."""

    id: int
    same: Annotated[bool, Meta(description="The hash is right, and every number came out again")]
    hash: str
    hash_again: str
    figures: list[RecomputedFigure]
    differences: list[PeriodDifference]


@dataclass(frozen=True, slots=True)
class Order:
    """Who closes what, and why again."""

    area: str
    period: str
    who: str
    reissue: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """Where periods are closed and read."""

    registry: Registry
    shelf: Shelf
    now: datetime

    def close(self, tx: Transaction, order: Order) -> PeriodAnswer:
        """Raises QueryError when the period cannot be closed."""
        with periods.alone(tx):
            return self._close(tx, order)

    def _close(self, tx: Transaction, order: Order) -> PeriodAnswer:
        stretch = self._stretch(order)
        self._settled(tx, stretch)
        standing = self._standing(tx, order)
        if standing and self._stands(tx, stretch, standing):
            return self.answer(tx, standing, new=False)
        rows = self._rows(tx, stretch)
        lines = canonical(rows)
        _allowed(order, standing)
        number = periods.put(tx, self._closing(order, stretch, rows, standing), lines)
        return self.answer(tx, one(tx, number), new=True)

    def _stands(self, tx: Transaction, stretch: Stretch, standing: Closed) -> bool:
        """Whether its rows are the same but for rounding."""
        rows = self._rows(tx, stretch, standing.form)
        same = standing.hash == digest(canonical(rows))
        return same or not unlike(read(tx, standing.id), rows, close=True)

    def _rows(self, tx: Transaction, stretch: Stretch, form: int = FORM) -> list[Row]:
        return collect(tx, self.registry, self.shelf, stretch, now=self.now, form=form)

    def _closing(self, order: Order, stretch: Stretch, rows: list[Row], standing: Closed | None) -> Closing:
        return Closing(
            area=order.area,
            period=order.period,
            first_day=stretch.first,
            last_day=stretch.last,
            form=FORM,
            hash=digest(canonical(rows)),
            figures=[msgspec.to_builtins(each) for each in figures(rows)],
            closed_by=order.who,
            closed_at=self.now,
            replaces=standing.id if standing else None,
            reason=order.reissue if standing else None,
        )

    def _stretch(self, order: Order) -> Stretch:
        if order.area not in {area.code for area in self.registry.areas}:
            raise QueryError("area", order.area, "no area has this code; GET /api/v1/site lists them")
        if not _WHOLE.fullmatch(order.period):
            raise QueryError("period", order.period, "has to be a year or a month, such as 2026 or 2026-05")
        first, last = span(order.period, "period")
        if last >= self.now.astimezone(self.shelf.rating.zone).date():
            raise QueryError("period", order.period, f"is not over: its last day is {last}")
        return Stretch(order.area, order.period, first, last)

    def _settled(self, tx: Transaction, stretch: Stretch) -> None:
        meters = [meter.id for meter in boundary_meters(self.registry, stretch.area)]
        until = datetime.combine(stretch.last + timedelta(days=1), time(), self.shelf.rating.zone)
        if count := periods.waiting(tx, meters, until):
            reason = f"{count} of what it counts is still being settled; please come again"
            raise QueryError("period", stretch.period, reason)

    def _standing(self, tx: Transaction, order: Order) -> Closed | None:
        issues = periods.listed(tx, Wanted(area=order.area, period=order.period))
        return next((each for each in issues if each.replaced_by is None), None)

    def entry(self, closed: Closed) -> PeriodEntry:
        return PeriodEntry(**self._facts(closed))

    def _facts(self, closed: Closed) -> dict[str, Any]:
        return {
            "id": closed.id,
            "area": closed.area,
            "period": closed.period,
            "from_": closed.first_day,
            "to": closed.last_day,
            "hash": closed.hash,
            "closed_by": closed.closed_by,
            "closed_at": closed.closed_at.astimezone(self.shelf.rating.zone),
            "replaces": closed.replaces,
            "replaced_by": closed.replaced_by,
            "reason": closed.reason,
        }

    def answer(self, tx: Transaction, closed: Closed, *, new: bool = False) -> PeriodAnswer:
        """With the drift of each figure, and the differences to the issue that it replaces."""
        changed: list[Difference] = []
        if closed.replaces is not None:
            changed = unlike(read(tx, closed.replaces), read(tx, closed.id), close=True)
        return PeriodAnswer(
            **self._facts(closed),
            new=new,
            figures=_drift(_stored(closed), figures(self.live(tx, closed))),
            differences=_told(changed[:MOST_DIFFERENCES]),
            more=max(len(changed) - MOST_DIFFERENCES, 0),
        )

    def live(self, tx: Transaction, closed: Closed) -> list[Row]:
        """The rows as they would be frozen now."""
        stretch = Stretch(closed.area, closed.period, closed.first_day, closed.last_day)
        return self._rows(tx, stretch)

    def standing(self, tx: Transaction, areas: Collection[str], first: date, last: date) -> list[Closed]:
        """Periods of areas that touch the days first..last, each as it was issued last."""
        found = periods.listed(tx, Wanted(first=first, last=last))
        return [each for each in found if each.replaced_by is None and each.area in areas]


def one(tx: Transaction, number: int) -> Closed:
    """Raises QueryError."""
    found = periods.listed(tx, Wanted(id=number))
    if not found:
        raise QueryError("id", number, "no closed period has this number; GET /api/v1/periods lists them")
    return found[0]


def _allowed(order: Order, standing: Closed | None) -> None:
    if standing and not order.reissue:
        reason = f"is closed already as number {standing.id}, with other rows; `reissue` has to say why again"
        raise QueryError("period", order.period, reason)
    if order.reissue and not standing:
        raise QueryError("reissue", order.reissue, "nothing was issued before")


def _stored(closed: Closed) -> list[Figure]:
    return [Figure(**each) for each in closed.figures]


def _drift(before: Sequence[Figure], now: Sequence[Figure]) -> list[PeriodFigure]:
    old, new = ({figure.name: figure for figure in those} for those in (before, now))
    return [_figure(name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())]


def _figure(name: str, old: Figure | None, new: Figure | None) -> PeriodFigure:
    closed, current = old.value if old else None, new.value if new else None
    drift = None if closed is None or current is None else current - closed
    return PeriodFigure(name, _unit(old, new), closed, old.missing if old else 0, current, drift)


def _unit(*figures: Figure | None) -> str:
    return next(figure.unit for figure in figures if figure)


def _told(found: Sequence[Difference]) -> list[PeriodDifference]:
    return [PeriodDifference(one.row, one.field, _json(one.before), _json(one.after)) for one in found]


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def read(tx: Transaction, number: int) -> list[Row]:
    """The frozen rows of a closed period."""
    return [json.loads(content) for content in periods.rows(tx, number)]


def recompute(tx: Transaction, closed: Closed) -> Recomputation:
    """Reckon a closed period anew from nothing but its frozen rows. Raises FactorError."""
    lines = periods.rows(tx, closed.id)
    rows: list[Row] = [json.loads(content) for content in lines]
    again = recomputed(rows)
    changed, stored = unlike(rows, again, close=True), _stored(closed)
    frozen: Mapping[str, Figure] = {figure.name: figure for figure in stored}
    anew: Mapping[str, Figure] = {figure.name: figure for figure in figures(again)}
    kept = figures(rows) == stored
    hash_again = digest(lines)
    return Recomputation(
        id=closed.id,
        same=not changed and kept and hash_again == closed.hash and lines == canonical(rows),
        hash=closed.hash,
        hash_again=hash_again,
        figures=[_both(n, frozen.get(n), anew.get(n)) for n in sorted(frozen.keys() | anew.keys())],
        differences=_told(changed[:MOST_DIFFERENCES]),
    )


def _both(name: str, frozen: Figure | None, anew: Figure | None) -> RecomputedFigure:
    unit = _unit(frozen, anew)
    return RecomputedFigure(name, unit, frozen.value if frozen else None, anew.value if anew else None)
