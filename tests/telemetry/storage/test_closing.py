import numpy as np

from telemetry.storage.closing import marks
from telemetry.storage.latest import NEVER

_MINUTE = 60_000_000
_NOW = 100 * 15 * _MINUTE + 5 * _MINUTE
"""Five minutes into a quarter hour."""
_EDGE = 100 * 15 * _MINUTE


def _marked(times: list[int], newest: int) -> list[tuple[int, int, int]]:
    rows = np.array(times, np.int64)
    made = marks(np.full(len(rows), 7, np.int32), rows, np.array([newest]), _NOW)
    return list(zip(made.meter_id.tolist(), made.lo.tolist(), made.hi.tolist(), strict=True))


def test_rows_of_the_open_quarter_hour_mark_nothing() -> None:
    assert _marked([_EDGE + 2, _EDGE + 3], _EDGE + 1) == []


def test_the_row_that_closes_a_quarter_hour_marks_from_the_newest_before() -> None:
    assert _marked([_EDGE, _EDGE + 5], _EDGE - 9) == [(7, _EDGE - 9, _EDGE + 5)]


def test_late_rows_mark_themselves() -> None:
    assert _marked([_EDGE - 40, _EDGE - 30], _EDGE + 4) == [(7, _EDGE - 40, _EDGE - 30)]


def test_rows_before_an_edge_that_the_meter_passed_are_late_whatever_the_wall_says() -> None:
    ahead = _EDGE + 20 * _MINUTE
    assert _marked([_EDGE + 10], ahead) == [(7, _EDGE + 10, _EDGE + 10)]


def test_the_first_rows_of_a_meter_mark_themselves() -> None:
    assert _marked([_EDGE + 1, _EDGE + 3], NEVER) == [(7, _EDGE + 1, _EDGE + 3)]


def test_history_in_order_marks_without_a_hole() -> None:
    assert _marked([_EDGE - 40 * _MINUTE, _EDGE - 20 * _MINUTE], _EDGE - 60 * _MINUTE) == [
        (7, _EDGE - 60 * _MINUTE, _EDGE - 20 * _MINUTE)
    ]


def test_each_meter_has_its_own_mark_and_no_rows_have_none() -> None:
    made = marks(
        np.array([1, 1, 2], np.int32), np.array([_EDGE + 1, _EDGE + 2, 5]), np.array([_EDGE, _EDGE]), _NOW
    )
    assert made.meter_id.tolist() == [2]
    assert len(marks(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), _NOW)) == 0
