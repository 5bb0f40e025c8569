"""Loads of days to come, and how far they can be trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.forecast import LIKE_DAYS, History, back_test, by_kind, follows, warmer

WEEKS = 5
KIND = np.tile(np.arange(7), WEEKS)
COARSE = (KIND >= 5).astype(np.int64)
SHAPE = 100 + 50 * np.sin(np.linspace(0, np.pi, 96))


def history(load: np.ndarray) -> History:
    return History(load, KIND, COARSE)


def weekly() -> np.ndarray:
    return np.outer(1.0 + KIND, SHAPE)


def test_a_load_that_repeats_every_week_is_forecast_without_error() -> None:
    found = history(weekly())
    np.testing.assert_allclose(by_kind(found, 3, 0), 4 * SHAPE)
    error = back_test(found)
    assert error is not None
    assert (error.days, error.mean_kw, error.share, error.bias_kw) == (14, 0.0, 0.0, 0.0)


def test_one_strange_day_does_not_make_the_forecast() -> None:
    load = weekly()
    load[-7] = 10_000.0
    np.testing.assert_allclose(by_kind(history(load), int(KIND[-7]), 0), (1.0 + KIND[-7]) * SHAPE)


def test_the_newest_like_days_count() -> None:
    """Of 20 Mondays with loads 1 to 20 the newest six have 17.5 in their middle."""
    load = np.repeat(np.arange(1.0, 21.0)[:, None], 96, axis=1)
    found = History(load, np.zeros(20, np.int64), np.zeros(20, np.int64))
    assert LIKE_DAYS == 6
    assert by_kind(found, 0, 0)[0] == 17.5


def test_a_kind_without_days_takes_those_that_are_alike_more_coarsely() -> None:
    found = by_kind(history(weekly()), 99, 1)
    np.testing.assert_allclose(found, 6.5 * SHAPE)


def test_nothing_known_is_not_zero() -> None:
    assert np.isnan(by_kind(history(np.full((35, 96), np.nan)), 0, 0)).all()
    assert back_test(history(np.full((35, 96), np.nan))) is None


def test_the_error_is_of_days_that_the_forecast_had_not_seen() -> None:
    """A load that rises by 10 kW a week is forecast from weeks that are lower."""
    load = np.repeat((10.0 * (np.arange(35) // 7) + 100.0)[:, None], 96, axis=1)
    error = back_test(history(load), days=7)
    assert error is not None
    assert error.bias_kw == pytest.approx(-25.0)
    assert error.share == pytest.approx(25 / 140)


def test_warmth_is_found_where_it_was_put() -> None:
    rng = np.random.default_rng(3)
    outside = 15 + 12 * rng.random((35, 96))
    found = follows(history(weekly() + 8.0 * np.maximum(outside - 20, 0)), outside)
    assert found is not None
    assert found.balance_c == 20.0
    assert found.kw_per_k == pytest.approx(8.0)
    np.testing.assert_allclose(warmer(found, np.array([19.0, 22.0]), np.array([25.0, 21.0])), [40.0, -8.0])


def test_warmth_that_explains_nothing_is_none() -> None:
    assert follows(history(weekly()), np.full((35, 96), 5.0)) is None
    assert follows(history(weekly()), np.full((35, 96), np.nan)) is None


@given(st.lists(st.floats(0, 1e4), min_size=7, max_size=7))
def test_a_forecast_lies_between_the_loads_that_it_stands_on(levels: list[float]) -> None:
    load = np.repeat(np.tile(levels, WEEKS)[:, None], 96, axis=1)
    for kind in range(7):
        assert by_kind(history(load), kind, 0) == pytest.approx(np.full(96, levels[kind]))
