"""Heat, steam, cooling and air of neighbours: which bought energy they were made of, and what that carries.

Every meter's bought energy is followed through the pools by quarter hour, as if it were a gas of its own;
each day's part in what passed is then rated by the factor of the meter's region and day. Of air, the part
that was passed on is that of the pool's mix.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.carriers import FLOWS
from accounting.factors import Choice, Rule
from accounting.grid import SLOT_US
from accounting.quantity import Carrier
from accounting.sources import ELECTRICITY, SOURCES
from telemetry.reports.crossings import EXPORT, IMPORT, Crossings
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question, by_quarter_hour, chosen
from telemetry.reports.factors import kg_per_unit
from telemetry.reports.market import start_of
from telemetry.reports.pools import trade
from telemetry.reports.pools.layout import Part, PoolKey
from telemetry.reports.pools.rates import ByOrigin
from telemetry.reports.pools.report import Book, Park, reckoned
from telemetry.reports.pools.trade import Passing
from telemetry.reports.statement import Reasons
from telemetry.reports.steps import Step, Steps
from telemetry.storage import emission
from telemetry.storage.pool import Transaction

AIR = "air_volume"
SCOPE = 2
_UNSEEN = "it comes from a neighbour's pool, which this key does not see"
_UNTOLD = "no pool tells who made it, and from what"
_UNTOLD_AIR = "air that no pool tells, or that comes from outside: who made it, and from what, is not known"
_Floats = NDArray[np.float64]
_Reported = Mapping[tuple[str, str, date], Choice]
"""Meter, quantity and day -> what rated it when the day was first settled."""


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What one meter's bought energy had of what passed on one day."""

    meter: str
    """That of the bought energy."""
    quantity: str
    day: date
    first_us: int
    """Start of the day."""
    cells: _Floats
    """By quarter hour of the day, in the unit of `quantity`; NaN where it is not known."""
    choice: Choice
    residual: Choice | None = None
    """What rates it by the market-based method; None: as `choice`."""

    @property
    def amount(self) -> float:
        return float(np.nansum(self.cells))

    @property
    def rate(self) -> float:
        """[kg per unit]; NaN without a factor."""
        return kg_per_unit(self.quantity, self.choice)

    @property
    def kg(self) -> float:
        """NaN without a factor."""
        return self.amount * self.rate

    @property
    def gas(self) -> str:
        return self.choice.factor.gas if self.choice.factor else "CO2"


@dataclass(slots=True, eq=False)
class Passed:
    """What one meter let pass between two areas, over the days of a question."""

    area: str
    """Whose pool it entered, or left."""
    through: str
    """The meter."""
    quantity: str
    """That it shows."""
    shares: list[Share] = field(default_factory=list)
    untold: list[tuple[date, str]] = field(default_factory=list)
    """Day and reason: some of it was made of something unknown."""
    known: list[_Floats] = field(default_factory=list)
    """By quarter hour: 1 where it is known, 0 where not."""
    amount: float = 0.0
    """What passed in the quarter hours that are known."""
    back: bool = False
    """Whether it went against the meter's direction: electricity that is fed back."""

    @property
    def coverage(self) -> float:
        return round(float(np.concatenate(self.known).mean()), 4) if self.known else 0.0

    @property
    def kg_per_unit(self) -> float:
        """What a unit of what passed carried, of all gases; NaN where nothing passed, or without a factor."""
        return sum(each.kg for each in self.shares) / self.amount if self.amount > 0 else math.nan

    def by_market(self) -> "Passed":
        """The same market-based: electricity goes on without instruments, which stay with whoever bought."""
        rated = [replace(each, choice=each.residual or each.choice, residual=None) for each in self.shares]
        return replace(self, shares=rated)


def brought(
    tx: Transaction,
    park: Park,
    question: Question,
    areas: Collection[str],
    revision: Revision = Revision.CURRENT,
) -> list[Passed]:
    """What areas have from pools of others; nothing of what the factor of bought heat tells."""
    found: dict[str, Passed] = {}
    back: dict[str, Passed] = {}
    for steps in _months(question.steps):
        month = _Month(park, question, steps, revision)
        _follow(tx, month, trade.received(park, steps, areas), found)
        _return(tx, month, trade.returned(park, steps, areas), back)
    return [*found.values(), *back.values(), *_hidden(park, question, areas)]


