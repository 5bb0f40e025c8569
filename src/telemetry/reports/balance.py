"""Places in balance: what crosses into an area or a meter against what is measured behind it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting import balance
from accounting.balance import OPPOSITE, Balance, Flows, Verdict
from accounting.quantity import CATALOGUE
from telemetry.reports.boundaries import Part, Place, Sides, places
from telemetry.reports.energy import Coverage, Question, Values, last_edge
from telemetry.reports.ledger import Ledger, Stretches
from telemetry.reports.membership import By, enterprise_of, held
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name, name_of
from telemetry.reports.steps import Step, local_time
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry


class BalancePart(Struct, frozen=True):
    """What one area or meter behind the place came to; generation and export count negative."""

    key: str
    name: Name
    area: Annotated[bool, Meta(description="An area by its boundary meters; else a meter")]
    enterprise: Annotated[str | None, Meta(description="It belongs to; null: common")]
    values: Values
    coverage: Coverage


class BalanceSeries(Struct, frozen=True, kw_only=True):
    """One quantity of one place. Its amounts are of those quarter hours in which every meter's is known."""

    key: str
    name: Name
    area: Annotated[bool, Meta(description="An area by its boundary meters; else a meter")]
    quantity: Annotated[str, Meta(description="Net of what flows the other way")]
    unit: Annotated[str, Meta(examples=["kWh"])]
    total: Annotated[Values, Meta(description="What crossed into the place")]
    enterprises: Annotated[Values, Meta(description="Of that: to enterprises behind it")]
    common: Annotated[Values, Meta(description="To all else that is measured behind it")]
    loss: Annotated[Values, Meta(description="The rest: lost, or measured by nobody")]
    share: Annotated[Values, Meta(description="Loss by what came in, 0.02: two percent")]
    expected: Annotated[Values, Meta(description="Loss that the boundary meters' loss_share lets expect")]
    tolerance: Annotated[
        Values, Meta(description="What the meters' accuracy classes and estimates leave open; null: no class")
    ]
    verdict: Annotated[
        list[Verdict | None],
        Meta(
            description="within; lost: more than expected plus tolerance; gained: less than minus tolerance",
            examples=[["within", None]],
        ),
    ]
    compared: Annotated[
        list[float], Meta(description="Share of each interval in which every meter's amount is known, 0 to 1")
    ]
    missing: Annotated[list[str], Meta(description="Meters without an amount somewhere in the range")]
    unclassed: Annotated[list[str], Meta(description="Meters without an accuracy class")]
    parts: list[BalancePart]

    @property
    def out(self) -> bool:
        """Whether some interval is out of tolerance."""
        return any(each in {Verdict.LOST, Verdict.GAINED} for each in self.verdict)


class BalanceAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """total = enterprises + common + loss, in every interval."""

    from_: Moment
    to: Moment
    step: Step
    zone: str
    times: Annotated[list[Moment], Meta(description="Starts of the intervals")]
    series: list[BalanceSeries]


def report(
    tx: Transaction,
    registry: Registry,
    question: Question,
    *,
    out: bool = False,
    seen: Callable[[set[str]], bool] = bool,
) -> BalanceAnswer:
    """Balances of the areas and meters asked for, of all where none is; with `out` those out of tolerance.

    Places are told whose meters are all `seen`. Raises QueryError for codes that are not there.
    """
    question.selection.check(registry)
    steps = question.steps
    series = _series(tx, registry, question, seen)
    return BalanceAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        zone=steps.zone.key,
        times=steps.times(),
        series=[each for each in series if each.out or not out],
    )


def _series(
    tx: Transaction, registry: Registry, question: Question, seen: Callable[[set[str]], bool]
) -> Iterator[BalanceSeries]:
    wanted = [name for name in question.quantities or OPPOSITE if name in OPPOSITE]
    carriers = dict.fromkeys(CATALOGUE[name].carrier.value for name in wanted)
    for carrier in carriers:
        fitting = [meter for meter in registry.meters if meter.carrier == carrier]
        standing = places(registry, fitting, question.steps, last_edge(question.now))
        asked = {
            place: sides
            for place, sides in standing.items()
            if _asked(place, question) and seen(sides.meters)
        }
        names = [name for name in wanted if CATALOGUE[name].carrier.value == carrier]
        codes = sorted(set().union(*(sides.meters for sides in asked.values())))
        ledger = Ledger.read(tx, [registry.by_code[code] for code in codes], names, question.steps)
        balances = Balances(registry, ledger)
        for place, sides in sorted(asked.items()):
            yield from balances.of(place, sides, names)


def _asked(place: Place, question: Question) -> bool:
    chosen = question.selection
    if not chosen.areas and not chosen.meters:
        return True
    return place.code in (chosen.areas if place.area else chosen.meters)


