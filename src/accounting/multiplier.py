"""Which quantities a meter's multiplier (CT x PT, or the value of a pulse) scales, and how."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE

_SCALED = frozenset({"kWh", "kvarh", "kVAh", "kW", "kvar", "kVA", "m3", "m3/h", "t", "t/h", "L", "GJ"})


def scales(quantity: str) -> bool:
    """Energies, powers, volumes, masses and flows; voltages and currents alone need CT or PT apart."""
    return CATALOGUE[quantity].unit in _SCALED


def primary(
    values: NDArray[np.float64], quantities: Sequence[str], multiplier: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What flows in the line, float64[n, k], from what meters show: rows by meter, columns by quantity."""
    scaled = np.array([scales(name) for name in quantities], dtype=np.bool_)
    return np.where(scaled, values * multiplier[:, None], values)


def of(quantity: str, multiplier: NDArray[np.float64]) -> NDArray[np.float64]:
    """The multiplier where it scales the quantity, else 1; float64[n]."""
    return multiplier if scales(quantity) else np.ones_like(multiplier)
