"""Charges of a month: worked examples of the rules, every cell of the table, and what shares out."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charges import (
    Adjustments,
    DemandBasis,
    adjusted,
    adjustments,
    billed,
    contract_demand,
    power_factor,
)
from accounting.errors import ChargeError
from accounting.money import decimal, rounded, shared

Rows = list[dict[str, str]]
D = Decimal
PRICE = D("36.1")


@pytest.fixture(scope="session")
def table(rows: Callable[[str], Rows]) -> Adjustments:
    return adjustments(rows("tariffs/power-factor/cn-83-215.csv"))


@pytest.mark.parametrize(
    ("actual", "first_single", "charge"),
    [
        ("900", False, "36100.00"),
        ("1050", False, "36100.00"),
        ("1050", True, "36100.00"),
        ("1100", False, "39710.00"),
        ("1100", True, "41515.00"),
    ],
)
def test_what_exceeds_the_contract_by_more_than_5_percent_is_charged_double(
    actual: str, first_single: bool, charge: str
) -> None:
    found = contract_demand(D(1000), D(actual), first_single=first_single)
    assert found.charge(PRICE) == D(charge)


def test_a_contract_is_billed_with_40_percent_of_the_capacity_at_least() -> None:
    assert contract_demand(D(300), D(100), capacity=D(1000)).charge(PRICE) == D("14440.00")
    assert contract_demand(D(500), D(100), capacity=D(1000)).charge(PRICE) == D("18050.00")
    assert contract_demand(D(300), D(470), capacity=D(1000)).double == D(50)


def test_capacity_and_measured_demand_are_charged_as_they_are() -> None:
    assert billed(DemandBasis.CAPACITY, capacity=D(1250)).charge(D("22.6")) == D("28250.00")
    assert billed(DemandBasis.ACTUAL, actual=D("1100.5"), contract=D(100)).charge(PRICE) == D("39728.05")
    with pytest.raises(ChargeError, match="charged by actual which is not known"):
        billed(DemandBasis.ACTUAL, contract=D(1000))


def test_every_cell_of_the_table_follows_the_rule(table: Adjustments) -> None:
    """Half a percent a hundredth down to 0.20 below the standard, one down to 0.25 below it, then two."""
    assert len(table.rows) == 176
    for (standard, actual), percent in table.rows.items():
        short = int((standard - actual) * 100)
        if short >= 0:
            expected = D("0.5") * min(short, 20) + min(max(short - 20, 0), 5) + 2 * max(short - 25, 0)
        else:
            least, below = {"0.90": ("-0.75", 0), "0.85": ("-1.10", 5), "0.80": ("-1.30", 10)}[str(standard)]
            tenths = min(-short, below)
            expected = max(D("-0.1") * tenths - D("0.15") * (-short - tenths), D(least))
        assert percent == expected, (standard, actual)
        assert adjusted(D(10000), percent) == percent * 100


def test_a_cell_in_which_sources_differ_is_refused_until_it_is_set(table: Adjustments) -> None:
    with pytest.raises(ChargeError, match=r"no adjustment is known for a power factor of 0\.94"):
        table.percent(D("0.85"), D("0.94"))
    filled = table.with_tail(D("0.85"), D("-1.10"))
    assert {filled.percent(D("0.85"), n * D("0.01")) for n in range(94, 101)} == {D("-1.10")}
    assert filled.percent(D("0.85"), D("0.93")) == D("-0.95")


@pytest.mark.parametrize(
    ("standard", "actual", "percent"),
    [("0.90", "0.39", "67"), ("0.85", "0.30", "75"), ("0.80", "0.00", "125")],
)
def test_below_the_printed_cells_the_rule_goes_on(
    table: Adjustments, standard: str, actual: str, percent: str
) -> None:
    assert table.percent(D(standard), D(actual)) == D(percent)


def test_nothing_has_no_sign() -> None:
    assert [str(part) for part in shared(D("-0.02"), [D(1)] * 3)] == ["-0.01", "-0.01", "0.00"]
    assert str(rounded(D("-0.001"))) == "0.00"


def test_the_power_factor_is_rounded_half_up_in_decimal() -> None:
    assert power_factor(D(1790), D(0)) == D("1.00")
    assert power_factor(D(895), (D(1000000) - D(895) ** 2).sqrt()) == D("0.90")
    assert power_factor(D(60), D(80)) == D("0.60")
    with pytest.raises(ChargeError, match="no energy"):
        power_factor(D(0), D(0))
    assert rounded(D("1.005")) == D("1.01")
    assert rounded(D("-1.005")) == D("-1.01")
    assert decimal(0.1 + 0.2) == D("0.300000")


@given(
    cents=st.integers(-(10**12), 10**12),
    weights=st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=20),
)
def test_shares_add_up_to_the_cent_and_none_is_off_by_one(cents: int, weights: list[Decimal]) -> None:
    total = D(cents) / 100
    if not sum(weights):
        with pytest.raises(ChargeError, match="cannot be shared out"):
            shared(total, weights)
        return
    parts = shared(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < D("0.01")


def test_equal_remainders_go_to_the_first() -> None:
    assert shared(D("100.00"), [D(1)] * 3) == [D("33.34"), D("33.33"), D("33.33")]
    assert shared(D("-0.01"), [D(1), D(2)]) == [D("0.00"), D("-0.01")]
    with pytest.raises(ChargeError, match="cannot be shared out by the weights"):
        shared(D(1), [D(1), D(-1)])
