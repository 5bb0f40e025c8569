"""The quantity by which each carrier flows, best first, and the energy of a unit where it has one."""

from collections.abc import Mapping
from types import MappingProxyType

from accounting.quantity import CATALOGUE, Carrier

FLOWS: Mapping[Carrier, tuple[str, ...]] = MappingProxyType(
    {
        Carrier.ELECTRICITY: ("energy_import",),
        Carrier.GAS: ("gas_volume_0c", "gas_volume_20c", "gas_volume_15c", "gas_volume"),
        Carrier.FUEL: ("fuel_mass", "fuel_volume"),
        Carrier.STEAM: ("steam_energy", "steam_mass"),
        Carrier.HEAT: ("heat_energy",),
        Carrier.COOLING: ("cooling_energy",),
        Carrier.COMPRESSED_AIR: ("air_volume",),
        Carrier.RECOVERED_HEAT: ("recovered_heat_energy",),
    }
)
_GJ_PER_UNIT = MappingProxyType({"kWh": 3.6e-3, "GJ": 1.0})


def energy_of(quantity: str) -> float | None:
    """[GJ per unit]; None: its unit is none of energy."""
    return _GJ_PER_UNIT.get(CATALOGUE[quantity].unit)
