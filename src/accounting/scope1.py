"""Scope 1: what burns, escapes or reacts on site, as arrays of meters x intervals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.errors import ActivityError
from accounting.fuels import CO2_PER_C

Floats = NDArray[np.float64]

NET_OF_GROSS_GAS = 0.90
"""Net over gross calorific value of natural gas; IPCC 2006, volume 2, section 1.4.1.2: about 10 % less."""
NET_OF_GROSS_SOLID = 0.95
"""The same of coal and oil: about 5 % less."""
_ZERO_C = 273.15
_STANDARD_KPA = 101.325


def burnt(
    activity: Floats, heating_value: ArrayLike, carbon: ArrayLike, oxidation: ArrayLike = 1.0
) -> Floats:
    """CO2 float64[m, n] [t] of fuel float64[m, n] [unit]: activity x NCV x CC x OF x 44/12 (GB/T 32150).

    `heating_value` net [GJ/unit], tabulated or measured, `carbon` [tC/GJ] and `oxidation` [1] fit [m, n] by
    broadcasting. NaN stays NaN. Raises ActivityError for fuel below zero and for parameters out of range.
    """
    refuse_below_zero("fuel", activity)
    _refuse_outside("heating value", heating_value, np.inf)
    _refuse_outside("carbon content", carbon, np.inf)
    _refuse_outside("oxidation", oxidation, 1.0)
    return activity * _array(heating_value) * _array(carbon) * _array(oxidation) * CO2_PER_C


def direct(activity: Floats, factor: ArrayLike) -> Floats:
    """Mass float64[m, n] [kg of the factor's gas] of activities float64[m, n] [unit] by factors [kg/unit].

    No activity or no factor (NaN) stays NaN: a shortfall, not zero. Raises ActivityError below zero.
    """
    refuse_below_zero("activity", activity)
    return activity * _array(factor)


def at_zero(volume: Floats, celsius: ArrayLike, kilopascal: ArrayLike = _STANDARD_KPA) -> Floats:
    """Gas float64[m, n] [m3 at 0 degC, 101.325 kPa] of volumes at `celsius` and absolute `kilopascal`.

    The ideal gas law; compressibility is left out, below 0.5 % at less than 200 kPa. Raises ActivityError
    for temperatures at or below absolute zero and for pressures at or below vacuum.
    """
    kelvin = _array(celsius) + _ZERO_C
    _refuse_outside("temperature [K]", kelvin, np.inf)
    _refuse_outside("absolute pressure [kPa]", kilopascal, np.inf)
    return volume * (_ZERO_C / kelvin) * (_array(kilopascal) / _STANDARD_KPA)


def net_value(gross: ArrayLike, share: ArrayLike = NET_OF_GROSS_GAS) -> Floats:
    """Net calorific value float64[m] of a gross one [GJ/unit]; `share` is net over gross [1], 0 to 1.

    Raises ActivityError for a share that is out of range.
    """
    _refuse_outside("net over gross", share, 1.0)
    return _array(gross) * _array(share)


def escaped(
    stock_before: ArrayLike, bought: ArrayLike, stock_after: ArrayLike, capacity_added: ArrayLike = 0.0
) -> Floats:
    """Refrigerant that escaped float64[m] [kg] by mass balance: stock before + bought - stock after - added.

    A top-up alone is escaped(0, top-up, 0). IPCC 2006, volume 3, equation 7.9; GHG Protocol, HFC tool.
    Raises ActivityError when more is left than was ever there.
    """
    lost = _array(stock_before) + _array(bought) - _array(stock_after) - _array(capacity_added)
    refuse_below_zero("refrigerant that escaped", lost)
    return lost


def reacted(material: Floats, factor: ArrayLike, share: ArrayLike = 1.0) -> Floats:
    """Gas float64[m, n] [t] of a process: material [t] x factor [t/t] x share that reacts or is pure.

    IPCC 2006, volume 3, chapter 2, for carbonates. Raises ActivityError for material below zero.
    """
    refuse_below_zero("material", material)
    _refuse_outside("share that reacts", share, 1.0)
    return material * _array(factor) * _array(share)


def refuse_below_zero(what: str, values: ArrayLike) -> None:
    """Raise ActivityError that names the first value below zero and where it stands."""
    array = _array(values)
    if (array < 0).any() or np.isinf(array).any():
        at = tuple(int(n) for n in np.argwhere((array < 0) | np.isinf(array))[0])
        raise ActivityError(f"{what} {array[at]:g} at {list(at)} is not an amount from 0 up")


def _refuse_outside(what: str, values: ArrayLike, most: float) -> None:
    array = _array(values)
    bad = (array <= 0) | (array > most)
    if bad.any():
        limit = "above 0" if np.isinf(most) else f"above 0 and up to {most:g}"
        raise ActivityError(f"{what} {array[bad].flat[0]:g} is not {limit}")


def _array(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float64)
