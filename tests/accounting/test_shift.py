"""Which loads could have run at other hours, and what that would have saved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.shift import Days, shifts

DAYS = 20
PRICE = np.full(96, 0.7)
PRICE[:32] = 0.3
PRICE[40:48] = 1.2
DEAR = PRICE > 1


def days(*loads: np.ndarray) -> Days:
    return Days(np.array(loads), np.tile(PRICE, (DAYS, 1)), np.tile(DEAR, (DAYS, 1)))


def block(first: int, end: int, kw: float = 100.0, rest: float = 0.0) -> np.ndarray:
    one = np.full(96, rest)
    one[first:end] = kw
    return np.tile(one, (DAYS, 1))


def test_a_regular_block_in_the_peak_moves_to_the_valley() -> None:
    """100 kW from 10 to 12 on 20 days: 4 000 kWh at 1.2 that could have cost 0.3."""
    [found] = shifts(days(block(40, 48)))
    assert (found.load, found.first, found.end, found.days) == (0, 40, 48, DAYS)
    assert -40 <= found.by <= -16
    assert found.energy_kwh == pytest.approx(4000)
    assert found.dear_kwh == pytest.approx(4000)
    assert found.saves == pytest.approx(3600)
    assert found.regularity == pytest.approx(1)


def test_what_it_draws_at_rest_stays_where_it_is() -> None:
    [found] = shifts(days(block(40, 48, kw=100, rest=20)))
    assert found.energy_kwh == pytest.approx(3200)
    assert found.saves == pytest.approx(3200 * 0.9)


def test_the_largest_saving_stands_first() -> None:
    assert [each.load for each in shifts(days(block(40, 44), block(40, 48)))] == [1, 0]


@pytest.mark.parametrize(
    "load",
    [
        block(0, 8),
        np.full((DAYS, 96), 100.0),
        block(20, 90),
        block(40, 48, kw=100, rest=60),
        np.full((DAYS, 96), np.nan),
        np.zeros((DAYS, 96)),
    ],
    ids=["cheap already", "always on", "too long", "not switched", "unknown", "idle"],
)
def test_loads_that_have_nowhere_to_go(load: np.ndarray) -> None:
    assert shifts(days(load)) == []


def test_a_park_without_loads_has_nothing_to_move() -> None:
    assert shifts(Days(np.empty((0, DAYS, 96)), np.tile(PRICE, (DAYS, 1)), np.tile(DEAR, (DAYS, 1)))) == []


def test_a_load_that_runs_at_any_hour_is_not_regular() -> None:
    load = np.zeros((DAYS, 96))
    for day in range(DAYS):
        load[day, (7 * day) % 80 : (7 * day) % 80 + 8] = 100.0
    assert shifts(days(load)) == []


def test_a_load_seen_on_too_few_days_is_left_alone() -> None:
    load = np.zeros((DAYS, 96))
    load[:4] = block(40, 48)[:4]
    assert shifts(days(load)) == []


def test_days_without_a_price_save_nothing() -> None:
    unpriced = Days(np.array([block(40, 48)]), np.full((DAYS, 96), np.nan), np.tile(DEAR, (DAYS, 1)))
    assert shifts(unpriced) == []


@given(st.integers(0, 80), st.integers(1, 16), st.floats(1, 1e3))
def test_a_saving_is_what_the_same_energy_costs_less(first: int, length: int, kw: float) -> None:
    for each in shifts(days(block(first, first + length, kw))):
        was, now = np.arange(each.first, each.end), np.arange(each.first, each.end) + each.by
        assert each.saves == pytest.approx(DAYS * kw / 4 * (PRICE[was].sum() - PRICE[now].sum()))
        assert now[0] >= 0
        assert now[-1] < 96
