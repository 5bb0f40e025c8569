import numpy as np
import pytest

from accounting.errors import ActivityError
from accounting.totals import by_month, total_by

AMOUNT = np.array([[1.0, 2.0, np.nan, 4.0], [1.0, 1.0, 1.0, 1.0], [np.nan, np.nan, 5.0, 5.0]])
RATES = np.array(
    [[[0.5, 0.5, 0.5, 0.5], [1.0, 2.0, np.nan, 4.0]], [[0.1, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2]]]
)
WHICH = np.array([0, 1, 0])
EDGES = np.array([0, 2, 4])


def test_months_sum_what_has_an_amount_and_a_rate() -> None:
    found = by_month(AMOUNT, RATES, WHICH, EDGES)
    np.testing.assert_allclose(found.kg[0], [[1.5, 2.0], [3.0, 4.0], [0.0, 5.0]])
    np.testing.assert_allclose(found.kg[1], [[0.3, 0.4], [0.4, 0.4], [0.0, 1.0]])
    np.testing.assert_allclose(found.unrated[0], [[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(found.unrated[1], 0.0)
    np.testing.assert_allclose(found.coverage, [[1.0, 0.5], [1.0, 1.0], [0.0, 1.0]])


def test_the_amounts_are_left_as_they_were() -> None:
    before = AMOUNT.copy()
    by_month(AMOUNT, RATES, WHICH, EDGES)
    np.testing.assert_array_equal(AMOUNT, before)


def test_many_meters_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(1)
    amount = np.where(rng.random((50, 96)) < 0.1, np.nan, rng.uniform(0, 10, (50, 96)))
    rates = rng.uniform(0, 1, (2, 3, 96))
    which = rng.integers(0, 3, 50)
    edges = np.array([0, 31, 59, 96])
    found = by_month(amount, rates, which, edges)
    plain = np.nan_to_num(amount[None] * rates[:, which])
    np.testing.assert_allclose(found.kg, np.add.reduceat(plain, edges[:-1], axis=2))
    np.testing.assert_allclose(found.coverage[:, 0], 1 - np.isnan(amount[:, :31]).mean(axis=1))
    scope = rng.integers(0, 2, 50)
    by_scope = total_by(found.kg, scope, 2)
    np.testing.assert_allclose(by_scope[:, 1], found.kg[:, scope == 1].sum(axis=1))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ActivityError, match="do not fit"):
        by_month(AMOUNT, RATES[:, :, :3], WHICH, EDGES)
