"""What the statement's days emitted, as reported and as current."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.sources import emitting, scope_of
from telemetry.jobs.basis import Basis
from telemetry.reports.factors import kg_per_unit
from telemetry.storage.daily import Days
from telemetry.storage.emission import Emissions
from telemetry.storage.registry import RegisteredMeter

_BASIS = {1: "direct", 2: "location"}
_EPOCH = 1 << 20
"""So many days before 1970 a key of 21 bits begins."""
_Word = TypeVar("_Word", str, str | None)


@dataclass(frozen=True, slots=True, eq=False)
class Amounts(Days):
    """Rows of the statement."""

    amount: NDArray[np.float64]
    first_settled: NDArray[np.datetime64]
    """Local day, datetime64[D][r]."""

    def picked(self, rows: NDArray[np.int64]) -> "Amounts":
        names = [self.quantity[row] for row in rows.tolist()]
        return Amounts(
            self.meter_id[rows], names, self.day[rows], self.amount[rows], self.first_settled[rows]
        )


def emissions(
    days: Amounts,
    meters: Mapping[int, RegisteredMeter],
    shown: Mapping[int, frozenset[str]],
    basis: Basis,
    today: date,
) -> Emissions:
    """Emissions of days; `shown` tells what is settled for each meter, so that no flow counts twice."""
    counted = {meter_id: frozenset(emitting(names)) for meter_id, names in shown.items()}
    pairs = zip(days.meter_id.tolist(), days.quantity, strict=True)
    kept = np.flatnonzero(np.array([name in counted[meter_id] for meter_id, name in pairs], bool))
    part = days.picked(kept)
    regions = _regions(part, meters, basis.zone)
    known = {
        "reported": np.maximum(part.day, part.first_settled),
        "current": np.maximum(part.day, np.datetime64(today)),
    }
    return _joined(*(_revision(part, regions, name, on, basis) for name, on in known.items()))


def _regions(days: Amounts, meters: Mapping[int, RegisteredMeter], zone: ZoneInfo) -> Sequence[str]:
    """Region of each row's meter when the day begins."""
    found = np.empty(len(days), object)
    for meter_id in np.unique(days.meter_id).tolist():
        terms, rows = meters[meter_id].terms, np.flatnonzero(days.meter_id == meter_id)
        since = np.array([_first_day(term.valid_from, zone) for term in terms[1:]], "M8[D]")
        held = np.searchsorted(since, days.day[rows], side="right")
        found[rows] = np.array([term.region for term in terms], object)[held]
    regions: list[str] = found.tolist()
    return regions


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first local day that begins at `moment` or later."""
    day = moment.astimezone(zone).date()
    return day if datetime.combine(day, time(), zone) >= moment else day + timedelta(days=1)


def _revision(
    days: Amounts, regions: Sequence[str], revision: str, known: NDArray[np.datetime64], basis: Basis
) -> Emissions:
    asked, which = _asked(regions, days, known)
    choices = [basis.factors.choice(region, name, day, on) for region, name, day, on in asked]
    rates = np.array([kg_per_unit(one[1], choice) for one, choice in zip(asked, choices, strict=True)])
    factors = [choice.factor if choice else None for choice in choices]
    scope = {name: scope_of(name) for name in set(days.quantity)}
    return Emissions(
        days.meter_id,
        days.quantity,
        days.day,
        basis=[_BASIS[scope[name]] for name in days.quantity],
        gas=_each([factor.gas if factor else "CO2" for factor in factors], which),
        revision=[revision] * len(days),
        scope=np.array([scope[name] for name in days.quantity], np.int16),
        kg=days.amount * rates[which],
        factor=_each([factor.id if factor else None for factor in factors], which),
        shortfall=_each([choice.shortfall if choice else None for choice in choices], which),
    )


def _each(words: Sequence[_Word], which: NDArray[np.int64]) -> list[_Word]:
    found: list[_Word] = np.array(words, object)[which].tolist()
    return found


def _asked(
    regions: Sequence[str], days: Days, known: NDArray[np.datetime64]
) -> tuple[list[tuple[str, str, date, date]], NDArray[np.int64]]:
    """What has to be chosen for, each once, and which of them every row is, int64[r]."""
    index: dict[tuple[str, str], int] = {}
    pairs = zip(regions, days.quantity, strict=True)
    pair = np.array([index.setdefault(each, len(index)) for each in pairs], np.int64)
    key = (pair << 42) + (days.day.astype(np.int64) + _EPOCH << 21) + known.astype(np.int64) + _EPOCH
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    names, at = list(index), first.tolist()
    rows = zip(pair[at].tolist(), days.day[at].tolist(), known[at].tolist(), strict=True)
    return [(*names[number], day, on) for number, day, on in rows], which


def _joined(one: Emissions, other: Emissions) -> Emissions:
    parts = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(Emissions)]
    columns = [np.concatenate(p) if isinstance(p[0], np.ndarray) else [*p[0], *p[1]] for p in parts]
    return Emissions(*columns)  # type: ignore[arg-type]  # columns of several types
