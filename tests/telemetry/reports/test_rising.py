import numpy as np
import pytest

from telemetry.reports.rising import COUNTERS, WINDOW_S, Rises

START = 1_795_305_600_000_000
GAS = COUNTERS.index("gas_volume_20c")


def _rate(seconds: list[float], shown: list[float], max_gap_s: float = 900.0) -> float:
    """After readings of the second of two meters, one by one."""
    rises = Rises(np.array([900.0, max_gap_s]))
    for at, value in zip(seconds, shown, strict=True):
        values = np.full((1, len(COUNTERS)), np.nan)
        values[0, GAS] = value
        rises.take(np.array([1]), np.array([START + int(at * 1e6)]), values)
    others = np.delete(rises.per_hour.ravel(), len(COUNTERS) + GAS)
    assert np.isnan(others).all()
    return float(rises.per_hour[1, GAS])


def test_one_reading_tells_no_rate_and_two_do() -> None:
    assert np.isnan(_rate([0], [5000.0]))
    assert _rate([0, 36], [5000.0, 5001.0]) == pytest.approx(100.0)


def test_quarter_hourly_readings_tell_the_mean_of_the_last_quarter_hour() -> None:
    assert _rate([0, 900, 1800], [0.0, 100.0, 150.0]) == pytest.approx(200.0)


def test_a_coarse_counter_is_averaged_over_the_window_not_from_poll_to_poll() -> None:
    seconds = [5.0 * n for n in range(200)]
    shown = [float(np.floor(60.0 * at / 3600)) for at in seconds]
    assert shown[-1] == shown[-2]
    assert _rate(seconds, shown) == pytest.approx(60.0, rel=0.25)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    fast = [(30.0 * n, 10.0 * n) for n in range(11)]
    slow = [(300.0 + 30.0 * n, 100.0 + n) for n in range(1, 1 + WINDOW_S // 30)]
    both = [*fast, *slow]
    assert _rate([at for at, _ in both], [shown for _, shown in both]) == pytest.approx(120.0)


def test_a_brief_zero_makes_no_spike() -> None:
    assert _rate([0, 30, 60, 90], [5000.0, 5001.0, 0.0, 5003.0]) == pytest.approx(120.0)
    assert _rate([0, 30, 60], [5000.0, 5001.0, 0.0]) == pytest.approx(120.0)


def test_a_reset_and_a_rollover_count_neither_up_nor_down() -> None:
    assert _rate([0, 30, 60, 90], [5000.0, 5001.0, 2.0, 3.0]) == pytest.approx(120.0)
    assert np.isnan(_rate([0, 30], [99_999.0, 0.5]))


def test_a_gap_tells_nothing_about_now() -> None:
    assert np.isnan(_rate([0, 901], [0.0, 100.0]))
    assert _rate([0, 901, 931], [0.0, 100.0, 101.0]) == pytest.approx(120.0)


def test_a_counter_that_stands_still_has_rate_zero() -> None:
    assert _rate([0, 30, 60], [7.0, 7.0, 7.0]) == 0.0


def test_the_same_reading_again_changes_nothing() -> None:
    assert _rate([0, 36, 36], [0.0, 1.0, 1.0]) == pytest.approx(100.0)
