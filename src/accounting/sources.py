"""Which quantities emit when they are used: their scope, and what factor they ask for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from accounting.quantity import CATALOGUE, Carrier
from accounting.scope1 import at_zero
from accounting.steam import DEFAULT_GJ_PER_T


@dataclass(frozen=True, slots=True)
class Source:
    """What a quantity asks of the factor library."""

    scope: int
    purpose: str
    item: str
    per: tuple[tuple[str, float], ...]
    """Denominators a factor may have, best first, and how many of them one unit of the quantity is."""
    assumed: str = ""
    """What of the conversion is a default, for the trail; empty: nothing."""


def normal_volume(celsius: float) -> float:
    """m3 at 0 degC that an ideal gas of 1 m3 at `celsius` and the same pressure fills."""
    return float(at_zero(np.ones(1), celsius)[0])


def _gas(celsius: float) -> Source:
    """Of volumes at `celsius`, by factors per volume at 0, 15 or 20 degC."""
    normal = normal_volume(celsius)
    named = ((f"m3_{each}c", normal / normal_volume(float(each))) for each in (0, 15, 20))
    return Source(1, "combustion", "natural_gas", (("1e4Nm3", normal * 1e-4), *named))


ELECTRICITY = Source(2, "scope2_location", "electricity", (("kWh", 1.0), ("MWh", 1e-3)))
RESIDUAL = Source(2, "scope2_market_residual", "electricity", (("kWh", 1.0), ("MWh", 1e-3)))
"""What electricity that no certificate or contract claims is rated by, market-based."""
GREEN = Source(2, "ets_green_deduction", "electricity_green", (("MWh", 1.0), ("kWh", 1e3)))
"""What a regional carbon market takes off for a MWh of green power."""
HEAT = Source(2, "scope2_heat", "heat", (("GJ", 1.0), ("kWh", 1e6 / 3600)))

COOLING = Source(2, "scope2_heat", "cooling", (("GJ", 1.0), ("kWh", 1e6 / 3600)))
_STEAM_BY_MASS = Source(
    2,
    "scope2_heat",
    "heat",
    (("GJ", DEFAULT_GJ_PER_T), ("kWh", DEFAULT_GJ_PER_T * 1e6 / 3600)),
    f"steam by mass at the default of {DEFAULT_GJ_PER_T} GJ/t: its energy and pressure are missing",
)

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "energy_import": ELECTRICITY,
        "energy_import_amount": ELECTRICITY,
        "active_power": ELECTRICITY,
        "gas_volume_0c": _gas(0.0),
        "gas_volume_15c": _gas(15.0),
        "gas_volume_20c": _gas(20.0),
        "steam_energy": HEAT,
        "heat_energy": HEAT,
        "steam_mass": _STEAM_BY_MASS,
        "cooling_energy": COOLING,
    }
)
"""By quantity, for what crosses a boundary inwards; powers stand for their integral. Exports and recovered
heat ask for no factor."""

UNSETTLED: Mapping[str, str] = MappingProxyType(
    {
        "gas_volume": "gas at actual conditions: its meter's `gas` is not declared in the site's file",
        "fuel_volume": "fuel by volume: which fuel it is and its density are missing",
        "fuel_mass": "fuel by mass: which fuel it is, is missing",
    }
)
"""Quantities that emit but do not say enough, and what is missing."""

_BURNT = frozenset({Carrier.GAS, Carrier.FUEL})


def scope_of(quantity: str) -> int:
    """Scope 1 for what burns here, 2 for energy that is bought."""
    if quantity in SOURCES:
        return SOURCES[quantity].scope
    return 1 if CATALOGUE[quantity].carrier in _BURNT else 2


_ALTERNATIVES = (
    ("energy_import", "energy_import_amount", "active_power"),
    ("gas_volume_0c", "gas_volume_20c", "gas_volume_15c", "gas_volume"),
    ("steam_energy", "steam_mass"),
    ("heat_energy",),
    ("cooling_energy",),
    ("fuel_mass", "fuel_volume"),
)


def emitting(shown: Collection[str]) -> tuple[str, ...]:
    """Quantities of one meter that count as its emissions: one of those that show the same flow twice."""
    first = (next((name for name in same if name in shown), None) for same in _ALTERNATIVES)
    return tuple(name for name in first if name is not None)
