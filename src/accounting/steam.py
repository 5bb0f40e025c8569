"""Heat of steam from its mass: by its enthalpy, or by a default that is flagged as one."""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.scope1 import refuse_below_zero

FEED_WATER = 83.74
"""Enthalpy of feed water at 20 degC [kJ/kg], which the Chinese guidelines for enterprises take off."""
DEFAULT_GJ_PER_T = 2.6934
"""Dry saturated steam of 1.0 MPa absolute, 2777.12 kJ/kg by IAPWS-IF97, over feed water."""
_GJ_PER_T_OF_KJ_PER_KG = 1e-3


class Known(IntEnum):
    """From what the heat of steam was told."""

    STATE = 0
    """Its pressure and temperature."""
    SATURATED = 1
    """Its pressure alone: taken as dry saturated."""
    DEFAULT = 2
    """Neither: DEFAULT_GJ_PER_T."""


def heat(
    mass: NDArray[np.float64], enthalpy: ArrayLike, saturated: ArrayLike = np.nan
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Heat float64[m, n] [GJ] of steam float64[m, n] [t], and from what it was told, uint8[m, n] of Known.

    `enthalpy` [kJ/kg] at measured pressure and temperature and `saturated` [kJ/kg] at the pressure alone fit
    [m, n] by broadcasting; NaN where they are not known. mass x (enthalpy - FEED_WATER), as the Chinese
    guidelines for enterprises have it. Raises ActivityError for steam below zero.
    """
    refuse_below_zero("steam", mass)
    state, dry = np.broadcast_arrays(np.asarray(enthalpy, np.float64), np.asarray(saturated, np.float64))
    known = np.where(np.isnan(state), np.where(np.isnan(dry), Known.DEFAULT, Known.SATURATED), Known.STATE)
    per_tonne = (np.where(np.isnan(state), dry, state) - FEED_WATER) * _GJ_PER_T_OF_KJ_PER_KG
    found = mass * np.where(known == Known.DEFAULT, DEFAULT_GJ_PER_T, per_tonne)
    return found, np.broadcast_to(known, found.shape).astype(np.uint8)