def _hidden(park: Park, question: Question, areas: Collection[str]) -> Iterator[Passed]:
    """What nobody can tell who does not see the pool that it came from."""
    for code in sorted(park.hidden):
        meter = park.registry.by_code[code]
        area, quantity = meter.at(question.steps.times()[0]).area, FLOWS[Carrier(meter.carrier)][0]
        if area in areas:
            yield Passed(area, code, quantity, untold=[(day, _UNSEEN) for day in question.steps.days])


def came_back(found: Sequence[Passed], park: Park, days: Sequence[date]) -> Crossings:
    """Electricity that neighbours fed back, by meter and day."""
    those, at = [each for each in found if each.back], {day: place for place, day in enumerate(days)}
    amount = np.full((len(those), len(days)), np.nan)
    for row, each in enumerate(those):
        for share in each.shares:
            amount[row, at[share.day]] = share.amount
    ids = [park.registry.by_code[each.through].id for each in those]
    return Crossings(ids, [each.quantity for each in those], list(days), amount, [])


def given(tx: Transaction, park: Park, question: Question, area: str) -> list[Passed]:
    """What an area sells out of pools in which something is made."""
    found: dict[str, Passed] = {}
    for steps in _months(question.steps):
        _follow(tx, _Month(park, question, steps), trade.sold(park, steps, area).mixed, found)
    return list(found.values())


def _months(steps: Steps) -> Iterator[Steps]:
    """Local days, one month at a time, which bounds what a solution takes."""
    days = steps.day_edges
    whole = Steps.covering(Step.MONTH, steps.zone, steps.times()[0], steps.end)
    for lo, hi in pairwise(np.unique(np.clip(whole.edges, days[0], days[-1])).tolist()):
        yield Steps(Step.DAY, steps.zone, days[(days >= lo) & (days <= hi)])


