"""Remainders, and what a meter's class leaves open."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from accounting.balance import Balance, Flows, Verdict, compare, judge, tolerance

Floats = NDArray[np.float64]
_AMOUNTS = st.floats(0, 1e6) | st.just(np.nan)


def flows(inwards: object, outwards: object = None, *, coverage: object = None, sign: object = None) -> Flows:
    shown = np.array(inwards, np.float64)
    back = np.zeros(shown.shape) if outwards is None else np.array(outwards, np.float64)
    measured = np.ones(shown.shape) if coverage is None else np.array(coverage, np.float64)
    return Flows(shown, back, measured, np.ones(len(shown)) if sign is None else np.array(sign, np.float64))


def balanced(
    above: Flows, below: Flows, *firsts: int, accuracy: object = 1.0, loss_share: object = 0.0
) -> Balance:
    """Classes and shares as one number, one a meter or one a cell."""
    shape = (len(above.sign) + len(below.sign), above.inwards.shape[1])
    classes, shares = (np.array(each, np.float64) for each in (accuracy, loss_share))
    return compare(
        above,
        below,
        np.ones(shape[1], bool),
        np.array(firsts or (0,), np.int64),
        accuracy=np.broadcast_to(classes[:, None] if classes.ndim == 1 else classes, shape),
        loss_share=np.broadcast_to(shares, above.inwards.shape),
    )


@given(
    data=st.data(),
    cells=st.integers(1, 40),
    meters=st.integers(1, 6),
)
def test_parts_and_remainder_come_to_the_total_in_every_interval(
    data: st.DataObject, cells: int, meters: int
) -> None:
    below = flows(data.draw(arrays(np.float64, (meters, cells), elements=_AMOUNTS)))
    above = flows(
        data.draw(arrays(np.float64, (2, cells), elements=_AMOUNTS)),
        data.draw(arrays(np.float64, (2, cells), elements=_AMOUNTS)),
    )
    firsts = sorted({0, *data.draw(st.sets(st.integers(0, cells - 1), max_size=4))})
    found, whole = balanced(above, below, *firsts), balanced(above, below)
    np.testing.assert_allclose(found.parts.sum(axis=0) + found.remainder, found.total, rtol=1e-9, atol=1e-3)
    for one, all_ in ((found.total, whole.total), (found.remainder, whole.remainder)):
        assert one.sum() == pytest.approx(all_[0], rel=1e-9, abs=1e-3)
    known = ~np.isnan(above.net.sum(axis=0) + below.net.sum(axis=0))
    assert found.compared.sum() == known.sum()
    assert found.total.sum() == pytest.approx(above.net[:, known].sum(), rel=1e-9, abs=1e-3)


def test_a_cell_that_one_meter_lacks_is_left_out_on_both_sides() -> None:
    found = balanced(flows([[10, 10, 10]]), flows([[6, np.nan, 6], [3, 3, 3]]))
    assert (found.total.item(), found.remainder.item(), found.compared.item()) == (20, 2, 2)
    nothing = balanced(flows([[10, 10]]), flows([[np.nan, np.nan]]))
    assert nothing.compared.item() == 0


def test_generation_behind_a_boundary_comes_in_too() -> None:
    found = balanced(flows([[60]], [[20]]), flows([[0], [95]], [[70], [0]]))
    assert found.total.item() == 40
    assert found.entering.item() == 130
    assert found.remainder.item() == 15
    assert found.share.item() == pytest.approx(15 / 130)


def test_nothing_came_in_and_nothing_is_a_share_of_it() -> None:
    assert math.isnan(balanced(flows([[0]]), flows([[0]])).share.item())


def test_what_is_taken_off_another_part_counts_no_error_twice() -> None:
    found = balanced(flows([[100]]), flows([[90], [30], [30]], sign=[1, 1, -1]))
    assert found.remainder.item() == 10
    assert found.error.ravel().tolist() == pytest.approx([1, 0.9, 0.3, 0])


def test_classes_add_up_as_independent_limits_of_error() -> None:
    """Two meters of class 1 that each let 1000 kWh through: 2 x sqrt(2 x (10 / sqrt 3) ** 2) kWh."""
    error = balanced(flows([[1000]]), flows([[1000]])).error
    found = tolerance(error, np.zeros(1))
    assert found.item() == pytest.approx(2 * math.sqrt(2) * 10 / math.sqrt(3))
    assert tolerance(error, np.array([5.0])).item() == pytest.approx(found.item() + 5)


def test_a_meter_errs_alike_in_every_quarter_hour_of_an_interval() -> None:
    """So a day's tolerance is the sum of its quarter hours', not their root of squares."""
    above, below = flows(np.full((1, 96), 10.0)), flows(np.full((1, 96), 10.0))
    classes = [0.5, 1.0]
    day = balanced(above, below, accuracy=classes)
    quarter = balanced(above, below, *range(96), accuracy=classes)
    by_day, by_quarter = (tolerance(each.error, each.estimated) for each in (day, quarter))
    assert by_day.item() == pytest.approx(by_quarter.sum())


def test_a_class_that_is_unknown_matters_only_where_something_flowed() -> None:
    through = balanced(flows([[1000, 1000]]), flows([[500, 0]]), 0, 1, accuracy=[1.0, np.nan])
    found = tolerance(through.error, np.zeros(2))
    assert np.isnan(found).tolist() == [True, False]


def test_a_meter_is_judged_by_the_class_and_share_that_held() -> None:
    changed = [[2.0, 0.5], [1.0, 1.0]]
    found = balanced(flows([[1000, 1000]]), flows([[900, 900]]), accuracy=changed, loss_share=[[0.1, 0.02]])
    assert found.error.ravel().tolist() == pytest.approx([25, 18])
    assert found.expected.item() == pytest.approx(120)


def test_what_was_estimated_may_be_wrong_by_itself() -> None:
    found = balanced(flows([[40.0, 40.0]]), flows([[40.0, 40.0]], coverage=[[1.0, 0.25]]))
    assert found.estimated.item() == 30


def test_verdicts() -> None:
    remainder = np.array([3.0, 25.0, 16.0, -3.0, -5.1, np.nan, 3.0])
    expected = np.array([10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0])
    open_ = np.array([5.0, 5.0, 5.0, 5.0, 5.0, 5.0, np.nan])
    within, lost, gained = Verdict.WITHIN, Verdict.LOST, Verdict.GAINED
    assert judge(remainder, expected, open_) == [within, lost, lost, within, gained, None, None]
