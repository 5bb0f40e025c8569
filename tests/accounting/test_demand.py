"""Demand on the contract's window, and what the window that runs is heading for."""

import numpy as np
import pytest

from accounting.demand import forecast, maximum
from accounting.errors import ChargeError


def test_demand_by_blocks_and_by_a_sliding_window() -> None:
    minutes = np.ones(60)
    minutes[10:25] = 3.0
    assert maximum(minutes, 60).kw == (3.0 * 10 + 5) * 4
    found = maximum(minutes, 60, sliding=True)
    assert (found.kw, found.start) == (180.0, 10)
    minutes[12] = np.nan
    assert maximum(minutes, 60, sliding=True).start == 13
    assert np.isnan(maximum(minutes[:14], 60).kw)
    assert np.isnan(maximum(np.full(15, np.nan), 60).kw)
    quarters = np.array([5.0, 275.0, np.nan, 10.0])
    assert maximum(quarters, 900).kw == 1100.0
    with pytest.raises(ChargeError, match="900 s is not made of intervals of 420 s"):
        maximum(minutes, 420)


def test_demand_is_of_the_window_and_never_of_an_averaged_hour() -> None:
    quarters = np.array([100.0, 100.0, 300.0, 100.0])
    assert maximum(quarters, 900).kw == 1200.0
    assert maximum(quarters, 900, 1800).kw == 800.0
    assert maximum(quarters, 900, 1800, sliding=True).kw == 800.0
    assert maximum(quarters, 900, 3600).kw == 600.0


def test_the_window_that_runs_is_heading_for_what_it_took_and_the_power_that_holds() -> None:
    so_far = np.array([5.0, np.nan, 5.0, 5.0])
    power = np.array([60.0, 60.0, -300.0, np.nan])
    found = forecast(so_far, power, left_s=600.0)
    np.testing.assert_allclose(found, [60.0, 60.0, 20.0, np.nan])
    np.testing.assert_allclose(forecast(so_far[:1], power[:1], 1500.0, 1800), [60.0])
