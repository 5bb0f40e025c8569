"""The devices of the demo park: what each one shows at an instant, its faults included."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accounting.quantity import CATALOGUE, Kind
from ingest.device import Device, Register
from ingest.json_device import JsonDevice, JsonValue
from ingest.template import Template
from telemetry.demo.displays import Flow, Shown, shown
from telemetry.demo.faults import Faults
from telemetry.demo.noise import Array
from telemetry.demo.registers import playable, resolved
from telemetry.demo.simulation import Course, Simulation
from telemetry.model import Meter

_JUMP_HOURS = 2000.0
_JUMP_POWER = 6.0
_IN_HISTORY = frozenset(
    {
        "active_power",
        "gas_flow",
        "steam_flow",
        "water_flow",
        "air_flow",
        "cooling_power",
        "recovered_heat_power",
        "ambient_temperature",
        "ambient_humidity",
        "irradiance",
    }
)
_PHASES = ("_l1", "_l2", "_l3")
_POWERS = ("active_power", "reactive_power", "apparent_power")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One meter, its device template and its column in the simulation."""

    meter: Meter
    device: Device | JsonDevice
    column: int


class Instruments:
    """All devices of the park. Not for use by two threads at once."""

    def __init__(
        self, meters: Sequence[Meter], devices: Mapping[str, Template], simulation: Simulation
    ) -> None:
        """Raises DemoError for a template that the demo cannot play."""
        self.simulation = simulation
        self.by_code = {
            meter.code: Instrument(meter, playable(devices[meter.device or ""]), column)
            for column, meter in enumerate(meters)
        }

    def of_source(self, source: str) -> Iterable[Instrument]:
        return (one for one in self.by_code.values() if one.meter.source == source)

    def now(self, code: str, now: float, faults: Faults) -> dict[str, float] | None:
        """What a meter shows; None when it does not answer."""
        if code in faults.drop:
            return None
        instrument, t = self.by_code[code], faults.stuck.get(code, now)
        values = self._values(instrument, np.array([t]), faults)
        if code in faults.jump:
            values = {name: _wrong(instrument.meter, name, value) for name, value in values.items()}
        return {name: float(value[0]) for name, value in values.items()}

    def past(self, code: str, t: Array, course: Course, faults: Faults) -> Shown:
        """What a meter showed at float64[n] instants, as a reader would have decoded it."""
        instrument = self.by_code[code]
        values = self._reset(instrument, self._shown(instrument, t, course), t, faults)
        measured = _measured(instrument.device)
        return {
            name: resolved(measured[name], value)
            for name, value in values.items()
            if name in measured and _kept(name)
        }

    def _values(self, instrument: Instrument, t: Array, faults: Faults) -> Shown:
        values = self._shown(instrument, t, self.simulation.course(t))
        return self._reset(instrument, values, t, faults)

    def _shown(self, instrument: Instrument, t: Array, course: Course) -> Shown:
        column, hours = instrument.column, (t - self.simulation.epoch_s) / 3600
        flow = Flow(t, hours, course.rate[:, column], course.forward[:, column], course.backward[:, column])
        return shown(instrument.meter, flow)

    def _reset(self, instrument: Instrument, values: Shown, t: Array, faults: Faults) -> Shown:
        at = faults.resets.get(instrument.meter.code)
        if at is None or at > t.max():
            return values
        moment = np.array([at])
        then = self._shown(instrument, moment, self.simulation.course(moment))
        return {
            name: value - np.where(t >= at, then[name], 0.0) if _counts(name) else value
            for name, value in values.items()
        }


def _measured(device: Device | JsonDevice) -> dict[str, Register | JsonValue]:
    return {value.quantity: value for value in device.measured}


def _counts(name: str) -> bool:
    return CATALOGUE[name].kind is Kind.COUNTER


def _kept(name: str) -> bool:
    return name in _IN_HISTORY or (_counts(name) and not name.endswith(_PHASES))


def _wrong(meter: Meter, name: str, value: Array) -> Array:
    if _counts(name):
        return value + _JUMP_HOURS * (meter.rated_kw or 1.0) / meter.multiplier
    return value * _JUMP_POWER if name.startswith(_POWERS) else value
