"""What the recent past in memory holds of readings as they come."""

import numpy as np
import pytest
from small_park import START_US, make_park

from alerts.past import Part
from alerts.window import Window

SECOND_US = 1_000_000


def _row(time_us: int, kw: float) -> Part:
    return Part(np.array([1], np.int32), np.array([time_us]), ("active_power",), np.array([[kw]]))


def test_a_reading_that_comes_piece_by_piece_teaches_no_faster_pace() -> None:
    window = Window(make_park({"m1": {"interval": np.nan}}), ("active_power",))
    for turn in range(20):
        begun_us = START_US + turn * 10 * SECOND_US
        for piece in range(5):
            window.take(
                _row(begun_us + piece * 200_000, float(piece)), begun_us + piece * 200_000, teaches=False
            )
        window.take(_row(begun_us + 800_000, 4.0), begun_us + 800_000)
    window.advance(START_US + 199 * SECOND_US)
    assert window.interval_s[0] == pytest.approx(10.0)
    assert window.gap_s[0] == pytest.approx(10.0)
    assert window.value("active_power", window.slot)[0] == pytest.approx(4.0)


def test_a_reading_from_the_future_holds_only_from_when_it_came() -> None:
    window = Window(make_park({"m1": {}}), ("active_power",))
    window.take(_row(START_US + 3600 * SECOND_US, 4.0), START_US)
    window.advance(START_US)
    assert window.value("active_power", window.slot)[0] == pytest.approx(4.0)
    assert window.ahead_s[0] == pytest.approx(3600.0)
    window.take(_row(START_US + 10 * SECOND_US, 5.0), START_US + 11 * SECOND_US)
    window.advance(START_US + 11 * SECOND_US)
    assert window.value("active_power", window.slot)[0] == pytest.approx(5.0)
    assert window.ahead_s[0] == pytest.approx(-1.0)


def test_a_meter_whose_last_reading_is_from_the_future_falls_silent_all_the_same() -> None:
    window = Window(make_park({"m1": {}}), ("active_power",))
    window.take(_row(START_US + 3600 * SECOND_US, 4.0), START_US)
    window.advance(START_US + 100 * SECOND_US)
    assert np.isnan(window.value("active_power", window.slot)[0])
    assert window.age_s(window.slot)[0] == pytest.approx(100.0)
