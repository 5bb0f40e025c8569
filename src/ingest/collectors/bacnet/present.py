"""What the properties of an object say: a number in the catalogue's unit, or why there is none."""

import math
from collections.abc import Mapping

from ingest.collectors.bacnet.template import BacnetObject
from ingest.decode import Linear, scaled
from ingest.errors import PayloadError
from ingest.template import Measured

Properties = Mapping[str, object]
"""Of one object, by the standard's names; an error stands as a text that begins with "error"."""
PROPERTIES = ("present-value", "status-flags", "units")
ACCUMULATOR_PROPERTIES = (*PROPERTIES, "scale")
_DOUBTFUL = frozenset({"fault", "overridden", "out-of-service"})
_UNITS = {
    "watts": "W",
    "kilowatts": "kW",
    "megawatts": "MW",
    "watt-hours": "Wh",
    "kilowatt-hours": "kWh",
    "megawatt-hours": "MWh",
    "volt-amperes": "VA",
    "kilovolt-amperes": "kVA",
    "volt-amperes-reactive": "var",
    "kilovolt-amperes-reactive": "kvar",
    "volt-ampere-hours-reactive": "varh",
    "kilovolt-ampere-hours-reactive": "kvarh",
    "volts": "V",
    "kilovolts": "kV",
    "amperes": "A",
    "milliamperes": "mA",
    "hertz": "Hz",
    "kilojoules": "kJ",
    "megajoules": "MJ",
    "cubic-meters": "m3",
    "liters": "L",
    "cubic-meters-per-hour": "m3/h",
    "liters-per-hour": "L/h",
    "degrees-celsius": "degC",
    "pascals": "Pa",
    "kilopascals": "kPa",
    "percent": "%",
    "percent-relative-humidity": "%",
    "power-factor": "1",
    "watts-per-square-meter": "W/m2",
    "hours": "h",
    "tons": "t",
}


class Present:
    """One object of a template. What a device says of its own units goes before the template's word."""

    def __init__(self, declared: BacnetObject) -> None:
        self.declared = declared
        self._linear: dict[str | None, Linear] = {None: Linear.of(declared)}

    def number(self, properties: Properties) -> float:
        """NaN where there is none. Raises PayloadError when it is absent, doubtful or not as declared."""
        value = properties.get("present-value")
        if isinstance(value, str):
            raise self._wrong(value, "the device does not give it")
        flags = properties.get("status-flags")
        doubts = _DOUBTFUL & set(flags) if isinstance(flags, list | tuple | frozenset) else frozenset[str]()
        if doubts:
            raise self._wrong(", ".join(sorted(doubts)), "the device does not vouch for it")
        if isinstance(value, float) and math.isnan(value):
            return math.nan
        return scaled(
            _times(value, properties.get("scale")), self.declared.object, self.declared, self._of(properties)
        )

    def _of(self, properties: Properties) -> Linear:
        said = properties.get("units")
        unit = _UNITS.get(said) if isinstance(said, str) else None
        if unit not in self._linear:
            self._linear[unit] = self._in(str(unit), str(said))
        return self._linear[unit]

    def _in(self, unit: str, said: str) -> Linear:
        declared = self.declared
        try:
            measured = Measured(
                quantity=declared.quantity, unit=unit, scale=declared.scale, offset=declared.offset
            )
        except ValueError as error:
            raise self._wrong(said, "another unit than this quantity can have") from error
        return Linear.of(measured)

    def _wrong(self, value: object, reason: str) -> PayloadError:
        return PayloadError(f"{self.declared.object} {self.declared.quantity}", value, reason)


def _times(value: object, scale: object) -> object:
    """An accumulator counts pulses: its scale is what one of them is worth."""
    return value * scale if isinstance(value, int | float) and isinstance(scale, int | float) else value
