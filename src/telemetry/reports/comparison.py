"""A utility's bill beside ours: what differs, line by line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from accounting import bill
from accounting.bill import Line, LineKind
from telemetry.reports.bill import Terms
from telemetry.reports.bill_answer import Month, line_name
from telemetry.reports.billing_month import BillingMonth
from telemetry.reports.names import Name

_WORD = 64
_Number = Annotated[Decimal | None, Meta(description="null: not told")]


class PostedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A line as the utility prints it; feed-in has a negative amount."""

    kind: LineKind
    amount: Annotated[Decimal, Meta(examples=["7440.00"])]
    code: Annotated[str, Meta(max_length=_WORD, description="Band or fund", examples=["valley"])] = ""
    quantity: Decimal | None = None
    price: Decimal | None = None


class PostedBill(Struct, frozen=True, forbid_unknown_fields=True):
    """The utility's bill of a billing month."""

    month: Month
    document: Annotated[str, Meta(min_length=1, max_length=200, description="Its number")]
    lines: Annotated[list[PostedLine], Meta(min_length=1, max_length=200)]
    area: Annotated[str, Meta(max_length=_WORD, description="Default: the park")] | None = None
    total: Decimal | None = None


class Side(Struct, frozen=True):
    """What one of both says."""

    quantity: _Number
    price: _Number
    amount: _Number


class Difference(Struct, frozen=True):
    """One line of both; null where one of them has none."""

    kind: LineKind
    code: str
    name: Name
    theirs: Side | None
    ours: Side | None
    quantity: Annotated[Decimal | None, Meta(description="Theirs less ours")]
    amount: Annotated[Decimal | None, Meta(description="Theirs less ours; a missing line counts as nothing")]
    agrees: Annotated[bool, Meta(description="The same amount to the cent")]
    reasons: Annotated[list[str], Meta(description="Why ours is in doubt")]


class ComparisonAnswer(Struct, frozen=True):
    """The utility's bill beside ours."""

    month: Month
    document: str
    area: str
    currency: str
    lines: list[Difference]
    theirs: Annotated[Decimal, Meta(description="Their total, or the sum of their lines")]
    ours: Annotated[Decimal | None, Meta(description="null: something cannot be told")]
    difference: Annotated[Decimal | None, Meta(description="Theirs less ours")]
    sum_of_their_lines: Annotated[Decimal, Meta(description="Differs from `theirs` where their sum is wrong")]


@dataclass(frozen=True, slots=True)
class _Part:
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    reasons: tuple[str, ...] = ()

    @property
    def side(self) -> Side:
        return Side(self.quantity, self.price, self.amount)


def compared(
    posted: PostedBill, area: str, ours: list[Line], month: BillingMonth, terms: Terms
) -> ComparisonAnswer:
    """Lines are the same by kind and code; several of one are added up."""
    mine = _added((line.kind, line.code, _Part(*_told(line), line.reasons)) for line in ours)
    theirs = _added((one.kind, one.code, _Part(one.quantity, one.price, one.amount)) for one in posted.lines)
    listed = sum((one.amount for one in posted.lines), Decimal(0))
    total, known = posted.total if posted.total is not None else listed, bill.total(ours)
    return ComparisonAnswer(
        month=month.label,
        document=posted.document,
        area=area,
        currency=terms.tariff.currency if terms.tariff else terms.site.currency,
        lines=[
            _difference(kind, code, theirs.get((kind, code)), mine.get((kind, code)), month, terms)
            for kind, code in dict.fromkeys((*mine, *theirs))
        ],
        theirs=total,
        ours=known,
        difference=None if known is None else total - known,
        sum_of_their_lines=listed,
    )


def _told(line: Line) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return line.quantity, line.price, line.amount


def _added(
    parts: Iterable[tuple[LineKind, str, _Part]],
) -> Mapping[tuple[LineKind, str], _Part]:
    found: dict[tuple[LineKind, str], _Part] = {}
    for kind, code, part in parts:
        key = (kind, "" if kind in {LineKind.DEMAND, LineKind.EXCESS} else code)
        before = found.get(key)
        found[key] = part if before is None else _sum(before, part)
    return found


def _sum(one: _Part, other: _Part) -> _Part:
    price = one.price if one.price == other.price else None
    quantity, amount = _plus(one.quantity, other.quantity), _plus(one.amount, other.amount)
    return _Part(quantity, price, amount, tuple(dict.fromkeys((*one.reasons, *other.reasons))))


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _difference(  # noqa: PLR0917  # one line of both
    kind: LineKind, code: str, theirs: _Part | None, ours: _Part | None, month: BillingMonth, terms: Terms
) -> Difference:
    amounts = [Decimal(0) if side is None else side.amount for side in (theirs, ours)]
    amount = None if None in amounts else (amounts[0] or Decimal(0)) - (amounts[1] or Decimal(0))
    quantity = None
    if theirs and ours and theirs.quantity is not None and ours.quantity is not None:
        quantity = theirs.quantity - ours.quantity
    return Difference(
        kind=kind,
        code=code,
        name=line_name(kind, code, month.contract, terms.tariff),
        theirs=theirs.side if theirs else None,
        ours=ours.side if ours else None,
        quantity=quantity,
        amount=amount,
        agrees=amount == 0 and theirs is not None and ours is not None,
        reasons=list(ours.reasons) if ours else [],
    )
