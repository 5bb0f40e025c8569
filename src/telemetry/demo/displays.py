"""What a meter of the demo park shows: secondary values, as its device sees them behind its transformers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from accounting.quantity import Carrier
from telemetry.demo.noise import Array, drifting, fixed, key_of
from telemetry.demo.park import VOLTS
from telemetry.demo.weather import humidity, irradiance, temperature
from telemetry.model import Meter, Role

Shown = dict[str, Array]
"""float64[n] by quantity, in the catalogue's units."""
_GJ_PER_KWH = 0.0036
_STEAM_GJ_PER_T = 2.77
"""Enthalpy of saturated steam at 0.9 MPa."""
_PHASES = (1, 2, 3)
_LV_V = 231.0


@dataclass(frozen=True, slots=True)
class Flow:
    """What went through one meter, at float64[n] instants; integrals count from the epoch."""

    t: Array
    hours: Array
    """Since the epoch [h]."""
    rate: Array
    forward: Array
    backward: Array


def shown(meter: Meter, flow: Flow) -> Shown:
    """All that the meter could show; its template says which of it there is."""
    return _DISPLAYS[meter.carrier](meter, flow)


def _electricity(meter: Meter, flow: Flow) -> Shown:
    watts = _watts(meter, flow)
    return watts | _volts(meter, flow, watts["apparent_power"]) | _counters(meter, flow)


def _watts(meter: Meter, flow: Flow) -> Shown:
    active = flow.rate / meter.multiplier
    reactive = _magnetising(meter) + _slope(meter) * np.maximum(active, 0)
    apparent = np.hypot(active, reactive)
    factor = active / np.maximum(apparent, 1e-12)
    total = {"active_power": active, "reactive_power": reactive, "apparent_power": apparent}
    phases = {f"{name}_l{n}": values * share for name, values in total.items() for n, share in _shares(meter)}
    factors = {"power_factor": factor} | {f"power_factor_l{n}": factor for n in _PHASES}
    return total | phases | factors | {"demand": np.maximum(active, 0)}


def _volts(meter: Meter, flow: Flow, apparent: Array) -> Shown:
    nominal = VOLTS.get(meter.code, _LV_V)
    sag = 1.01 - 0.02 * flow.rate / _size(meter)
    volts = {n: nominal * (sag + 0.004 * _wander(f"{meter.code}V{n}", flow.t)) for n in _PHASES}
    amps = {n: apparent * share * 1000 / volts[n] for n, share in _shares(meter)}
    return (
        {f"voltage_l{n}": value for n, value in volts.items()}
        | {f"current_l{n}": value for n, value in amps.items()}
        | {f"voltage_l{a}l{b}": np.sqrt(3) * (volts[a] + volts[b]) / 2 for a, b in ((1, 2), (2, 3), (3, 1))}
        | {"voltage": sum(volts.values()) / 3, "current": sum(amps.values()) / 3}
        | {"current_n": _in_neutral(amps)}
        | {"frequency": 50 + 0.03 * _wander("grid", flow.t)}
        | {f"thd_voltage_l{n}": 2.1 + 0.4 * _wander(f"{meter.code}T{n}", flow.t) for n in _PHASES}
        | {f"thd_current_l{n}": 6.5 + 1.5 * _wander(f"{meter.code}H{n}", flow.t) for n in _PHASES}
    )


def _in_neutral(amps: Mapping[int, Array]) -> Array:
    """What is left of three currents a third of a turn apart [A]."""
    one, two, three = (amps[n] for n in _PHASES)
    squares = one**2 + two**2 + three**2 - one * two - two * three - three * one
    return np.sqrt(np.maximum(squares, 0.0))


def _counters(meter: Meter, flow: Flow) -> Shown:
    older = {_makes(meter): _at_epoch(meter)}
    forward = (older.get(False, 0.0) + flow.forward) / meter.multiplier
    backward = (older.get(True, 0.0) + flow.backward) / meter.multiplier
    reactive = _magnetising(meter) * flow.hours + _slope(meter) * forward
    total = {
        "energy_import": forward,
        "energy_export": backward,
        "reactive_import": reactive,
        "reactive_export": np.zeros_like(reactive),
    }
    phases = {f"{name}_l{n}": values * share for name, values in total.items() for n, share in _shares(meter)}
    return total | phases | {"apparent_energy": np.hypot(forward + backward, reactive)}


