"""From which quantity a meter's energy is settled, and how."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from accounting.quantity import CATALOGUE, Kind

_GJ_PER_KWH = 3.6e-3


class Method(Enum):
    """Functions of accounting.intervals."""

    SETTLE = auto()
    ALLOT = auto()
    INTEGRATE = auto()


@dataclass(frozen=True, slots=True)
class Recipe:
    source: str
    """What the meter shows."""
    target: str
    """What is settled from it."""
    method: Method
    scale: float = 1.0
    """Unit of target per unit of the settled source; negative: the flow against the meter's direction."""
    unless: frozenset[str] = frozenset()
    """Quantities from which it is settled better."""
    needs: frozenset[str] = frozenset()
    """Quantities that it takes besides, and GAS_STATE where that has to be declared."""
    by_state: bool = False
    """What is settled is a mass or a volume yet; pressure and temperature make it the target."""


GAS_STATE = "gas_state"
"""Of a meter: how its gas pressure is meant, or the pressure and temperature of its supply."""
_IMPORT, _EXPORT = "energy_import", "energy_export"
_AMOUNTS = {f"{name}_amount": name for name in (_IMPORT, _EXPORT)}
_METERED = frozenset({_IMPORT, _EXPORT, *_AMOUNTS})
_FLOWS = {
    "gas_flow": ("gas_volume", 1.0),
    "steam_flow": ("steam_mass", 1.0),
    "heat_power": ("heat_energy", _GJ_PER_KWH),
    "heat_flow": ("heat_volume", 1.0),
    "cooling_power": ("cooling_energy", _GJ_PER_KWH),
    "air_flow": ("air_volume", 1.0),
    "water_flow": ("water_volume", 1.0),
    "recovered_heat_power": ("recovered_heat_energy", _GJ_PER_KWH),
}
_NORMAL = frozenset({"gas_volume_0c", "gas_volume_15c", "gas_volume_20c"})
_GAS = _NORMAL | {"gas_volume"}

RECIPES: tuple[Recipe, ...] = (
    *(Recipe(q.name, q.name, Method.SETTLE) for q in CATALOGUE.values() if q.kind is Kind.COUNTER),
    *(Recipe(amount, name, Method.ALLOT, unless=frozenset({name})) for amount, name in _AMOUNTS.items()),
    Recipe("active_power", _IMPORT, Method.INTEGRATE, 1.0, _METERED),
    Recipe("active_power", _EXPORT, Method.INTEGRATE, -1.0, _METERED),
    *(
        Recipe(flow, name, Method.INTEGRATE, scale, _GAS if name in _GAS else frozenset({name}))
        for flow, (name, scale) in _FLOWS.items()
    ),
    Recipe(
        "steam_mass",
        "steam_energy",
        Method.SETTLE,
        unless=frozenset({"steam_energy"}),
        needs=frozenset({"steam_pressure"}),
        by_state=True,
    ),
    *(
        Recipe(source, "gas_volume_0c", method, 1.0, _NORMAL | more, frozenset({GAS_STATE}), by_state=True)
        for source, method, more in (
            ("gas_volume", Method.SETTLE, frozenset[str]()),
            ("gas_flow", Method.INTEGRATE, _GAS),
        )
    ),
)

SETTLED: frozenset[str] = frozenset(recipe.target for recipe in RECIPES)
"""Every quantity that can be settled."""


STATED: frozenset[str] = frozenset({"gas_volume"})
"""Of these more is settled where it is declared how gas is metered."""


def recipes_of(shown: Iterable[str]) -> list[Recipe]:
    """What is settled for a meter that shows these quantities, and of which what they name is declared."""
    names = frozenset(shown)
    return [
        recipe
        for recipe in RECIPES
        if recipe.source in names and not recipe.unless & names and recipe.needs <= names
    ]


def undeclared(shown: Iterable[str]) -> frozenset[str]:
    """What would be settled of these quantities too, were it declared how gas is metered."""
    names = frozenset(shown)
    return frozenset(r.target for r in recipes_of(names | {GAS_STATE})) - {
        r.target for r in recipes_of(names)
    }
