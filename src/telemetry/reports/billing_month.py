"""A billing month: its days, who is billed for it, and in which stretches everything stays what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounting.contract import Contract
from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.model import AreaKind, Billing, Role
from telemetry.reports.errors import QueryError
from telemetry.reports.membership import lineage
from telemetry.reports.period import span
from telemetry.storage.registry import RegisteredMeter, Registry

_DAY = timedelta(days=1)
_MONTH = 7
"""Letters of 2026-11."""


@dataclass(frozen=True, slots=True)
class BillingMonth:
    label: str
    first: date
    last: date
    contract: Contract

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days over which meters, contract and price table stay what they are."""

    first: date
    last: date
    crossing: Mapping[str, list[RegisteredMeter]]
    """Area -> electricity meters on its boundary."""


def month_of(billing: Billing | None, label: str | None, today: date) -> BillingMonth:
    """The month asked for, or the one that runs. Raises QueryError."""
    if label is None:
        return _running(billing, today)
    first, _ = span(label, "month")
    if len(label) != _MONTH:
        raise QueryError("month", label, "is not a month such as 2026-11")
    found = _month(billing, first.year, first.month)
    if found.first > today:
        raise QueryError("month", label, f"begins on {found.first} only")
    return found


def _running(billing: Billing | None, today: date) -> BillingMonth:
    found = _month(billing, today.year, today.month)
    after = today.replace(day=1) + timedelta(days=31)
    return found if found.last >= today else _month(billing, after.year, after.month)


def _month(billing: Billing | None, year: int, month: int) -> BillingMonth:
    contract = billing.contract(year, month) if billing else Contract(since=date.min)
    return BillingMonth(f"{year:04}-{month:02}", *contract.month(year, month), contract)


def park(registry: Registry) -> str:
    return next(area.code for area in registry.areas if area.kind == AreaKind.PARK)


def parties(registry: Registry, month: BillingMonth) -> dict[str, str | None]:
    """Who gets a bill -> in whose it stands otherwise; enterprises, and tenants by their own meters."""
    codes = [
        area.code
        for area in registry.areas
        if (area.kind == AreaKind.ENTERPRISE or area.code in month.contract.tenants)
        and (area.removed_at is None or area.removed_at.date() >= month.first)
    ]
    above = {area.code: area.parent for area in registry.areas}
    return {code: next((each for each in lineage(code, above)[1:] if each in codes), None) for code in codes}


def stretches(
    registry: Registry, month: BillingMonth, tariff: Tariff | None, zone: ZoneInfo
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
        yield Stretch(first, following - _DAY, _crossing(electric, datetime.combine(first, time(), zone)))


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
