"""A clock stands ahead and is set right again: counters of another hour among the right ones tell nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.grid import SLOT_US, Grid
from accounting.intervals import Readings, settle

HOURS, KW = 8, 100.0
HOUR_S = 3600.0


@given(
    pace=st.sampled_from([5.0, 60.0, 300.0, 900.0]),
    ahead=st.floats(600, 7200),
    wrong=st.floats(20, 3600),
    begins=st.floats(0.5 * HOUR_S, 3 * HOUR_S),
    between=st.floats(0.05, 0.95),
)
def test_what_was_read_under_a_clock_ahead_moves_no_energy(
    pace: float, ahead: float, wrong: float, begins: float, between: float
) -> None:
    told = np.arange(-2 * HOUR_S, (HOURS + 2) * HOUR_S, pace)
    ahead = (ahead // pace + between) * pace
    shown = np.where((told >= begins) & (told < begins + wrong), told + ahead, told)
    order = np.argsort(shown)
    readings = Readings(
        np.zeros(len(told), np.int32),
        (shown[order] * 1e6).astype(np.int64) + 10 * 24 * 4 * SLOT_US,
        (1000 + KW * (told + 2 * HOUR_S) / HOUR_S)[order],
        np.ones(len(told)),
        np.array([3.5 * pace]),
        np.array([np.nan]),
    )
    settled = settle(readings, Grid(10 * 24 * 4 * SLOT_US, HOURS * 4))
    assert np.nansum(settled.amount[0]) == pytest.approx(HOURS * KW, abs=1e-3)
