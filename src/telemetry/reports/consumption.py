"""What each area bought in a billing month by band and price, and what else its bill stands on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.bill import Use
from accounting.grid import SLOT_US, to_us
from accounting.money import decimal
from accounting.prices import PriceTable, Standing
from accounting.tariff import Tariff
from telemetry.reports.billing_month import Stretch
from telemetry.reports.cost_hours import Quarters
from telemetry.reports.energy import utc_days
from telemetry.reports.series import quarter_hours
from telemetry.reports.steps import Step, Steps
from telemetry.storage import bill, energy
from telemetry.storage.cost import PER_UNIT
from telemetry.storage.pool import Transaction

DIGITS = 2
"""Decimals that kWh, kvarh and kW are billed with."""
QUANTITIES = ("energy_import", "energy_export", "reactive_import", "reactive_export")


class Kind(NamedTuple):
    """What makes a line of a bill: a band at a price."""

    band: str
    price: Decimal | None
    source: str
    provisional: bool
    reason: str
    """Why it is provisional or unpriced; '' otherwise."""
    unpriced: bool


@dataclass(slots=True)
class Consumption:
    """Of one area."""

    kwh: dict[Kind, float] = field(default_factory=lambda: defaultdict(float))
    cost: dict[Kind, int] = field(default_factory=lambda: defaultdict(int))
    """In ten thousandths."""
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """By quantity; one that is missing is not known."""
    reactive: set[int] = field(default_factory=set)
    """Meters that show reactive energy."""
    estimated: float = 0.0
    measured: float = 0.0
    """Meter-days."""
    due: float = 0.0
    """Meter-days that should have been measured so far."""

    def uses(self) -> list[Use]:
        return [self._use(kind) for kind in sorted(self.kwh, key=_order)]

    def _use(self, kind: Kind) -> Use:
        cost = None if kind.unpriced else Decimal(self.cost[kind]) / PER_UNIT
        return Use(
            band=kind.band,
            kwh=self.billed(kind),
            price=kind.price,
            cost=cost,
            source=kind.source,
            provisional=kind.provisional,
            reason=kind.reason or None,
        )

    def billed(self, kind: Kind) -> Decimal:
        return decimal(self.kwh.get(kind, 0.0), DIGITS)

    def less(self, other: "Consumption") -> None:
        """Take off what another holds; in no band below nothing."""
        for kind, kwh in other.kwh.items():
            self.kwh[kind] = max(0.0, self.kwh[kind] - kwh)
            self.cost[kind] = _left(self.cost[kind], other.cost[kind]) if self.kwh[kind] else 0
        for name, amount in other.sums.items():
            if name in self.sums:
                self.sums[name] = max(0.0, self.sums[name] - amount)

    @property
    def coverage(self) -> float:
        """Share of the elapsed month that was measured."""
        return min(1.0, self.measured / self.due) if self.due else 0.0


def _left(cost: int, taken: int) -> int:
    """Below nothing only where some hours cost less than that."""
    return cost - taken if min(cost, taken) < 0 else max(0, cost - taken)


def _order(kind: Kind) -> tuple[str, str, str]:
    return kind.source, kind.band, kind.reason


def gathered(
    tx: Transaction, stretches: Iterable[Stretch], areas: Sequence[str], tariff: Tariff | None, today: date
) -> dict[str, Consumption]:
    """Consumption of each of the areas."""
    found = {code: Consumption() for code in areas}
    for stretch in stretches:
        _add(tx, found, stretch, tariff, today)
    return found


def _add(
    tx: Transaction, found: Mapping[str, Consumption], stretch: Stretch, tariff: Tariff | None, today: date
) -> None:
    place = {m.id: found[code] for code, meters in stretch.crossing.items() if code in found for m in meters}
    ids = np.array(sorted(place), np.int32)
    table = _table(tariff, stretch.first)
    bands = bill.bands(tx, ids, stretch.first, stretch.last)
    kinds: dict[_Told, Kind] = {}
    for row, meter_id in enumerate(bands.meter_id.tolist()):
        told = _Told(bands.band[row], bands.tariff[row], bool(bands.provisional[row]), bands.unpriced[row])
        kind = kinds.get(told) or kinds.setdefault(told, _kind(told, tariff, table))
        place[meter_id].kwh[kind] += float(bands.amount[row])
        place[meter_id].cost[kind] += int(bands.cost[row])
    sums = bill.amounts(tx, ids, QUANTITIES, stretch.first, stretch.last)
    for row, meter_id in enumerate(sums.meter_id.tolist()):
        _sum(place[meter_id], meter_id, sums, row)
    elapsed = max(0, (min(stretch.last, today) - stretch.first).days + 1)
    for one in place.values():
        one.due += elapsed


def nested(
    tx: Transaction, stretches: Iterable[Stretch], area: str, tariff: Tariff | None, zone: ZoneInfo
) -> Consumption:
    """What passed an area's meters for those who are billed apart, by the area's own tariff."""
    found = Consumption()
    for stretch in stretches:
        ids = np.array(sorted(meter.id for meter in stretch.nested.get(area, ())), np.int32)
        if len(ids):
            _banded(tx, found, ids, stretch, tariff, zone)
            sums = bill.amounts(tx, ids, QUANTITIES, stretch.first, stretch.last)
            for row, name in enumerate(sums.quantity):
                found.sums[name] += abs(float(sums.amount[row]))
    return found


def _banded(  # noqa: PLR0917  # whose quarter hours are added, and by what
    tx: Transaction,
    found: Consumption,
    ids: NDArray[np.int32],
    stretch: Stretch,
    tariff: Tariff | None,
    zone: ZoneInfo,
) -> None:
    steps = Steps(Step.QUARTER, zone, _edges(stretch, zone))
    days = energy.select(tx, ids, [QUANTITIES[0]], *utc_days(steps.edges))
    rows = quarter_hours(
        days.meter_id, days.quantity, days.day, amount=days.amount, coverage=days.coverage, grid=steps.grid
    )
    table = _table(tariff, stretch.first)
    quarters = Quarters(rows, steps, tariff, np.zeros(len(rows.meter_id), np.bool_))
    for (code, band, provisional, unpriced), amount, money in quarters.kinds():
        kind = _kind(_Told(band, code, provisional, unpriced), tariff, table)
        found.kwh[kind] += float(np.nansum(amount.amount))
        found.cost[kind] += round(float(np.nansum(money.amount)))


def _edges(stretch: Stretch, zone: ZoneInfo) -> NDArray[np.int64]:
    first, end = (
        to_us(datetime.combine(day, time(), zone))
        for day in (stretch.first, stretch.last + timedelta(days=1))
    )
    return np.arange(first, end + 1, SLOT_US, dtype=np.int64)


def _sum(one: Consumption, meter_id: int, sums: bill.QuantitySums, row: int) -> None:
    name = sums.quantity[row]
    one.sums[name] += abs(float(sums.amount[row]))
    if name.startswith("reactive"):
        one.reactive.add(meter_id)
    if name == QUANTITIES[0]:
        one.estimated += float(sums.estimated[row])
        one.measured += float(sums.measured[row])


def _table(tariff: Tariff | None, day: date) -> PriceTable | None:
    """The price table that a day takes."""
    begun = [table for table in tariff.prices if table.valid_from <= day] if tariff else []
    return max(begun, key=lambda table: table.valid_from, default=None)


class _Told(NamedTuple):
    band: str
    code: str
    provisional: bool
    unpriced: str


def _kind(told: _Told, tariff: Tariff | None, table: PriceTable | None) -> Kind:
    band, code, provisional, unpriced = told
    if unpriced:
        return Kind(band, None, code, provisional, unpriced, unpriced=True)
    if tariff is None or table is None or code != tariff.code:
        return Kind(band, None, code, True, f"priced by {code}; another tariff holds now", unpriced=False)  # noqa: FBT003
    price = table.per_kwh(band) if band in table.prices else None
    source = f"{code}, {table.label}"
    return Kind(band, price, source, provisional, _why(table) if provisional else "", unpriced=False)


def _why(table: PriceTable) -> str:
    if table.standing is Standing.PROVISIONAL:
        return "its publisher calls the prices provisional"
    return f"the month's own prices or free days are not known: those of {table.valid_from} go on"
