"""What bought electricity cost by band: days and months as the statement holds them, and shorter steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.reports import energy, months
from telemetry.reports.cost_hours import Kind, Quarters, standing_apart, under_own
from telemetry.reports.energy import Coverage, Estimated, Question, Values, divided
from telemetry.reports.factors import Shortfall
from telemetry.reports.membership import By, grouped, key_of
from telemetry.reports.moment import Moment
from telemetry.reports.months import Months
from telemetry.reports.names import Name, name_of
from telemetry.reports.series import Cells, Stretches, Sums
from telemetry.reports.steps import Step, local_time
from telemetry.storage import cost, monthly
from telemetry.storage.cost import PER_UNIT, Costs, Wanted
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

BOUGHT = "energy_import"
_Floats = NDArray[np.float64]
_Costs = Annotated[
    list[float | None],
    Meta(description="One for each of times; null: nothing was priced", examples=[[67.5, None]]),
]


class BandCost(Struct, frozen=True):
    """What was bought in one band of one tariff."""

    tariff: Annotated[str | None, Meta(description="null: the contract names none")]
    band: Annotated[str | None, Meta(description="null: not known by band", examples=["valley"])]
    name: Name
    amounts: Annotated[list[float], Meta(description="kWh", examples=[[120.0]])]
    costs: Annotated[list[float], Meta(description="Of what was priced", examples=[[36.0]])]


class CostSeries(Struct, frozen=True):
    """What one group bought, and its cost."""

    key: str
    name: Name
    unit: Annotated[str, Meta(description="Of amounts", examples=["kWh"])]
    amounts: Values
    costs: _Costs
    coverage: Coverage
    estimated: Estimated
    provisional: Annotated[
        list[bool],
        Meta(description="Some prices are not the published ones of their day", examples=[[False]]),
    ]
    unpriced: Annotated[
        list[float], Meta(description="Part of the amount [kWh] that has no price", examples=[[0.0]])
    ]
    bands: list[BandCost]
    shortfalls: Annotated[list[Shortfall], Meta(description="Why it has none")]


class CostAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Cost of bought electricity by band, without charges for capacity or demand; unpriced is not 0."""

    from_: Moment
    to: Moment
    step: Step
    by: By
    zone: str
    currency: str
    fictitious: Annotated[bool, Meta(description="Some of the prices are made up for a demonstration")]
    times: Annotated[list[Moment], Meta(description="Starts of the intervals")]
    series: list[CostSeries]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Bought amounts by meter, and what is known of their cost on the same cells."""

    rows: Months | Cells
    found: Sequence[Costs]
    place: Callable[[NDArray[np.datetime64]], NDArray[np.int64]]
    """The cell of a day, or of a month's first."""

    def kinds(self) -> Iterator[tuple[Kind, Months | Cells, Months | Cells]]:
        """Amounts and costs, in ten thousandths, of each kind; 0 elsewhere."""
        for costs in self.found:
            for band, amount, money in self._laid(costs):
                yield (costs.tariff or "", band, costs.provisional, costs.unpriced or ""), amount, money

    def reasons(self, members: NDArray[np.int32]) -> Iterator[tuple[str, date, date]]:
        """Why some of the members' amounts have no price, with the first and last day."""
        for costs in self.found:
            at = np.isin(costs.meter_id, members) if costs.unpriced else np.empty(0, bool)
            if costs.unpriced and at.any():
                yield costs.unpriced, costs.first_day[at].min().item(), costs.last_day[at].max().item()

    def _laid(self, costs: Costs) -> Iterator[tuple[str, Months | Cells, Months | Cells]]:
        """Bands with amounts and costs on the cells of the rows, 0 elsewhere."""
        known = np.isin(costs.meter_id, self.rows.meter_id)
        order = np.argsort(self.rows.meter_id)
        row = order[np.searchsorted(self.rows.meter_id, costs.meter_id[known], sorter=order)]
        at = (row, self.place(costs.start[known]))
        for number, band in enumerate(costs.bands):
            amount, money = np.zeros((2, *self.rows.amount.shape))
            amount[at], money[at] = costs.amounts[known, number], costs.costs[known, number]
            yield band, replace(self.rows, amount=amount), replace(self.rows, amount=money)


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """By group and interval, float64[g, k]."""

    amount: _Floats
    cost: _Floats
    """In ten thousandths."""


