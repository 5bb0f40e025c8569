"""The bills of a month: the park's, and those of its enterprises and tenants, which add up to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.bill import OF_USE, Line, LineKind, Measured, Weights, divided, lines
from accounting.charges import Adjustments
from accounting.errors import ChargeError
from accounting.grid import Grid, floor_slot, to_us
from accounting.money import decimal
from accounting.tariff import Tariff
from telemetry.model import Site
from telemetry.reports.billing_month import BillingMonth, Stretch, park, parties, stretches
from telemetry.reports.consumption import DIGITS, QUANTITIES, Consumption, gathered, nested
from telemetry.reports.maximum import Reached, imported, reached
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a park is billed by."""

    site: Site
    tariff: Tariff | None
    adjustments: Mapping[str, Adjustments]
    own: str | None = None
    """The enterprise whose own supply contract it is; None: the park's."""
    apart: frozenset[str] = frozenset()
    """Enterprises that are not under the park's."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)


@dataclass(frozen=True, slots=True)
class PartyBill:
    area: str
    lines: list[Line]
    used: Consumption
    reasons: list[str]
    """Why figures may change, or are missing."""
    metered: bool = True
    """Whether a meter stood at its boundary in the month."""


@dataclass(frozen=True, slots=True)
class Bills:
    month: BillingMonth
    park: PartyBill
    """Or that of an enterprise with a supply contract of its own."""
    parties: list[PartyBill]
    unshared: list[tuple[Line, str]]
    """Lines that nobody can bear, and why."""
    demand: Reached | None

    def of(self, area: str) -> PartyBill | None:
        """None: the area gets no bill."""
        return next((each for each in (*self.parties, self.park) if each.area == area), None)


def bills(tx: Transaction, registry: Registry, terms: Terms, month: BillingMonth, now: datetime) -> Bills:
    """The park's bill and its parts."""
    parts = list(stretches(registry, month, terms.tariff, terms.zone, terms.apart))
    whole, below = terms.own or park(registry), parties(registry, month, terms.own, terms.apart)
    today = now.astimezone(terms.zone).date()
    used = gathered(tx, parts, [whole, *below], terms.tariff, today)
    used[whole].less(nested(tx, parts, whole, terms.tariff, terms.zone))
    demand = _demand(tx, parts, whole, month, terms.zone, now)
    own = lines(month.contract, _measured(used[whole], parts, whole, demand), terms.adjustments)
    shares, unshared = _shared(own, used, below, month)
    metered = {code for part in parts for code in part.crossing}
    return Bills(
        month,
        PartyBill(whole, own, used[whole], [*_why(used[whole], month, today), *_unseen(demand)]),
        [_party(code, shares[code], used[code], month, today, code in metered) for code in below],
        unshared,
        demand,
    )


def _party(  # noqa: PLR0917  # what its bill stands on
    code: str,
    share: list[Line],
    used: Consumption,
    month: BillingMonth,
    today: date,
    metered: bool,  # noqa: FBT001
) -> PartyBill:
    reasons = _why(used, month, today) if metered else ["no meter stood at its boundary in this month"]
    return PartyBill(code, share, used, reasons, metered)


def _measured(used: Consumption, parts: list[Stretch], whole: str, demand: Reached | None) -> Measured:
    meters = {meter.id for part in parts for meter in part.crossing.get(whole, ())}
    kvarh = sum(used.sums.get(name, 0.0) for name in QUANTITIES[2:])
    known = bool(meters) and meters <= used.reactive
    exported = used.sums.get("energy_export")
    return Measured(
        uses=used.uses(),
        kvarh=decimal(kvarh, DIGITS) if known else None,
        exported=None if exported is None else decimal(exported, DIGITS),
        demand_kw=None if demand is None or np.isnan(demand.kw) else decimal(demand.kw, DIGITS),
    )


def _demand(  # noqa: PLR0917  # where, when and by what it is measured
    tx: Transaction, parts: list[Stretch], whole: str, month: BillingMonth, zone: ZoneInfo, now: datetime
) -> Reached | None:
    terms = month.contract.demand
    kwh = None if terms is None else imported_in(tx, parts, whole, zone, now, terms.step_s)
    return None if terms is None or kwh is None else reached(kwh, start_of(parts[0].first, zone), terms)


