"""Maximum demand: the highest mean power over the contract's window, and where the running one is heading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.errors import ChargeError

_HOUR_S = 3600.0
WINDOW_S = 900


@dataclass(frozen=True, slots=True)
class Maximum:
    kw: float
    """NaN: no window was measured from end to end."""
    start: int
    """Interval with which its window begins."""


def windows(
    kwh: NDArray[np.float64], interval_s: int, window_s: int = WINDOW_S, *, sliding: bool = False
) -> NDArray[np.float64]:
    """Mean power [kW] over windows of import float64[n] [kWh] by intervals; NaN where one was not measured.

    By blocks one window follows another from the first interval on; sliding ones begin with every interval.
    Raises ChargeError when windows are not made of whole intervals.
    """
    if interval_s <= 0 or window_s <= 0 or window_s % interval_s:
        raise ChargeError(f"a window of {window_s} s is not made of intervals of {interval_s} s")
    width = window_s // interval_s
    if len(kwh) < width:
        return np.empty(0)
    sums = np.lib.stride_tricks.sliding_window_view(kwh, width)[:: 1 if sliding else width].sum(axis=1)
    mean: NDArray[np.float64] = sums / (window_s / _HOUR_S)
    return mean


def maximum(
    kwh: NDArray[np.float64], interval_s: int, window_s: int = WINDOW_S, *, sliding: bool = False
) -> Maximum:
    """The highest mean [kW] of `windows` over imports float64[n] [kWh]; its start counts intervals."""
    mean = windows(kwh, interval_s, window_s, sliding=sliding)
    if np.isnan(mean).all():
        return Maximum(np.nan, 0)
    at = int(np.nanargmax(mean))
    return Maximum(float(mean[at]), at if sliding else at * (window_s // interval_s))


def forecast(
    so_far_kwh: NDArray[np.float64], power_kw: NDArray[np.float64], left_s: float, window_s: int = WINDOW_S
) -> NDArray[np.float64]:
    """Mean import [kW] over the whole window that runs when the power stays as it is, float64[n].

    `so_far_kwh` was imported since it began, `left_s` are left of it. Where that is not known (NaN) it is the
    power of now alone; feeding out is no import. NaN where the power is not known.
    """
    imported = np.maximum(power_kw, 0.0)
    whole = (so_far_kwh + imported * left_s / _HOUR_S) / (window_s / _HOUR_S)
    return np.where(np.isnan(so_far_kwh), imported, whole)
