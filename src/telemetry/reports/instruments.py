"""Certificates, contracts and supplier rates: which may serve an area, with how much, at what rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from accounting.scope2 import Instruments, Tier, vintage_fits
from telemetry.reports.activities import electricity
from telemetry.reports.contract_forms import SHARE, per_kwh
from telemetry.reports.crossings import IMPORT, crossings
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection, lineage, within
from telemetry.storage import records
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Listing, Record, Sort
from telemetry.storage.registry import Registry

_KWH_PER_MWH = 1e3
_TOO_OLD = "its vintage may not serve this interval"
_TIERS = {
    Sort.CERTIFICATE: Tier.CERTIFICATE,
    Sort.CONTRACT: Tier.CONTRACT,
    Sort.SUPPLIER_RATE: Tier.SUPPLIER,
}
_PERCENT = 100.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A record that may serve electricity."""

    record: Record
    bought: Floats | None
    """float64[d] [kWh]: what its own area bought, where that lies inside the area asked for."""

    @property
    def tier(self) -> Tier:
        return _TIERS[Sort(self.record.sort)]

    @property
    def refused(self) -> str:
        """Why it serves nothing; empty: it may serve."""
        mine = self.record
        unfit = self.tier is Tier.CERTIFICATE and not vintage_fits(
            mine.vintage or "", mine.first_day, mine.last_day
        )
        return _TOO_OLD if unfit else ""

    @property
    def gas(self) -> str:
        """Empty: nothing is emitted."""
        return per_kwh(self.record.factor_unit or "")[0] if self.rate else ""

    @property
    def rate(self) -> float:
        """[kg/kWh]."""
        if self.record.factor is None or self.record.factor_unit is None:
            return 0.0
        return self.record.factor * per_kwh(self.record.factor_unit)[1]

    def energy(self, days: Sequence[date], load: Floats) -> float:
        """What it may serve on the days [kWh]; a share: of its own area's, or of `load` float64[d]."""
        if self.record.unit != SHARE:
            return energy(self.record, days)
        lo, hi = overlap(self.record, days)
        whole = load if self.bought is None else self.bought
        return float(np.nansum(whole[lo:hi])) * self.record.amount / _PERCENT


def held(tx: Transaction, registry: Registry, question: Question, area: str) -> list[Held]:
    """What serves the area: its own and those of areas inside it; shares and rates also of areas above it.

    The nearer area's goes first among those of a tier, whose parts are told by what each of them bought.
    """
    known = serving(tx, registry, question.steps.days, area)
    below = within(registry, (area,)) - {area}
    whose = {each.area for each in known if each.unit == SHARE} & below
    bought = {code: _bought(tx, registry, question, code) for code in whose}
    return [Held(each, bought.get(each.area)) for each in known]


def serving(tx: Transaction, registry: Registry, days: tuple[date, date], area: str) -> list[Record]:
    """The records behind that, in their order."""
    inside = within(registry, (area,))
    parents = {each.code: each.parent for each in registry.areas}
    above = lineage(area, parents)
    known = [
        each
        for sort in _TIERS
        for each in records.listed(tx, Listing(sort, *days))
        if each.area in inside or (each.area in above and each.unit == SHARE)
    ]
    depth = {code: len(lineage(code, parents)) for code in {each.area for each in known}}
    return sorted(known, key=lambda each: (-depth[each.area], each.first_day, each.id))


def given(tx: Transaction, registry: Registry, question: Question, area: str) -> list[Record]:
    """Certificates of the area's generators for consumers elsewhere."""
    inside = within(registry, (area,))
    makers = {meter.code for meter in registry.meters if meter.terms[-1].area in inside}
    known = records.listed(tx, Listing(Sort.CERTIFICATE, *question.steps.days))
    return [each for each in known if each.area not in inside and each.generator in makers]


def _bought(tx: Transaction, registry: Registry, question: Question, area: str) -> Floats:
    """Electricity that an area bought, by meters and documents, float64[d] [kWh]."""
    its = replace(question, selection=Selection(By.AREA, (), (area,)))
    crossed = crossings(tx, registry, its)
    told = electricity(tx, registry, its, crossed.day)
    found: Floats = np.nansum([*crossed.amount[crossed.rows(IMPORT)], *told.values()], axis=0)
    return np.broadcast_to(found, len(crossed.day))


def instruments(held: Sequence[Held], days: Sequence[date], load: Floats) -> Instruments:
    """Arrays over the rows of `load` float64[r, d] [kWh] and one more: own use that is claimed by others.

    What was made on site was bought from nobody, so that certificates alone may serve that row.
    """
    inside = [overlap(each.record, days) for each in held]
    rows, whole = len(load) + 1, np.nansum(load, axis=0)
    tier = np.array([each.tier for each in held], np.int8)
    consumer = np.ones((len(held), rows), bool)
    consumer[tier != Tier.CERTIFICATE, -1] = False
    return Instruments(
        tuple(f"{each.record.document} ({each.record.sort} {each.record.id})" for each in held),
        tier,
        np.array([each.energy(days, whole) for each in held], np.float64),
        np.array([each.rate for each in held], np.float64),
        np.array([lo for lo, _ in inside], np.int64),
        np.array([hi for _, hi in inside], np.int64),
        consumer,
    )


def overlap(record: Record, days: Sequence[date]) -> tuple[int, int]:
    """First and last position in `days` that a record speaks of, the last excluded."""
    first = max(record.first_day, days[0])
    last = min(record.last_day, days[-1])
    return (first - days[0]).days, (last - days[0]).days + 1


def energy(record: Record, days: Sequence[date]) -> float:
    """A record's MWh on the days asked for [kWh], in proportion to its days."""
    lo, hi = overlap(record, days)
    return record.amount * _KWH_PER_MWH * (hi - lo) / record.days
