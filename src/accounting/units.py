"""Conversion of the units that devices speak into the catalogue's canonical ones."""

from types import MappingProxyType

from accounting.errors import UnitError

# unit -> (canonical unit, multiplier, offset): canonical = value * multiplier + offset
_TO_CANONICAL = MappingProxyType(
    {
        "Wh": ("kWh", 1e-3, 0.0),
        "MWh": ("kWh", 1e3, 0.0),
        "GWh": ("kWh", 1e6, 0.0),
        "varh": ("kvarh", 1e-3, 0.0),
        "Mvarh": ("kvarh", 1e3, 0.0),
        "VAh": ("kVAh", 1e-3, 0.0),
        "MVAh": ("kVAh", 1e3, 0.0),
        "W": ("kW", 1e-3, 0.0),
        "MW": ("kW", 1e3, 0.0),
        "var": ("kvar", 1e-3, 0.0),
        "Mvar": ("kvar", 1e3, 0.0),
        "VA": ("kVA", 1e-3, 0.0),
        "MVA": ("kVA", 1e3, 0.0),
        "mV": ("V", 1e-3, 0.0),
        "kV": ("V", 1e3, 0.0),
        "mA": ("A", 1e-3, 0.0),
        "kA": ("A", 1e3, 0.0),
        "MJ": ("GJ", 1e-3, 0.0),
        "kJ": ("GJ", 1e-6, 0.0),
        "kg": ("t", 1e-3, 0.0),
        "kg/h": ("t/h", 1e-3, 0.0),
        "L": ("m3", 1e-3, 0.0),
        "L/h": ("m3/h", 1e-3, 0.0),
        "m3/min": ("m3/h", 60.0, 0.0),
        "Pa": ("kPa", 1e-3, 0.0),
        "bar": ("kPa", 1e2, 0.0),
        "MPa": ("kPa", 1e3, 0.0),
        "K": ("degC", 1.0, -273.15),
        "min": ("h", 1 / 60, 0.0),
        "s": ("h", 1 / 3600, 0.0),
        "%": ("1", 1e-2, 0.0),
        "1": ("%", 1e2, 0.0),
    }
)
_HEAT_FROM_ELECTRIC = MappingProxyType({"kWh": 3.6e-3, "MWh": 3.6, "Wh": 3.6e-6})  # GJ per unit, exact


def conversion(unit: str, canonical: str) -> tuple[float, float]:
    """Multiplier and offset that bring `unit` to `canonical`: canonical = value * multiplier + offset.

    Raises UnitError when the two do not measure the same thing.
    """
    if unit == canonical:
        return 1.0, 0.0
    if canonical == "GJ" and unit in _HEAT_FROM_ELECTRIC:
        return _HEAT_FROM_ELECTRIC[unit], 0.0
    target, multiplier, offset = _TO_CANONICAL.get(unit, ("", 0.0, 0.0))
    if target != canonical:
        raise UnitError(f"unit {unit!r} cannot be converted to {canonical!r}")
    return multiplier, offset
