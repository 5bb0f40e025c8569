"""Uncertainty of a sum of emissions by approach 1 of IPCC 2006, volume 1, chapter 3."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.errors import ActivityError


def of_product(*percent: ArrayLike) -> NDArray[np.float64]:
    """Uncertainty [%] of products, such as activity x factor, of independent parts; equation 3.1.

    Each argument is float64[k] [%], half the 95 % interval over the value. Raises ActivityError below zero.
    """
    parts = np.stack(np.broadcast_arrays(*(np.asarray(each, np.float64) for each in percent)))
    _refuse_below_zero(parts)
    found: NDArray[np.float64] = np.sqrt((parts**2).sum(axis=0))
    return found


def of_sum(values: ArrayLike, percent: ArrayLike) -> float:
    """Uncertainty [%] of the sum of values float64[k], each uncertain by percent float64[k]; equation 3.2.

    NaN when a part is unknown or the sum is 0. Raises ActivityError below zero.
    """
    masses, shares = np.asarray(values, np.float64), np.asarray(percent, np.float64)
    _refuse_below_zero(shares)
    total = masses.sum()
    return float(np.sqrt(((masses * shares) ** 2).sum()) / abs(total)) if total else float("nan")


def _refuse_below_zero(percent: NDArray[np.float64]) -> None:
    if (percent < 0).any():
        raise ActivityError(f"uncertainty {percent.min():g} % is below 0")
