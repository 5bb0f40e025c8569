"""Compressed air that comes from a neighbour: which bought energy it was made of, and what that carries.

Every meter's bought energy is followed through the pools by quarter hour, as if it were a gas of its own;
each day's part in what came is then rated by the factor of the meter's region and day. Of what came, the part
that was passed on is that of the pool's mix.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.factors import Choice, Rule
from accounting.quantity import Carrier
from telemetry.reports.energy import Question
from telemetry.reports.factors import kg_per_unit
from telemetry.reports.market import start_of
from telemetry.reports.membership import boundary_meters
from telemetry.reports.pools.layout import Part, PoolKey, Row
from telemetry.reports.pools.rates import ByOrigin
from telemetry.reports.pools.report import Book, Park, Told, reckoned
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction

AIR = "air_volume"
SCOPE = 2
UNTOLD = "air that no pool tells, or that comes from outside: who made it, and from what, is not known"
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """What one meter's bought energy had of one day's air."""

    through: str
    """The area's own meter, which shows the air."""
    meter: str
    """That of the bought energy."""
    quantity: str
    day: date
    amount: float
    """In the unit of `quantity`."""
    choice: Choice

    @property
    def kg(self) -> float:
        """NaN without a factor."""
        return self.amount * kg_per_unit(self.quantity, self.choice)

    @property
    def gas(self) -> str:
        return self.choice.factor.gas if self.choice.factor else "CO2"


@dataclass(slots=True)
class Brought:
    """Air of an area, over the days of a question."""

    came: bool = False
    shares: list[Share] = field(default_factory=list)
    untold: list[tuple[str, date, str]] = field(default_factory=list)
    """Meter, day and reason: some of what it let in is made of something unknown."""
    known: list[_Floats] = field(default_factory=list)
    """By quarter hour: 1 where it is known, 0 where not."""

    @property
    def coverage(self) -> float:
        return round(float(np.concatenate(self.known).mean()), 4) if self.known else 0.0


def brought(tx: Transaction, park: Park, question: Question, area: str) -> Brought:
    """Empty where no air meter stands at the area's boundary."""
    found, air = Brought(), PoolKey(area, Carrier.COMPRESSED_AIR)
    if any(meter.carrier == Carrier.COMPRESSED_AIR for meter in boundary_meters(park.registry, area)):
        for steps in _months(question.steps):
            book = reckoned(tx, park, steps, ByOrigin(), air.__eq__)
            _add(found, _Month(park, question, book, steps), air)
    return found


def _months(steps: Steps) -> Iterator[Steps]:
    """Local days, one month at a time, which bounds what a solution takes."""
    whole = Steps.covering(Step.MONTH, steps.zone, steps.times()[0], steps.end)
    days = steps.day_edges
    for lo, hi in pairwise(np.unique(np.clip(whole.edges, days[0], days[-1])).tolist()):
        yield Steps(Step.DAY, steps.zone, days[(days >= lo) & (days <= hi)])


@dataclass(frozen=True, slots=True, eq=False)
class _Month:
    park: Park
    question: Question
    book: Book
    steps: Steps

    @property
    def zone(self) -> ZoneInfo:
        return self.steps.zone

    def by_day(self, values: _Floats) -> list[float]:
        found: list[float] = Told(self.park.registry, self.book, self.steps).sums(values).tolist()
        return found

    def days(self) -> list[date]:
        return [start.date() for start in self.steps.times()]

    def choice(self, meter: str, quantity: str, day: date) -> Choice:
        at: datetime = start_of(day, self.zone)
        region = self.park.registry.by_code[meter].at(at).region
        today = self.question.now.astimezone(self.zone).date()
        found = self.park.factors.choice(region, quantity, day, max(day, today))
        return found or Choice(None, Rule.NONE, f"no factor is known for bought {quantity}", region)


def _add(found: Brought, month: _Month, key: PoolKey) -> None:
    book = month.book
    rows = {row: both for row, both in book.rows.items() if row.pool == key}
    if key not in book.entered:
        return
    kept = _kept(rows, book.entered[key])
    for row, (amount, made) in rows.items():
        if row.part in {Part.RECEIVED, Part.BOUGHT} and np.nansum(amount[book.first :]) > 0:
            found.came = True
            found.known.append(np.where(np.isnan(made[book.first :]).any(axis=1), 0.0, 1.0))
            found.shares.extend(_shares(month, row, made * kept[:, None]))
            found.untold.extend(_untold(month, row, amount, made))


def _kept(rows: dict[Row, tuple[_Floats, _Floats]], entered: _Floats) -> _Floats:
    """What of the mix was not passed on to another pool, float64[n]."""
    sent = [both[0] for row, both in rows.items() if row.part is Part.SENT]
    if not sent:
        return np.ones_like(entered)
    part = np.divide(np.sum(sent, axis=0), entered, out=np.zeros_like(entered), where=entered > 0)
    kept: _Floats = np.clip(1.0 - part, 0.0, 1.0)
    return kept


def _shares(month: _Month, row: Row, made: _Floats) -> Iterator[Share]:
    for at, meter in enumerate(month.book.gases):
        amounts = zip(month.days(), month.by_day(made[:, at]), strict=True)
        for day, amount in amounts:
            if amount > 0:
                quantity = month.book.showing.quantity(meter)
                yield Share(row.meter, meter, quantity, day, amount, month.choice(meter, quantity, day))


def _untold(month: _Month, row: Row, amount: _Floats, made: _Floats) -> Iterator[tuple[str, date, str]]:
    lacking = np.where(np.isnan(made).any(axis=1), np.nan_to_num(amount) > 0, 0.0)
    reasons: Sequence[str] = sorted(month.book.notes) or [UNTOLD]
    for day, cells in zip(month.days(), month.by_day(lacking), strict=True):
        if cells > 0:
            yield row.meter, day, "; ".join(reasons)
