"""What one reading of a device showed, quantity by quantity, with the place each stood in."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shown:
    """A quantity as the device showed it, before any multiplier."""

    quantity: str
    value: float
    """In the catalogue's unit; NaN = no value."""
    place: str
    """Register or path."""
    raw: str
    """Words in hexadecimal, where the device speaks in words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading and what was wrong with it beside what could be read."""

    shown: tuple[Shown, ...]
    complaints: tuple[str, ...]
    identity: Mapping[str, str] = field(default_factory=dict)
    """Who the device says it is: manufacturer, model, version, serial."""
