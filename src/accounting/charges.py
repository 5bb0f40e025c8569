"""Charges that belong to a month and to no hour: for capacity or demand, and for the power factor.

Sources: two-part price NDRC 发改办价格(2016)1583号; power factor (83)水电财字第215号.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from accounting.errors import ChargeError
from accounting.money import rounded

_FREE = Decimal("1.05")
"""Of the contract, up to which nothing is charged double."""
_FLOOR = Decimal("0.4")
"""Of the transformers' capacity, below which no contract is billed [kW per kVA]."""
_PERCENT = Decimal("0.01")
_STEP = Decimal(2)
"""Percent for each hundredth of a low power factor, (83)水电财字第215号."""


class DemandBasis(StrEnum):
    """What a month's capacity is charged by."""

    CAPACITY = "capacity"
    """Of the transformers [kVA]."""
    CONTRACT = "contract"
    """Agreed maximum demand [kW]."""
    ACTUAL = "actual"
    """Measured maximum demand [kW]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What is charged at the single and at the double price."""

    single: Decimal
    double: Decimal = Decimal(0)

    def charge(self, price: Decimal) -> Decimal:
        return rounded((self.single + 2 * self.double) * price)


def contract_demand(
    contract: Decimal, actual: Decimal, *, capacity: Decimal | None = None, first_single: bool = False
) -> Billed:
    """Demand charged for a contract [kW]: what exceeds 105 % of it is charged double.

    `first_single`: the 5 % in between are charged once, as some offices do. `capacity` [kVA] sets the floor
    of 40 %. Raises ChargeError for what cannot be.
    """
    if contract <= 0 or actual < 0:
        raise ChargeError(f"contract demand {contract} kW with an actual one of {actual} kW")
    held = max(contract, _FLOOR * capacity) if capacity else contract
    excess = max(actual - _FREE * held, Decimal(0))
    between = (_FREE - 1) * held if first_single and excess else Decimal(0)
    return Billed(single=held + between, double=excess)


def billed(
    basis: DemandBasis,
    *,
    contract: Decimal | None = None,
    capacity: Decimal | None = None,
    actual: Decimal | None = None,
    first_single: bool = False,
) -> Billed:
    """What the month's capacity is charged for [kVA or kW]. Raises ChargeError for what is missing."""
    wanted = {DemandBasis.CAPACITY: capacity, DemandBasis.CONTRACT: contract, DemandBasis.ACTUAL: actual}
    if wanted[basis] is None:
        raise ChargeError(f"charged by {basis} which is not known")
    if basis is DemandBasis.CONTRACT:
        known = actual if actual is not None else Decimal(0)
        return contract_demand(contract or Decimal(0), known, capacity=capacity, first_single=first_single)
    return Billed(single=wanted[basis] or Decimal(0))


def power_factor(kwh: Decimal, kvarh: Decimal) -> Decimal:
    """Two decimals, half up: kWh / sqrt(kWh² + kvarh²), kvarh being import + |export|. Raises ChargeError."""
    apparent = (kwh * kwh + kvarh * kvarh).sqrt()
    if apparent == 0:
        raise ChargeError("no energy, so no power factor")
    return rounded(abs(kwh) / apparent)


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Percent by which charges change, by standard and power factor, as printed."""

    rows: Mapping[tuple[Decimal, Decimal], Decimal]

    @property
    def standards(self) -> list[Decimal]:
        return sorted({standard for standard, _ in self.rows})

    def percent(self, standard: Decimal, actual: Decimal) -> Decimal:
        """Below the printed cells 2 % more for each hundredth, as the document's note has it.

        Raises ChargeError for another cell that the table does not hold.
        """
        lowest = min((each for held, each in self.rows if held == standard), default=actual)
        if actual < lowest:
            return self.rows[standard, lowest] + (lowest - actual) / _PERCENT * _STEP
        found = self.rows.get((standard, actual))
        if found is None:
            raise ChargeError(
                f"no adjustment is known for a power factor of {actual} by the standard {standard}"
            )
        return found

    def with_tail(self, standard: Decimal, percent: Decimal) -> "Adjustments":
        """The same with the cells above the highest known one filled in, where sources differ."""
        known = [actual for each, actual in self.rows if each == standard]
        steps = range(int(max(known) * 100) + 1, 101)
        return Adjustments({**self.rows, **{(standard, n * _PERCENT): percent for n in steps}})


def adjustments(rows: Iterable[Mapping[str, str]]) -> Adjustments:
    """The table from rows with `standard`, `actual_pf` and `adjustment_percent`. Raises ChargeError."""
    found: dict[tuple[Decimal, Decimal], Decimal] = {}
    for row in rows:
        key = Decimal(row["standard"]), Decimal(row["actual_pf"])
        if key in found:
            raise ChargeError(f"two adjustments for {key[1]} by the standard {key[0]}")
        found[key] = Decimal(row["adjustment_percent"])
    return Adjustments(found)


def adjusted(charges: Decimal, percent: Decimal) -> Decimal:
    """What the adjustment adds to charges; negative: takes off."""
    return rounded(charges * percent * _PERCENT)
