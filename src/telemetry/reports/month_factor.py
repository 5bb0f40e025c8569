"""What the power factor does to the park's bill of the month that runs, so far and at its end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from accounting.bill import Line, LineKind, known
from accounting.charges import adjusted
from accounting.grid import to_us
from alerts.look import MonthFactor
from telemetry.reports.bill import Terms, bills, start_of
from telemetry.reports.billing_month import BillingMonth, month_of
from telemetry.storage import registry
from telemetry.storage.pool import Transaction

_OF_USE = {LineKind.ENERGY, LineKind.FUND}
_OF_MONTH = {LineKind.DEMAND, LineKind.EXCESS}


def month_factor(tx: Transaction, terms: Terms, now: datetime) -> MonthFactor | None:
    """None where the contract adjusts nothing by it, or the bill cannot tell."""
    month = month_of(terms.site.billing, None, now.astimezone(terms.zone).date())
    if month.contract.power_factor is None:
        return None
    found = bills(tx, registry.read(tx), terms, month, now).park.lines
    line = next((each for each in found if each.kind is LineKind.POWER_FACTOR), None)
    if line is None or line.amount is None or line.price is None or line.quantity is None:
        return None
    whole = adjusted(_charges(found, month, _gone(month, terms, now)), line.price)
    currency = terms.tariff.currency if terms.tariff else ""
    return MonthFactor(float(line.quantity), float(line.amount), float(whole), currency)


def _gone(month: BillingMonth, terms: Terms, now: datetime) -> Decimal:
    """Share of the month."""
    days = (month.first, month.last + timedelta(days=1))
    first, end = (start_of(day, terms.zone) for day in days)
    return Decimal(max(to_us(now) - first, 1)) / (end - first)


def _charges(found: Sequence[Line], month: BillingMonth, gone: Decimal) -> Decimal:
    """What is adjusted at the month's end, should use go on as it went."""
    terms = month.contract.power_factor
    of_use = _OF_USE if terms and terms.with_funds else {LineKind.ENERGY}
    use = known([line for line in found if line.kind in of_use])
    return use / gone + known([line for line in found if line.kind in _OF_MONTH])
