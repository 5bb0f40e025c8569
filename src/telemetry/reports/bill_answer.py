"""Bills as answers: every line with its quantity, price, source and doubts; money as decimal text."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from accounting import bill as bills
from accounting.bill import Line, LineKind
from accounting.contract import Contract
from accounting.money import decimal
from accounting.tariff import Tariff
from telemetry.reports.bill import Bills, PartyBill, Terms
from telemetry.reports.consumption import DIGITS
from telemetry.reports.maximum import Reached
from telemetry.reports.membership import By
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name, name_of
from telemetry.reports.steps import local_time
from telemetry.storage.registry import Registry

_NAMES: Mapping[LineKind, Name] = {
    LineKind.ENERGY: Name("Energy", "电量电费"),
    LineKind.COMMON: Name("Common use and losses", "公共及损耗分摊"),
    LineKind.DEMAND: Name("Capacity or demand", "基本电费"),
    LineKind.EXCESS: Name("Demand above 105 % of the contract", "超合同需量 105% 部分"),
    LineKind.POWER_FACTOR: Name("Power factor", "功率因数调整电费"),
    LineKind.FUND: Name("Funds and surcharges", "基金及附加"),
    LineKind.FEED_IN: Name("Fed in", "上网电费"),
}
_Amount = Annotated[Decimal | None, Meta(description="null: cannot be told, reasons say why")]
_FORMULA = frozenset("=+-@\t\r")
_COLUMNS = (
    "month",
    "area",
    "name",
    "名称",
    "kind",
    "code",
    "line",
    "项目",
    "quantity",
    "unit",
    "price",
    "amount",
    "currency",
    "source",
    "provisional",
    "reasons",
)
Month = Annotated[str, Meta(description="Billing month", examples=["2026-11"])]


class BillLine(Struct, frozen=True):
    """One line of a bill."""

    kind: LineKind
    code: Annotated[str, Meta(description="Band, fund or what demand is charged by", examples=["valley"])]
    name: Name
    quantity: Annotated[Decimal | None, Meta(description="null: not known")]
    unit: Annotated[str, Meta(examples=["kWh"])]
    price: Annotated[
        Decimal | None, Meta(description="Of a unit, for the power factor in percent; null: not one price")
    ]
    amount: _Amount
    source: Annotated[str, Meta(description="Where the price stands")]
    provisional: bool
    reasons: Annotated[list[str], Meta(description="How it came about, and why it is in doubt")]


class Bill(Struct, frozen=True):
    """What one area has to pay for a billing month."""

    area: str
    name: Name
    total: _Amount
    known: Annotated[Decimal, Meta(description="Sum of the lines that have an amount")]
    kwh: Annotated[float | None, Meta(description="Bought at its boundary; null: nothing is known")]
    estimated_kwh: Annotated[float, Meta(description="Part of kwh that was estimated")]
    coverage: Annotated[float, Meta(description="Share of the month so far that was measured, 0 to 1")]
    provisional: bool
    lines: list[BillLine]
    reasons: Annotated[list[str], Meta(description="Why figures may change, or are missing")]


class MaximumDemand(Struct, frozen=True):
    """The highest demand of the billing month at the billing point."""

    kw: Annotated[float | None, Meta(description="null: no window was measured from end to end")]
    start: Annotated[Moment | None, Meta(description="Of its window")]
    window_s: int
    windows: Annotated[int, Meta(description="In the month so far")]
    unmeasured: Annotated[
        int, Meta(description="Windows that set no maximum, for they were not measured whole")
    ]


class BillAnswer(Struct, frozen=True):
    """One bill of a billing month."""

    month: Month
    first_day: date
    last_day: date
    zone: str
    currency: str
    fictitious: Annotated[bool, Meta(description="The prices are made up for a demonstration")]
    bill: Bill


class BillsAnswer(Struct, frozen=True):
    """The park's bill of a billing month and its parts, which add up to it line by line."""

    month: Month
    first_day: date
    last_day: date
    zone: str
    currency: str
    fictitious: Annotated[bool, Meta(description="The prices are made up for a demonstration")]
    demand: MaximumDemand | None
    park: Bill
    parties: list[Bill]
    apart: Annotated[
        list[str], Meta(description="Enterprises that are billed by a supply contract of their own")
    ]
    unshared: Annotated[Decimal, Meta(description="What nobody can bear")]
    reasons: Annotated[list[str], Meta(description="Why something is not shared")]


