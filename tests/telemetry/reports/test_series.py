import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from telemetry.reports import series
from telemetry.reports.errors import QueryError
from telemetry.reports.series import Cells, Stretches, local_days, quarter_hours

NAN = float("nan")


def _cells(amount: list[list[float]], coverage: list[list[float]]) -> Cells:
    rows = len(amount)
    return Cells(
        np.arange(rows, dtype=np.int32), ["energy_import"] * rows, np.array(amount), np.array(coverage)
    )


def test_an_hour_with_a_quarter_missing_counts_the_rest_and_says_so() -> None:
    cells = _cells([[10, 10, NAN, 10]], [[1, 1, 0, 1]])
    sums = cells.total(Stretches.whole(1, 4), np.array([0]), 1)
    assert sums.values().tolist() == [[30.0]]
    assert sums.coverage().tolist() == [[0.75]]
    assert sums.estimated().tolist() == [[True]]


def test_nothing_known_is_not_zero() -> None:
    cells = _cells([[NAN, NAN, 0.0, 0.0]], [[0, 0, 1, 1]])
    sums = cells.total(Stretches.whole(1, 4), np.array([0, 2]), 1)
    assert np.isnan(sums.values()[0, 0])
    assert sums.values()[0, 1] == 0.0
    assert sums.estimated().tolist() == [[False, False]]


def test_a_meter_counts_where_it_stood_at_the_time() -> None:
    cells = _cells([[1, 2, 4, 8]], [[1, 1, 1, 1]])
    moved = Stretches(np.array([0, 0]), np.array([0, 3]), np.array([3, 4]), np.array([0, 1]))
    sums = cells.total(moved, np.array([0]), 2)
    assert sums.values().tolist() == [[7.0], [8.0]]
    assert sums.coverage().tolist() == [[1.0], [1.0]]


def test_a_silent_meter_of_a_group_lowers_its_coverage() -> None:
    cells = _cells([[5, 5], [NAN, NAN]], [[1, 1], [0, 0]])
    both = Stretches(np.array([0, 1]), np.zeros(2, np.int64), np.full(2, 2), np.array([0, 0]))
    sums = cells.total(both, np.array([0]), 1)
    assert sums.values().tolist() == [[10.0]]
    assert sums.coverage().tolist() == [[0.5]]


def test_day_arrays_land_on_their_quarter_hours() -> None:
    day = np.datetime64("2026-11-22")
    start = int(day.astype("datetime64[us]").astype(np.int64))
    grid = Grid(start + 94 * SLOT_US, 4)
    amount = np.arange(2 * DAY_SLOTS, dtype=float).reshape(2, DAY_SLOTS)
    cells = quarter_hours(
        np.array([7, 7], np.int32),
        ["energy_import"] * 2,
        np.array([day, day + 1]),
        amount=amount,
        coverage=np.ones((2, DAY_SLOTS), np.float32),
        grid=grid,
    )
    assert cells.amount.tolist() == [[94.0, 95.0, 96.0, 97.0]]
    assert cells.meter_id.tolist() == [7]


def test_days_that_are_absent_stay_unknown() -> None:
    first = np.datetime64("2026-11-01")
    cells = local_days(
        np.array([1, 1], np.int32),
        ["energy_import", "energy_export"],
        np.array([first + 1, first]),
        amount=np.array([24.0, 3.0]),
        coverage=np.array([1.0, 0.5]),
        first=first,
        days=3,
    )
    assert np.isnan(cells.amount).tolist() == [[True, False, True], [False, True, True]]
    assert cells.coverage.tolist() == [[0.0, 1.0, 0.0], [0.5, 0.0, 0.0]]


def test_an_answer_that_would_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_CELLS", 95)
    day = np.array([np.datetime64("2026-11-22")])
    one = np.ones((1, DAY_SLOTS))
    with pytest.raises(QueryError, match="fewer meters"):
        quarter_hours(
            np.array([1], np.int32),
            ["energy_import"],
            day,
            amount=one,
            coverage=one.astype(np.float32),
            grid=Grid(0, 1),
        )


@given(
    hnp.arrays(float, (4, 24), elements=st.floats(0, 1e6)),
    hnp.arrays(np.intp, 4, elements=st.integers(0, 2)),
    st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]),
)
def test_groups_and_intervals_keep_the_whole(amount: np.ndarray, label: np.ndarray, width: int) -> None:
    cells = Cells(np.arange(4, dtype=np.int32), ["energy_import"] * 4, amount, np.ones((4, 24)))
    stretches = Stretches(np.arange(4), np.zeros(4, np.int64), np.full(4, 24), label)
    sums = cells.total(stretches, np.arange(0, 24, width), 3)
    assert np.nansum(sums.values()) == pytest.approx(amount.sum(), rel=1e-12)
    assert not sums.estimated().any()
