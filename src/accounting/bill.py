"""A month's bill: lines of quantity, price and amount, and their parts, which add up to the cent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from accounting.charges import Adjustments, DemandBasis, adjusted, billed, power_factor
from accounting.contract import Contract, DemandTerms, PowerFactorTerms
from accounting.errors import ChargeError
from accounting.money import CENT, rounded, shared

_NOTHING = Decimal(0)


class LineKind(StrEnum):
    ENERGY = "energy"
    """Bought in one band at one price."""
    COMMON = "common"
    """A part of what nobody bought alone: common use, losses."""
    DEMAND = "demand"
    """Capacity or maximum demand."""
    EXCESS = "excess"
    """Demand above 105 % of the contract, charged double."""
    POWER_FACTOR = "power_factor"
    FUND = "fund"
    FEED_IN = "feed_in"


OF_USE = frozenset({LineKind.ENERGY, LineKind.FUND, LineKind.FEED_IN})
"""Lines that are shared out by what each used or fed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    kind: LineKind
    code: str = ""
    """Band or fund."""
    quantity: Decimal | None
    unit: str
    price: Decimal | None = None
    """Of one unit; None: not one price, or none."""
    amount: Decimal | None
    """None: cannot be told, `reasons` say why."""
    source: str = ""
    provisional: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Energy bought in one band at one price."""

    band: str
    kwh: Decimal
    price: Decimal | None
    cost: Decimal | None
    """Where it has not one price, what its quarter hours cost; None: unpriced."""
    source: str
    provisional: bool
    reason: str | None
    """Why it is unpriced or provisional."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the billing point shows for a month; None: not known."""

    uses: Sequence[Use]
    kvarh: Decimal | None
    exported: Decimal | None
    demand_kw: Decimal | None

    @property
    def kwh(self) -> Decimal:
        return sum((use.kwh for use in self.uses), _NOTHING)


def total(lines: Sequence[Line]) -> Decimal | None:
    """None when a line's amount cannot be told."""
    amounts = [line.amount for line in lines]
    return None if None in amounts else known(lines)


def known(lines: Sequence[Line]) -> Decimal:
    """Sum of the amounts that can be told."""
    return sum((line.amount for line in lines if line.amount is not None), Decimal("0.00"))


def lines(contract: Contract, measured: Measured, tables: Mapping[str, Adjustments]) -> list[Line]:
    """The bill for a billing point. What cannot be told stays without an amount, with the reason."""
    energy = [_energy(use) for use in measured.uses]
    demand = list(_demand(contract.demand, measured.demand_kw)) if contract.demand else []
    funds = [_per_kwh(LineKind.FUND, f.code, measured.kwh, f.price, f.source) for f in contract.funds]
    found = [*energy, *demand, *funds]
    if contract.power_factor:
        base = found if contract.power_factor.with_funds else [*energy, *demand]
        found.append(_adjustment(contract.power_factor, base, measured, tables))
    if contract.feed_in and measured.exported:
        terms = contract.feed_in
        found.append(_per_kwh(LineKind.FEED_IN, "", measured.exported, -terms.price, terms.source))
    return found


def _energy(use: Use) -> Line:
    amount = use.cost if use.price is None else use.kwh * use.price
    return Line(
        kind=LineKind.ENERGY,
        code=use.band,
        quantity=use.kwh,
        unit="kWh",
        price=use.price,
        amount=None if amount is None else rounded(amount),
        source=use.source,
        provisional=use.provisional,
        reasons=() if use.reason is None else (use.reason,),
    )


def _per_kwh(kind: LineKind, code: str, kwh: Decimal, price: Decimal, source: str) -> Line:
    amount = rounded(kwh * price)
    return Line(kind=kind, code=code, quantity=kwh, unit="kWh", price=price, amount=amount, source=source)