def one(found: Bills, area: str, terms: Terms, registry: Registry) -> BillAnswer | None:
    """None when the area gets no bill."""
    party = found.of(area)
    if party is None:
        return None
    return BillAnswer(
        month=found.month.label,
        first_day=found.month.first,
        last_day=found.month.last,
        zone=terms.site.zone,
        currency=_currency(terms),
        fictitious=terms.tariff is not None and terms.tariff.fictitious,
        bill=_bill(party, found.month.contract, terms.tariff, registry),
    )


def all_of(found: Bills, terms: Terms, registry: Registry) -> BillsAnswer:
    contract = found.month.contract
    return BillsAnswer(
        month=found.month.label,
        first_day=found.month.first,
        last_day=found.month.last,
        zone=terms.site.zone,
        currency=_currency(terms),
        fictitious=terms.tariff is not None and terms.tariff.fictitious,
        demand=_maximum(found, terms),
        park=_bill(found.park, contract, terms.tariff, registry),
        parties=[_bill(party, contract, terms.tariff, registry) for party in found.parties],
        apart=sorted(terms.apart),
        unshared=bills.known([line for line, _ in found.unshared]),
        reasons=[reason for _, reason in found.unshared],
    )


def _currency(terms: Terms) -> str:
    return terms.tariff.currency if terms.tariff else terms.site.currency


def _maximum(found: Bills, terms: Terms) -> MaximumDemand | None:
    held = found.month.contract.demand
    if found.demand is None or held is None:
        return None
    return maximum_of(found.demand, held.window_s, terms.zone)


def maximum_of(reached: Reached, window_s: int, zone: ZoneInfo) -> MaximumDemand:
    known = not np.isnan(reached.kw)
    return MaximumDemand(
        kw=float(decimal(reached.kw, DIGITS)) if known else None,
        start=local_time(reached.start_us, zone) if known else None,
        window_s=window_s,
        windows=reached.windows,
        unmeasured=reached.unmeasured,
    )


def _bill(party: PartyBill, contract: Contract, tariff: Tariff | None, registry: Registry) -> Bill:
    kwh = party.used.sums.get("energy_import")
    return Bill(
        area=party.area,
        name=name_of(By.AREA, party.area, registry),
        total=bills.total(party.lines) if party.lines or not party.metered else None,
        known=bills.known(party.lines),
        kwh=None if kwh is None else round(kwh, DIGITS),
        estimated_kwh=round(party.used.estimated, DIGITS),
        coverage=round(party.used.coverage, 4),
        provisional=bool(party.reasons) or any(line.provisional for line in party.lines),
        lines=[_line(line, contract, tariff) for line in party.lines],
        reasons=party.reasons,
    )


def _line(line: Line, contract: Contract, tariff: Tariff | None) -> BillLine:
    return BillLine(
        kind=line.kind,
        code=line.code,
        name=line_name(line.kind, line.code, contract, tariff),
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        amount=line.amount,
        source=line.source,
        provisional=line.provisional,
        reasons=list(line.reasons),
    )


def line_name(kind: LineKind, code: str, contract: Contract, tariff: Tariff | None) -> Name:
    plain = _NAMES[kind]
    labels = {band.code: band.name for band in tariff.bands} if tariff else {}
    labels |= {fund.code: fund.name for fund in contract.funds}
    if code not in labels:
        return plain
    label = labels[code]
    return Name(f"{plain.en}: {label.en}", f"{plain.zh} {label.zh}")


def as_csv(answer: BillsAnswer) -> str:
    """A row a line of every bill, for a spreadsheet; what cannot be told is empty."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for bill in (answer.park, *answer.parties):
        for line in bill.lines:
            money = (line.quantity, line.unit, line.price, line.amount, answer.currency)
            told = (line.source, line.provisional, "; ".join(line.reasons))
            named = (
                bill.area,
                bill.name.en,
                bill.name.zh,
                line.kind.value,
                line.code,
                line.name.en,
                line.name.zh,
            )
            rows.writerow([answer.month, *map(_cell, (*named, *money, *told))])
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is quoted; numbers are not touched."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value
