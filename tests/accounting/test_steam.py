import numpy as np
import pytest

from accounting.errors import ActivityError
from accounting.steam import heat


def test_heat_is_mass_times_enthalpy_over_feed_water() -> None:
    found = heat(np.array([[10.0, 5.0]]), np.array([[2828.27], [2777.12]]))
    np.testing.assert_allclose(found, [[27.4453, 13.72265], [26.9338, 13.4669]])


def test_steam_of_known_pressure_alone_is_dry_saturated_and_of_unknown_state_unknown() -> None:
    found = heat(np.ones((1, 3)), np.array([2828.27, np.nan, np.nan]), np.array([0, 2777.12, np.nan]))
    np.testing.assert_allclose(found, [[2.74453, 2.69338, np.nan]])


def test_steam_below_zero_is_refused() -> None:
    with pytest.raises(ActivityError, match="steam -1"):
        heat(np.array([[-1.0]]), 2800.0)