def report(
    tx: Transaction,
    registry: Registry,
    tariffs: Mapping[str, Tariff],
    question: Question,
    currency: str,
    *,
    tariff: Tariff | None = None,
    own: Mapping[str, Held] | None = None,
) -> CostAnswer:
    """Days and months as the statement has them, hours and quarter hours by `tariff`, the one that holds now.

    `own` has the tariffs of areas that are under another.

    Raises QueryError for codes that are not there.
    """
    question.selection.check(registry)
    steps, selection = question.steps, question.selection
    key = key_of(selection, registry)
    parts: list[_Part | Quarters] = (
        [*_parts(tx, registry, question)]
        if steps.by_day
        else [_quarters(tx, registry, question, tariff, own or {})]
    )
    rows = [part.rows for part in parts]
    sums, groups, placed = grouped(
        registry, rows, steps, energy.elapsed(question), lambda meter, term, _: key(meter, term, BOUGHT)
    )
    firsts = np.searchsorted(steps.cells, steps.edges[:-1]).astype(np.int64)
    priced = _priced(parts, placed, firsts, sums)
    told = {code for code, *_ in priced}
    return CostAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        by=selection.by,
        zone=steps.zone.key,
        currency=currency,
        fictitious=any(code in tariffs and tariffs[code].fictitious for code in told),
        times=steps.times(),
        series=_series(
            sums,
            groups,
            priced,
            [_why(parts, placed, row) for row in range(len(groups))],
            tariffs,
            names=[name_of(selection.by, name, registry) for name, _ in groups],
        ),
    )


def _quarters(
    tx: Transaction, registry: Registry, question: Question, tariff: Tariff | None, own: Mapping[str, Held]
) -> Quarters:
    rows = energy.settled(tx, registry, question)
    held = under_own(registry, rows, question.steps, own, question.now)
    return Quarters(rows, question.steps, tariff, standing_apart(registry, rows), held)


def _parts(tx: Transaction, registry: Registry, question: Question) -> list[_Part]:
    """Months of the meters that are one thing throughout, days of the others; or days of all."""
    steps = question.steps
    if steps.step is Step.DAY:
        meters = question.selection.meters_of(registry)
        return [_by_day(tx, np.array([meter.id for meter in meters], np.int32), question)]
    whole, apart = divided(question, registry)
    first, last = steps.days
    rows, _ = months.laid(monthly.select(tx, monthly.Wanted(whole, [BOUGHT], first, last)), steps)
    found = cost.months(tx, Wanted(whole, BOUGHT, first, last))
    part = _Part(
        rows, found, lambda start: (start.astype("M8[M]") - np.datetime64(first, "M")).astype(np.int64)
    )
    return [part, _by_day(tx, apart, question)] if len(apart) else [part]


def _by_day(tx: Transaction, ids: NDArray[np.int32], question: Question) -> _Part:
    first, last = question.steps.days
    rows = energy.by_local_day(tx, ids, [BOUGHT], first, last)
    found = cost.days(tx, Wanted(ids, BOUGHT, first, last))
    return _Part(rows, found, lambda start: (start - np.datetime64(first)).astype(np.int64))


def _priced(
    parts: Sequence[_Part | Quarters], placed: Sequence[Stretches], firsts: NDArray[np.int64], sums: Sums
) -> dict[Kind, _Priced]:
    """Amounts and costs of each kind by group."""
    found: dict[Kind, _Priced] = {}
    groups = len(sums.amount)
    for part, where in zip(parts, placed, strict=True):
        for kind, *both in part.kinds():
            amount, money = (rows.total(where, firsts, groups).amount for rows in both)
            before = found.get(kind, _Priced(np.zeros_like(amount), np.zeros_like(money)))
            found[kind] = _Priced(before.amount + amount, before.cost + money)
    return found


