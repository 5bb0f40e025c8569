import numpy as np
import pytest

from accounting.rising import WINDOW_S, Rises

START = 1_795_305_600_000_000
COUNTERS, GAS = 3, 1


def _rates(seconds: list[float], shown: list[float], max_gap_s: float = 900.0) -> list[float]:
    """After each reading of the second of two meters."""
    rises, found = Rises(np.array([900.0, max_gap_s]), COUNTERS), []
    for at, value in zip(seconds, shown, strict=True):
        values = np.full((1, COUNTERS), np.nan)
        values[0, GAS] = value
        rises.take(np.array([1]), np.array([START + int(at * 1e6)]), values)
        found.append(float(rises.per_hour[1, GAS]))
    others = np.delete(rises.per_hour.ravel(), COUNTERS + GAS)
    assert np.isnan(others).all()
    return found


def _rate(seconds: list[float], shown: list[float], max_gap_s: float = 900.0) -> float:
    return _rates(seconds, shown, max_gap_s)[-1]


def test_one_reading_tells_no_rate_and_two_do() -> None:
    assert np.isnan(_rate([0], [5000.0]))
    assert _rate([0, 36], [5000.0, 5001.0]) == pytest.approx(100.0)


def test_quarter_hourly_readings_tell_the_mean_of_the_last_quarter_hour() -> None:
    assert _rate([0, 900, 1800], [0.0, 100.0, 150.0]) == pytest.approx(200.0)


def test_readings_that_bore_a_later_time_tell_nothing_once_the_clock_is_right() -> None:
    wrong = [(3600 + at, 5000 + at / 36) for at in range(0, 300, 10)]
    right = [(at, 5010 + at / 18) for at in range(300, 400, 10)]
    seconds, shown = zip(*wrong, *right, strict=True)
    assert _rates(list(seconds), list(shown))[-9:] == pytest.approx([200.0] * 9)


def test_a_coarse_counter_is_averaged_over_the_window_not_from_poll_to_poll() -> None:
    seconds = [5.0 * n for n in range(200)]
    shown = [float(np.floor(60.0 * at / 3600)) for at in seconds]
    assert shown[-1] == shown[-2]
    assert _rate(seconds, shown) == pytest.approx(60.0, rel=0.25)


@pytest.mark.parametrize("per_hour", [7.0, 60.0, 200.0, 1000.0])
def test_a_coarse_counter_tells_its_rate_by_the_time_between_its_steps(per_hour: float) -> None:
    seconds = [5.0 * n for n in range(720)]
    shown = [float(np.floor(per_hour * at / 3600)) for at in seconds]
    settled = _rates(seconds, shown)[-120:]
    assert settled == pytest.approx([per_hour] * len(settled), rel=0.1)


def test_a_coarse_counter_that_slows_down_shows_no_more_than_a_step_in_the_time_it_stands() -> None:
    seconds = [5.0 * n for n in range(72)]
    shown = [float(min(at // 60, 3)) for at in seconds]
    assert _rate(seconds[:50], shown[:50]) == pytest.approx(60.0, rel=0.1)
    assert _rate(seconds, shown) == pytest.approx(3600 / 175)


def test_a_counter_that_has_stopped_has_rate_zero_after_the_window() -> None:
    seconds = [5.0 * n for n in range(121)]
    shown = [min(at, 200.0) for at in seconds]
    assert _rate(seconds, shown) == 0.0


def test_a_counter_that_begins_again_has_its_rate_within_a_minute() -> None:
    seconds = [5.0 * n for n in range(120)]
    shown = [7.0 + max(0.0, at - 535.0) for at in seconds]
    assert _rate(seconds, shown) == pytest.approx(3600.0)


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