def _demand(terms: DemandTerms, actual: Decimal | None) -> Iterator[Line]:
    unit = "kVA" if terms.basis is DemandBasis.CAPACITY else "kW"
    unseen = actual is None and terms.basis is not DemandBasis.CAPACITY
    reasons = ("no window of the month was measured from end to end: its maximum is not known",) * unseen
    plain = Line(
        kind=LineKind.DEMAND,
        code=terms.basis.value,
        quantity=None,
        unit=unit,
        price=terms.price,
        amount=None,
        source=terms.source,
        provisional=unseen,
        reasons=reasons,
    )
    if unseen and terms.basis is DemandBasis.ACTUAL:
        yield plain
        return
    found = billed(
        terms.basis,
        contract=terms.contract_kw,
        capacity=terms.capacity_kva,
        actual=actual,
        first_single=terms.first_5_percent_single,
    )
    whole = found.charge(terms.price)
    single = rounded(found.single * terms.price)
    yield replace(plain, quantity=found.single, amount=single)
    if found.double:
        yield replace(
            plain,
            kind=LineKind.EXCESS,
            quantity=found.double,
            price=2 * terms.price,
            amount=whole - single,
        )


def _adjustment(
    terms: PowerFactorTerms, base: Sequence[Line], measured: Measured, tables: Mapping[str, Adjustments]
) -> Line:
    plain = Line(
        kind=LineKind.POWER_FACTOR,
        quantity=None,
        unit="",
        amount=None,
        source=f"{terms.table}, standard {terms.standard}",
        provisional=any(line.provisional for line in base),
    )
    if measured.kvarh is None:
        return replace(plain, reasons=("no reactive energy is metered at the billing point",))
    charges = total(base)
    try:
        actual = power_factor(measured.kwh, measured.kvarh)
        table = tables[terms.table]
        if terms.highest_percent is not None:
            table = table.with_tail(terms.standard, terms.highest_percent)
        percent = table.percent(terms.standard, actual)
    except ChargeError as error:
        return replace(plain, reasons=(str(error),))
    told = f"power factor {actual}: {percent} % of {known(base)}"
    if charges is None:
        return replace(plain, quantity=actual, reasons=(told, "some of the charges cannot be told"))
    return replace(plain, quantity=actual, price=percent, amount=adjusted(charges, percent), reasons=(told,))


@dataclass(frozen=True, slots=True)
class Weights:
    """By which the parties share, in their order."""

    common: Sequence[Decimal]
    """What nobody used alone."""
    charges: Sequence[Decimal]
    """Demand, power factor."""


def divided(line: Line, own: Sequence[Decimal], weights: Weights) -> list[list[Line]]:
    """Each party's lines of one line: what it used alone, and its part of the rest.

    `own` counts for lines of use. Where the parties used more than the line bills, for they supplied one
    another, all are billed in proportion. Raises ChargeError where a part has nobody to bear it.
    """
    if line.kind not in OF_USE:
        return [_only(part) for part in _split(line, weights.charges, line.quantity)]
    billed_ = line.quantity or _NOTHING
    used = sum(own, _NOTHING)
    if used > billed_:
        return [_only(part) for part in _split(line, own, billed_)]
    amounts = _amounts(line.amount, [*own, billed_ - used])
    mine = [replace(line, quantity=q, amount=m) for q, m in zip(own, amounts[:-1], strict=True)]
    rest = replace(
        line,
        kind=LineKind.COMMON if line.kind is LineKind.ENERGY else line.kind,
        quantity=billed_ - used,
        amount=amounts[-1],
        reasons=(*line.reasons, "common use and losses"),
    )
    theirs = _split(rest, weights.common, rest.quantity) if rest.quantity else [None] * len(own)
    return [[*_only(one), *_only(other)] for one, other in zip(mine, theirs, strict=True)]


def _only(line: Line | None) -> list[Line]:
    return [] if line is None or (not line.quantity and not line.amount and line.unit) else [line]


def _split(line: Line, weights: Sequence[Decimal], quantity: Decimal | None) -> list[Line | None]:
    amounts = _amounts(line.amount, weights)
    quantities: Sequence[Decimal | None] = [quantity] * len(weights)
    if quantity is not None and line.unit:
        quantities = shared(quantity, weights, CENT)
    return [
        replace(line, quantity=q, amount=m) if weight else None
        for weight, q, m in zip(weights, quantities, amounts, strict=True)
    ]


def _amounts(amount: Decimal | None, weights: Sequence[Decimal]) -> list[Decimal | None]:
    if amount is None:
        return [None] * len(weights)
    return [*shared(amount, weights)] if amount or any(weights) else [_NOTHING] * len(weights)