def _shares(meter: Meter) -> tuple[tuple[int, float], ...]:
    first, second = (0.03 * (fixed(f"{meter.code}L{n}") - 0.5) for n in (1, 2))
    return ((1, 1 / 3 + first), (2, 1 / 3 + second), (3, 1 / 3 - first - second))


def _slope(meter: Meter) -> float:
    return 0.2 + 0.2 * fixed(meter.code + "Q")


def _magnetising(meter: Meter) -> float:
    return 0.0 if _makes(meter) else 0.03 * _size(meter) / meter.multiplier


def _makes(meter: Meter) -> bool:
    return meter.role is Role.GENERATION


def _size(meter: Meter) -> float:
    return meter.rated_kw or 100.0


def _at_epoch(meter: Meter) -> float:
    """What an older meter had counted when the park's time began: a few hundred hours of its rating."""
    return float(round(_size(meter) * (150 + 350 * fixed(meter.code + "age"))))


def _wander(name: str, t: Array) -> Array:
    return drifting(key_of(name), t, 60.0)


def _gas(meter: Meter, flow: Flow) -> Shown:
    return {
        "gas_volume_20c": _count(meter, flow.forward),
        "gas_flow": flow.rate,
        "gas_pressure": 20 + 0.6 * _wander(meter.code, flow.t),
        "gas_temperature": temperature(flow.t),
    }


def _steam(meter: Meter, flow: Flow) -> Shown:
    mass = _count(meter, flow.forward)
    return {
        "steam_mass": mass,
        "steam_energy": mass * _STEAM_GJ_PER_T,
        "steam_flow": flow.rate,
        "steam_pressure": 800 + 25 * _wander(meter.code, flow.t),
        "steam_temperature": 175.5 + 1.5 * _wander(meter.code, flow.t),
    }


def _water(meter: Meter, flow: Flow) -> Shown:
    return {"water_volume": _count(meter, flow.forward), "water_flow": flow.rate}


def _air(meter: Meter, flow: Flow) -> Shown:
    pressure = 700 + 20 * _wander(meter.code, flow.t)
    return {"air_volume": _count(meter, flow.forward), "air_flow": flow.rate, "air_pressure": pressure}


def _cooling(meter: Meter, flow: Flow) -> Shown:
    supply = 7 + 0.4 * _wander(meter.code, flow.t)
    return {
        "cooling_energy": _count(meter, flow.forward) * _GJ_PER_KWH,
        "cooling_power": flow.rate,
        "cooling_supply_temperature": supply,
        "cooling_return_temperature": supply + 4.5,
    }


def _recovered(meter: Meter, flow: Flow) -> Shown:
    energy = _count(meter, flow.forward) * _GJ_PER_KWH
    return {"recovered_heat_energy": energy, "recovered_heat_power": flow.rate}


def _production(meter: Meter, flow: Flow) -> Shown:
    if meter.code in _WEIGHED:
        return {"production_mass": _count(meter, flow.forward)}
    return {"production_count": np.floor(_count(meter, flow.forward))}


def _weather(_meter: Meter, flow: Flow) -> Shown:
    return {
        "ambient_temperature": temperature(flow.t),
        "ambient_humidity": humidity(flow.t),
        "irradiance": irradiance(flow.t),
    }


def _count(meter: Meter, forward: Array) -> Array:
    return forward + float(round(900 * fixed(meter.code + "age")))


_WEIGHED = frozenset({"C-P01"})
"""Production meters that weigh instead of counting pieces."""
_DISPLAYS: Mapping[Carrier, Callable[[Meter, Flow], Shown]] = MappingProxyType(
    {
        Carrier.ELECTRICITY: _electricity,
        Carrier.GAS: _gas,
        Carrier.STEAM: _steam,
        Carrier.WATER: _water,
        Carrier.COMPRESSED_AIR: _air,
        Carrier.COOLING: _cooling,
        Carrier.RECOVERED_HEAT: _recovered,
        Carrier.PRODUCTION: _production,
        Carrier.AMBIENT: _weather,
    }
)