@dataclass(frozen=True, slots=True, eq=False)
class _Month:
    park: Park
    question: Question
    steps: Steps
    revision: Revision = Revision.CURRENT

    @property
    def zone(self) -> ZoneInfo:
        return self.steps.zone

    @property
    def firsts(self) -> NDArray[np.int64]:
        """Of each day its first quarter hour, and the end of the last, int64[d + 1]."""
        firsts: NDArray[np.int64] = (self.steps.edges - self.steps.edges[0]) // SLOT_US
        return firsts

    @property
    def quarters(self) -> NDArray[np.int64]:
        """Edges of its quarter hours, int64[n + 1] [us]."""
        return np.arange(self.steps.edges[0], self.steps.edges[-1] + 1, SLOT_US, dtype=np.int64)

    def inside(self, days: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Quarter hours of the days."""
        return np.repeat(days, np.diff(self.firsts))

    def by_day(self, values: _Floats) -> Iterator[tuple[date, int, _Floats]]:
        """Each day, its start [us], and its quarter hours of float64[n, ...]."""
        starts = zip(self.steps.times(), self.steps.edges.tolist(), strict=False)
        for (start, us), (lo, hi) in zip(starts, pairwise(self.firsts.tolist()), strict=True):
            yield start.date(), us, values[lo:hi]

    def choice(self, meter: str, quantity: str, day: date) -> Choice:
        region = self._region(meter, day)
        found = self.park.factors.choice(region, quantity, day, max(day, self._today))
        return found or Choice(None, Rule.NONE, f"no factor is known for bought {quantity}", region)

    def residual(self, meter: str, quantity: str, day: date) -> Choice | None:
        """None where there is none, and for what is no electricity."""
        if SOURCES.get(quantity) != ELECTRICITY:
            return None
        found = self.park.factors.residual(self._region(meter, day), day, max(day, self._today))
        return found if found.factor else None

    @property
    def _today(self) -> date:
        return self.question.now.astimezone(self.zone).date()

    def _region(self, meter: str, day: date) -> str:
        at: datetime = start_of(day, self.zone)
        return self.park.registry.by_code[meter].at(at).region

    def reported(self, tx: Transaction, meters: Sequence[str]) -> _Reported:
        """Empty but for `reported`."""
        if self.revision is Revision.CURRENT:
            return {}
        registry, days = self.park.registry, self.steps.days
        ids = np.array([registry.by_code[code].id for code in meters], np.int32)
        rows = emission.select(tx, ids, chosen(()), *days, self.revision.value)
        why = Reasons(registry, self.park.factors, self.question, self.revision)
        columns = zip(rows.meter_id.tolist(), rows.quantity, rows.day.tolist(), strict=True)
        return {
            (registry.by_id[key[0]].code, *key[1:]): why.of(key, factor, lack)
            for key, factor, lack in zip(columns, rows.factor, rows.shortfall, strict=True)
        }


def _return(tx: Transaction, month: _Month, passing: Passing, found: dict[str, Passed]) -> None:
    """Electricity that comes back is bought like any other, by the factors of where its meter stands."""
    if not passing:
        return
    registry, steps = month.park.registry, month.steps
    ids = np.array([registry.by_code[row.meter].id for row in passing], np.int32)
    cells = by_quarter_hour(tx, ids, [EXPORT], Steps(Step.QUARTER, steps.zone, month.quarters))
    shown = {registry.by_id[meter].code: row for row, meter in enumerate(cells.meter_id.tolist())}
    reported = month.reported(tx, [row.meter for row in passing])
    for row, days in passing.items():
        inside = month.inside(days)
        amount = cells.amount[shown[row.meter]] if row.meter in shown else np.zeros(len(inside))
        amount = np.where(inside, amount, 0.0)
        if np.nansum(amount) > 0:
            one = found.setdefault(row.meter, Passed(row.pool.area, row.meter, IMPORT, back=True))
            one.known.append((~np.isnan(amount[inside])).astype(np.float64))
            one.amount += float(np.nansum(amount))
            one.shares.extend(_plain(month, row.meter, amount, reported))


def _plain(month: _Month, meter: str, amount: _Floats, reported: _Reported) -> Iterator[Share]:
    for day, us, cells in month.by_day(amount):
        if np.nansum(cells) > 0:
            key = (meter, IMPORT, day)
            yield Share(*key, us, cells, reported.get(key) or month.choice(*key), month.residual(*key))


def _follow(tx: Transaction, month: _Month, passing: Passing, found: dict[str, Passed]) -> None:
    if not passing:
        return
    keys = {row.pool for row in passing}
    book = reckoned(tx, month.park, month.steps, ByOrigin(), keys.__contains__)
    kept = {key: _kept(book, key) for key in keys}
    reported = month.reported(tx, [code for code in book.gases if code])
    for row, days in passing.items():
        raw = book.showing.rows.get((row.meter, book.showing.quantity(row.meter)))
        if raw is None or row not in book.rows:
            continue
        inside = month.inside(days)
        amount = np.where(inside, raw[book.first :], 0.0)
        if np.nansum(amount) > 0:
            made = book.rows[row][1][book.first :] * kept[row.pool][book.first :, None]
            made = np.where((amount > 0)[:, None], made, 0.0)
            quantity = book.showing.quantity(row.meter)
            one = found.setdefault(row.meter, Passed(row.pool.area, row.meter, quantity))
            known = ~(np.isnan(made).any(axis=1) | np.isnan(amount))
            one.known.append(known[inside].astype(np.float64))
            one.amount += float(amount[known].sum())
            _lack(one, month, book, made)
            one.shares.extend(_shares(month, book, made, reported))


def _lack(one: Passed, month: _Month, book: Book, made: _Floats) -> None:
    lacking = np.isnan(made).any(axis=1)
    reasons: Sequence[str] = sorted(book.notes) or [_UNTOLD_AIR if one.quantity == AIR else _UNTOLD]
    one.untold.extend(
        (day, "; ".join(reasons)) for day, _, cells in month.by_day(lacking.astype(float)) if cells.any()
    )


def _kept(book: Book, key: PoolKey) -> _Floats:
    """What of the mix counts, float64[n]: of air, which no rule set takes off, what was not passed on."""
    entered = book.entered.get(key, book.zeros())
    sent = [both[0] for row, both in book.rows.items() if row.pool == key and row.part is Part.SENT]
    if not sent or key.carrier != Carrier.COMPRESSED_AIR:
        return np.ones_like(entered)
    part = np.divide(np.sum(sent, axis=0), entered, out=np.zeros_like(entered), where=entered > 0)
    kept: _Floats = np.clip(1.0 - part, 0.0, 1.0)
    return kept


def _shares(month: _Month, book: Book, made: _Floats, reported: _Reported) -> Iterator[Share]:
    for at, meter in enumerate(book.gases):
        for day, us, cells in month.by_day(made[:, at]):
            if np.nansum(cells) > 0:
                key = (meter, book.showing.quantity(meter), day)
                choice = reported.get(key) or month.choice(*key)
                yield Share(*key, us, cells, choice, month.residual(*key))
