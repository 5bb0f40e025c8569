"""A month's bill line by line: funds, feed-in, what is not known, and how lines are shared out."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.bill import Line, LineKind, Measured, Use, Weights, divided, known, lines, total
from accounting.charges import Adjustments, DemandBasis
from accounting.contract import Contract, DemandTerms, FeedIn, Fund, PowerFactorTerms, SharedBy, Sharing
from accounting.errors import ChargeError, ContractError
from accounting.prices import Label

D = Decimal
TABLES = {"cn-83-215": Adjustments({(D("0.90"), D("0.85")): D("2.50"), (D("0.90"), D("1.00")): D("-0.75")})}
NAME = Label("n", "n")


def _use(kwh: str, price: str | None = "0.50", **rest: Any) -> Use:
    told = {"band": "flat", "cost": None, "source": "s", "provisional": False, "reason": None} | rest
    return Use(kwh=D(kwh), price=None if price is None else D(price), **told)


def _measured(*uses: Use, **rest: Any) -> Measured:
    return Measured(uses=uses, **({"kvarh": None, "exported": None, "demand_kw": None} | rest))


def _contract(**rest: Any) -> Contract:
    return Contract(since=date(2026, 1, 1), **rest)


def test_funds_come_on_every_kwh_and_feed_in_is_taken_off() -> None:
    fund = Fund(code="r", name=NAME, price=D("0.019"), source="f")
    contract = _contract(funds=(fund,), feed_in=FeedIn(price=D("0.453"), source="c"))
    found = lines(contract, _measured(_use("1000"), _use("50", "1.00"), exported=D(100)), {})
    assert [(line.kind, line.amount) for line in found] == [
        (LineKind.ENERGY, D("500.00")),
        (LineKind.ENERGY, D("50.00")),
        (LineKind.FUND, D("19.95")),
        (LineKind.FEED_IN, D("-45.30")),
    ]
    assert total(found) == D("524.65")


@pytest.mark.parametrize(("with_funds", "amount"), [(False, "12.50"), (True, "13.00")])
def test_whether_funds_are_adjusted_by_the_power_factor_is_a_setting(with_funds: bool, amount: str) -> None:
    terms = PowerFactorTerms(standard=D("0.90"), with_funds=with_funds)
    fund = Fund(code="r", name=NAME, price=D("0.02"), source="f")
    measured = _measured(_use("1000"), kvarh=D(620))
    (adjustment,) = [
        line
        for line in lines(_contract(funds=(fund,), power_factor=terms), measured, TABLES)
        if line.kind is LineKind.POWER_FACTOR
    ]
    assert (adjustment.quantity, adjustment.price, adjustment.amount) == (D("0.85"), D("2.50"), D(amount))


def test_a_price_by_the_quarter_hour_is_billed_by_what_its_quarter_hours_cost() -> None:
    (line,) = lines(_contract(), _measured(_use("10", None, cost=D("4.3251"))), {})
    assert (line.price, line.amount) == (None, D("4.33"))


def test_one_line_that_cannot_be_told_leaves_no_total_and_no_adjustment() -> None:
    terms = PowerFactorTerms(standard=D("0.90"))
    measured = _measured(_use("10"), _use("10", None, reason="no table"), kvarh=D(0))
    found = lines(_contract(power_factor=terms), measured, TABLES)
    assert [line.amount for line in found] == [D("5.00"), None, None]
    assert (total(found), known(found)) == (None, D("5.00"))
    assert "some of the charges cannot be told" in found[-1].reasons


def test_a_contract_is_charged_even_where_its_excess_is_not_known() -> None:
    terms = DemandTerms(basis=DemandBasis.CONTRACT, price=D("36.1"), source="c", contract_kw=D(1000))
    (line,) = lines(_contract(demand=terms), _measured(), {})
    assert (line.amount, line.provisional) == (D("36100.00"), True)
    assert "maximum is not known" in line.reasons[0]


def _energy(kwh: str, amount: str | None) -> Line:
    money = None if amount is None else D(amount)
    return Line(kind=LineKind.ENERGY, quantity=D(kwh), unit="kWh", price=D(1), amount=money)


def test_neighbours_who_supplied_one_another_are_billed_in_proportion() -> None:
    parts = divided(_energy("100.00", "100.00"), [D(90), D(30)], Weights([D(1), D(1)], [D(1), D(1)]))
    assert [[(line.quantity, line.amount) for line in part] for part in parts] == [
        [(D("75.00"), D("75.00"))],
        [(D("25.00"), D("25.00"))],
    ]


def test_what_has_no_price_is_shared_by_quantity_and_stays_without_an_amount() -> None:
    parts = divided(_energy("100.00", None), [D(60), D(30)], Weights([D(1), D(1)], [D(1), D(1)]))
    assert [[(line.kind.value, line.quantity, line.amount) for line in part] for part in parts] == [
        [("energy", D(60), None), ("common", D("5.00"), None)],
        [("energy", D(30), None), ("common", D("5.00"), None)],
    ]


def test_a_part_that_nobody_can_bear_is_refused() -> None:
    with pytest.raises(ChargeError, match="cannot be shared out"):
        divided(_energy("100.00", "50.00"), [D(60)], Weights([D(0)], [D(0)]))


@settings(max_examples=100, deadline=None)
@given(
    cents=st.integers(0, 10**9),
    own=st.lists(st.decimals(0, 1000, places=2), min_size=1, max_size=8),
    rest=st.decimals(-500, 500, places=2),
    weights=st.lists(st.integers(1, 100), min_size=8, max_size=8),
)
def test_parts_add_up_in_kwh_and_cents(
    cents: int, own: list[Decimal], rest: Decimal, weights: list[int]
) -> None:
    kwh = max(sum(own, D(0)) + rest, D("0.01"))
    if not sum(own) and rest < 0:
        return
    parts = [D(weight) for weight in weights[: len(own)]]
    line = _energy(str(kwh), str(D(cents) / 100))
    found = [each for part in divided(line, own, Weights(parts, parts)) for each in part]
    assert known(found) == line.amount
    assert sum(each.quantity or D(0) for each in found) == line.quantity


def test_billing_months_run_by_reading_day() -> None:
    assert _contract().month(2024, 2) == (date(2024, 2, 1), date(2024, 2, 29))
    assert _contract().month(2026, 12) == (date(2026, 12, 1), date(2026, 12, 31))
    assert _contract(reading_day=25).month(2026, 1) == (date(2025, 12, 25), date(2026, 1, 24))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"window_s": 1000}, "window_s 1000 is not made of whole 900 s"),
        ({"sliding_s": 7}, "no part of 900 s"),
        ({"contract_kw": D(0)}, "contract_kw 0 is not above 0"),
    ],
)
def test_terms_that_cannot_be_measured_by_are_refused(wrong: dict[str, Any], reason: str) -> None:
    terms: dict[str, Any] = {"basis": DemandBasis.ACTUAL, "price": D(1), "source": "s"}
    with pytest.raises(ContractError, match=reason):
        DemandTerms(**(terms | wrong))


def test_sharing_by_floor_gives_nothing_to_who_has_none() -> None:
    sharing = Sharing(by=SharedBy.AREA, area={"a": D(10)})
    bought = {"a": D(1), "b": D(2)}
    assert sharing.weights(sharing.by, bought) == {"a": D(10), "b": D(0)}
    assert sharing.weights(SharedBy.KWH, bought) == bought
    with pytest.raises(ContractError, match="below 0"):
        Sharing(by=SharedBy.AREA, area={"a": D(10), "b": D(-1)})