def imported_in(  # noqa: PLR0917  # where, when and by what it is measured
    tx: Transaction, parts: list[Stretch], area: str, zone: ZoneInfo, now: datetime, step_s: int
) -> NDArray[np.float64] | None:
    """Import of an area so far by intervals, as `imported` tells it; None before the first has passed."""
    found = []
    for part in parts:
        grid = _grid(part, zone, now)
        if grid.count:
            kwh = imported(tx, part.crossing.get(area, []), grid, step_s)
            behind = part.nested.get(area, [])
            found.append(np.maximum(kwh - imported(tx, behind, grid, step_s), 0.0) if behind else kwh)
    return np.concatenate(found) if found else None


def _grid(part: Stretch, zone: ZoneInfo, now: datetime) -> Grid:
    end = min(start_of(part.last + timedelta(days=1), zone), floor_slot(to_us(now)))
    return Grid.covering(start_of(part.first, zone), end)


def start_of(day: date, zone: ZoneInfo) -> int:
    return to_us(datetime.combine(day, time(), zone))


def _shared(
    own: list[Line], used: Mapping[str, Consumption], below: Mapping[str, str | None], month: BillingMonth
) -> tuple[dict[str, list[Line]], list[tuple[Line, str]]]:
    codes = list(below)
    nets = {code: _net(code, used, below) for code in codes}
    kwh = {code: sum(net.values(), _ZERO) for code, net in nets.items()}
    sharing = month.contract.sharing
    weights = Weights(
        list(sharing.weights(sharing.by, kwh).values()),
        list(sharing.weights(sharing.charges_by, kwh).values()),
    )
    found: dict[str, list[Line]] = {code: [] for code in codes}
    unshared = []
    for line in own:
        try:
            parts = divided(line, _own(line, codes, used, nets, kwh), weights)
        except ChargeError as error:
            unshared.append((line, str(error)))
            continue
        for code, part in zip(codes, parts, strict=True):
            found[code].extend(part)
    return found, unshared


_Net = dict[tuple[str, Decimal | None, str, str], Decimal]


def _net(code: str, used: Mapping[str, Consumption], below: Mapping[str, str | None]) -> _Net:
    """What a party bought by line, without what tenants inside it did; never below nothing."""
    tenants = [other for other, above in below.items() if above == code]
    found: _Net = {}
    for kind in used[code].kwh:
        mine = used[code].billed(kind) - sum((used[each].billed(kind) for each in tenants), _ZERO)
        key = (kind.band, kind.price, kind.source, kind.reason)
        found[key] = found.get(key, _ZERO) + max(mine, _ZERO)
    return found


def _own(
    line: Line,
    codes: list[str],
    used: Mapping[str, Consumption],
    nets: Mapping[str, _Net],
    kwh: Mapping[str, Decimal],
) -> list[Decimal]:
    """What each party used of a line's quantity."""
    if line.kind not in OF_USE:
        return []
    if line.kind is LineKind.FUND:
        return [kwh[code] for code in codes]
    if line.kind is LineKind.FEED_IN:
        return [decimal(used[code].sums.get("energy_export", 0.0), DIGITS) for code in codes]
    key = (line.code, line.price, line.source, next(iter(line.reasons), ""))
    return [nets[code].get(key, _ZERO) for code in codes]


def _why(used: Consumption, month: BillingMonth, today: date) -> list[str]:
    found = []
    if today <= month.last:
        found.append(f"the billing month runs until {month.last}")
    if not used.measured:
        found.append("no energy was measured at its boundary in this month")
    elif used.coverage < 1 - 1e-6:
        found.append(
            f"{100 * (1 - used.coverage):.2f} % of the time so far was not measured;"
            f" {used.estimated:.2f} kWh are estimated"
        )
    return found


def _unseen(demand: Reached | None) -> list[str]:
    if demand is None or not demand.unmeasured:
        return []
    return [f"{demand.unmeasured} of {demand.windows} windows were not measured whole and set no maximum"]