def _why(parts: Sequence[_Part | Quarters], placed: Sequence[Stretches], group: int) -> list[Shortfall]:
    """Reasons for which some of a group's amounts have no price, with their first and last day."""
    runs: dict[str, tuple[date, date]] = {}
    for part, where in zip(parts, placed, strict=True):
        members = part.rows.meter_id[where.row[where.label == group]]
        for reason, first, last in part.reasons(members):
            lo, hi = runs.get(reason, (first, last))
            runs[reason] = (min(lo, first), max(hi, last))
    return [Shortfall(reason, lo, hi) for reason, (lo, hi) in sorted(runs.items(), key=lambda run: run[1])]


def _series(
    sums: Sums,
    groups: Sequence[tuple[str, str]],
    priced: Mapping[Kind, _Priced],
    shortfalls: Sequence[list[Shortfall]],
    tariffs: Mapping[str, Tariff],
    *,
    names: Sequence[Name],
) -> list[CostSeries]:
    shown, money, bands = energy.columns(sums), _money(sums, priced), _bands(priced, tariffs)
    return [
        CostSeries(
            groups[row][0],
            names[row],
            "kWh",
            shown[row][0],
            money.costs[row],
            *shown[row][1:],
            money.provisional[row],
            money.unpriced[row],
            [band.of(row) for band in bands if band.bought[row]],
            shortfalls[row],
        )
        for row in sorted(range(len(groups)), key=groups.__getitem__)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Money:
    """What each group paid, by interval."""

    costs: list[list[float | None]]
    provisional: list[list[bool]]
    unpriced: list[list[float]]


def _money(sums: Sums, priced: Mapping[Kind, _Priced]) -> _Money:
    nothing = np.zeros_like(sums.amount)
    paid = {kind: each for kind, each in priced.items() if not kind[3]}
    bought = sum((each.amount for each in paid.values()), nothing)
    money = sum((each.cost for each in paid.values()), nothing)
    missing = sum((each.amount for kind, each in priced.items() if kind[3]), nothing)
    provisional = sum((each.amount for kind, each in paid.items() if kind[2]), nothing)
    some = (sums.known > 0) & ((bought != 0) | (missing == 0)) & bool(paid)
    costs = energy.known(np.where(some, money / PER_UNIT, np.nan))
    return _Money(costs, (provisional != 0).tolist(), missing.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """One band of one tariff, by group."""

    tariff: str | None
    band: str | None
    name: Name
    bought: list[bool]
    amounts: list[list[float]]
    costs: list[list[float]]

    def of(self, row: int) -> BandCost:
        return BandCost(self.tariff, self.band, self.name, self.amounts[row], self.costs[row])


def _bands(priced: Mapping[Kind, _Priced], tariffs: Mapping[str, Tariff]) -> list[_Band]:
    """By tariff and band, the cheapest first."""
    found: dict[tuple[str, str], _Priced] = {}
    for (tariff, band, _, _), each in priced.items():
        before = found.get((tariff, band))
        found[tariff, band] = (
            _Priced(before.amount + each.amount, before.cost + each.cost) if before else each
        )
    return [
        _Band(
            tariff or None,
            band or None,
            _name(tariffs.get(tariff), band),
            np.any(each.amount, axis=1).tolist(),
            each.amount.tolist(),
            (each.cost / PER_UNIT).tolist(),
        )
        for (tariff, band), each in sorted(found.items(), key=lambda one: _rank(tariffs, *one[0]))
    ]


def _name(tariff: Tariff | None, code: str) -> Name:
    bands = tariff.bands if tariff else ()
    return next((Name.of(b.name) for b in bands if b.code == code), Name(code, code))


def _rank(tariffs: Mapping[str, Tariff], tariff: str, band: str) -> tuple[str, int]:
    bands = tariffs[tariff].bands if tariff in tariffs else ()
    return tariff, next((b.rank for b in bands if b.code == band), len(bands))