@dataclass(frozen=True, slots=True)
class Balances:
    """Those of one carrier."""

    registry: Registry
    ledger: Ledger

    def of(self, place: Place, sides: Sides, quantities: Sequence[str]) -> Iterator[BalanceSeries]:
        """Of the quantities that its boundary shows."""
        for quantity in quantities:
            if any(quantity in self.ledger.shown[code] for code in sides.above):
                yield self.series(place, sides, quantity)

    def series(self, place: Place, sides: Sides, quantity: str) -> BalanceSeries:
        above, below = self.ledger.flows(_above(sides), quantity), self.ledger.flows(_below(sides), quantity)
        inside = np.any(self.ledger.mask(list(sides.above.values())), axis=0)
        meters = [*sides.above, *(row.meter for row in sides.below)]
        accuracy = self._over(meters, "accuracy_class")
        found = balance.compare(
            above,
            below,
            inside,
            self.ledger.firsts,
            accuracy=accuracy,
            loss_share=self._over([*sides.above], "loss_share"),
        )
        parts = self._parts(place, sides, found, below)
        nothing = found.compared == 0
        open_ = balance.tolerance(found.error, found.estimated)
        loss = np.where(nothing, np.nan, found.remainder)
        unknown = np.any(np.isnan(np.concatenate([above.net, below.net])), axis=1)
        counts = self.ledger.mask([*sides.above.values(), *sides.below.values()])
        bare = np.any(counts & np.isnan(accuracy), axis=1)
        return BalanceSeries(
            key=place.code,
            name=name_of(By.AREA if place.area else By.METER, place.code, self.registry),
            area=place.area,
            quantity=quantity,
            unit=CATALOGUE[quantity].unit,
            total=_values(found.total, nothing),
            enterprises=_sum([part for part in parts if part.enterprise], nothing),
            common=_sum([part for part in parts if not part.enterprise], nothing),
            loss=_values(loss, nothing),
            share=_values(found.share, nothing),
            expected=_values(found.expected, nothing),
            tolerance=_values(open_, nothing),
            verdict=balance.judge(loss, found.expected, open_),
            compared=_share(found.compared, self.ledger.sums(inside.astype(np.float64))),
            missing=_where(meters, unknown),
            unclassed=_where(meters, bare),
            parts=parts,
        )

    def _parts(self, place: Place, sides: Sides, found: Balance, below: Flows) -> list[BalancePart]:
        """Parts in order, each the sum of its meters."""
        own = self._enterprise(place)
        rows: dict[Part, list[int]] = {}
        for at, row in enumerate(sides.below):
            rows.setdefault(row.part, []).append(at)
        counts = self.ledger.mask(list(sides.below.values())) & (below.sign > 0)[:, None]
        measured = np.where(counts, below.coverage, 0.0)
        return [
            BalancePart(
                part.code,
                name_of(By.AREA if part.area else By.METER, part.code, self.registry),
                part.area,
                part.enterprise if part.enterprise != own else None,
                _values(found.parts[at].sum(axis=0), found.compared == 0),
                _share(
                    self.ledger.sums(measured[at].sum(axis=0)),
                    self.ledger.sums(counts[at].sum(axis=0, dtype=float)),
                ),
            )
            for part, at in sorted(rows.items(), key=lambda each: each[0][:2])
        ]

    def _enterprise(self, place: Place) -> str | None:
        start = local_time(int(self.ledger.steps.edges[0]), self.ledger.steps.zone)
        area = place.code if place.area else self.registry.by_code[place.code].at(start).area
        return enterprise_of(area, self.registry)

    def _over(self, codes: Sequence[str], field: str) -> NDArray[np.float64]:
        """What a term's field was in each cell, float64[m, n]; NaN where it was not known."""
        steps = self.ledger.steps
        days = np.append(steps.day_edges, np.iinfo(np.int64).max)
        found = np.full((len(codes), steps.grid.count), np.nan)
        for row, code in zip(found, codes, strict=True):
            for term, lo, hi in held(self.registry.by_code[code], steps.grid.slots, days, steps.end):
                row[lo:hi] = getattr(term, field)
        return found


def _where(codes: Sequence[str], holds: NDArray[np.bool_]) -> list[str]:
    return sorted({code for code, each in zip(codes, holds.tolist(), strict=True) if each})


def _above(sides: Sides) -> list[tuple[str, int, Stretches]]:
    return [(code, 1, over) for code, over in sides.above.items()]


def _below(sides: Sides) -> list[tuple[str, int, Stretches]]:
    return [(row.meter, row.sign, over) for row, over in sides.below.items()]


def _values(numbers: NDArray[np.float64], nothing: NDArray[np.bool_]) -> list[float | None]:
    return [None if value != value else value for value in np.where(nothing, np.nan, numbers).tolist()]  # noqa: PLR0124  # NaN


def _sum(parts: Sequence[BalancePart], nothing: NDArray[np.bool_]) -> list[float | None]:
    each = np.array([part.values for part in parts], np.float64).reshape(-1, len(nothing))
    return _values(each.sum(axis=0), nothing)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> list[float]:
    shares = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    rounded: list[float] = np.round(shares, 4).tolist()
    return rounded
