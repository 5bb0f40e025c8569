"""A billing month: its days, who is billed for it, and in which stretches everything stays what it is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounting.contract import Contract
from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.model import AreaKind, Role
from telemetry.reports import period
from telemetry.reports.errors import QueryError
from telemetry.reports.membership import lineage
from telemetry.storage.registry import RegisteredMeter, Registry
from telemetry.supply import Supply

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BillingMonth:
    label: str
    first: date
    last: date
    contract: Contract

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def span_of(month: BillingMonth, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From its first moment to that after its last."""
    first, after = month.first, month.last + _DAY
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days over which meters, contract and price table stay what they are."""

    first: date
    last: date
    crossing: Mapping[str, list[RegisteredMeter]]
    """Area -> electricity meters on its boundary."""
    nested: Mapping[str, list[RegisteredMeter]] = field(default_factory=dict)
    """Area -> meters behind those of its boundary that a utility bills apart, and takes off its bill."""


def month_of(billing: Supply | None, label: str | None, today: date) -> BillingMonth:
    """The month asked for, or the one that runs. Raises QueryError."""
    if label is None:
        return _running(billing, today)
    first = period.month(label, "month")
    found = _month(billing, first.year, first.month)
    if found.first > today:
        raise QueryError("month", label, f"begins on {found.first} only")
    return found


def _running(billing: Supply | None, today: date) -> BillingMonth:
    found = _month(billing, today.year, today.month)
    after = today.replace(day=1) + timedelta(days=31)
    return found if found.last >= today else _month(billing, after.year, after.month)


def _month(billing: Supply | None, year: int, month: int) -> BillingMonth:
    unbilled = Contract(since=date.min)
    contract, first, last = (
        billing.month(year, month) if billing else (unbilled, *unbilled.month(year, month))
    )
    return BillingMonth(f"{year:04}-{month:02}", first, last, contract)


def park(registry: Registry) -> str:
    return next(area.code for area in registry.areas if area.kind == AreaKind.PARK)


def parties(
    registry: Registry, month: BillingMonth, own: str | None = None, apart: Collection[str] = ()
) -> dict[str, str | None]:
    """Who gets a bill -> in whose it stands otherwise; enterprises, and tenants by their own meters.

    `own` is the enterprise whose own contract it is, None: the park's, which those `apart` are not under.
    """
    codes = [
        area.code
        for area in registry.areas
        if (
            (area.code == own if own else area.kind == AreaKind.ENTERPRISE)
            or area.code in month.contract.tenants
        )
        and area.code not in apart
        and (area.removed_at is None or area.removed_at.date() >= month.first)
    ]
    above = {area.code: area.parent for area in registry.areas}
    return {code: next((each for each in lineage(code, above)[1:] if each in codes), None) for code in codes}


def stretches(  # a month of a park, and who is billed apart
    registry: Registry,
    month: BillingMonth,
    tariff: Tariff | None,
    zone: ZoneInfo,
    apart: Collection[str] = (),
) -> Iterator[Stretch]:
    """The month cut wherever a meter or a price table changes."""
    electric = [meter for meter in registry.meters if meter.carrier == Carrier.ELECTRICITY]
    starts = {month.first, month.last + _DAY}
    changes = {_from_day(term.valid_from, zone) for meter in electric for term in meter.terms[1:]}
    changes |= {_from_day(meter.removed_at, zone) for meter in electric if meter.removed_at}
    for table in tariff.prices if tariff else ():
        changes |= {table.valid_from} | ({table.valid_to + _DAY} if table.valid_to else set())
    starts |= {day for day in changes if month.first < day <= month.last}
    for first, following in pairwise(sorted(starts)):
        begun = datetime.combine(first, time(), zone)
        crossing = _crossing(electric, begun)
        behind = below(electric, crossing.get(park(registry), ()), begun)
        nested = [meter for code in apart for meter in crossing.get(code, ()) if meter.code in behind]
        yield Stretch(first, following - _DAY, crossing, {park(registry): nested})


def below(
    meters: Sequence[RegisteredMeter], billing: Sequence[RegisteredMeter], moment: datetime
) -> set[str]:
    """Codes of meters that have one of some others above them."""
    above = {meter.code: meter.at(moment).parent for meter in meters}
    some = {meter.code for meter in billing}
    return {code for code in above if some.intersection(lineage(code, above)[1:])}


def _from_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first local day that begins at or after a moment."""
    local = moment.astimezone(zone)
    return local.date() if local.time() == time() else local.date() + _DAY


def _crossing(meters: list[RegisteredMeter], moment: datetime) -> dict[str, list[RegisteredMeter]]:
    found: dict[str, list[RegisteredMeter]] = {}
    for meter in meters:
        term = meter.at(moment)
        if term.role == Role.BOUNDARY and (meter.removed_at is None or meter.removed_at > moment):
            found.setdefault(term.area, []).append(meter)
    return found
