"""Heat of steam from its mass: by its enthalpy, or by a default that is told as one."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.scope1 import refuse_below_zero

FEED_WATER = 83.74
"""Enthalpy of feed water at 20 degC [kJ/kg], which the Chinese guidelines for enterprises take off."""
DEFAULT_GJ_PER_T = 2.6934
"""Dry saturated steam of 1.0 MPa absolute, 2777.12 kJ/kg by IAPWS-IF97, over feed water."""
_GJ_PER_T = 1e-3
"""[GJ/t] of a [kJ/kg]."""


def heat(
    mass: NDArray[np.float64], enthalpy: ArrayLike, saturated: ArrayLike = np.nan
) -> NDArray[np.float64]:
    """Heat float64[m, n] [GJ] of steam float64[m, n] [t]: mass x (enthalpy - FEED_WATER).

    `enthalpy` [kJ/kg] at measured pressure and temperature, where it is NaN `saturated` [kJ/kg] at the
    pressure alone; both fit [m, n] by broadcasting. Where neither is known the heat is NaN. Formula of the
    Chinese guidelines for enterprises. Raises ActivityError for steam below zero.
    """
    refuse_below_zero("steam", mass)
    state, dry = np.asarray(enthalpy, np.float64), np.asarray(saturated, np.float64)
    found: NDArray[np.float64] = mass * (np.where(np.isnan(state), dry, state) - FEED_WATER) * _GJ_PER_T
    return found
