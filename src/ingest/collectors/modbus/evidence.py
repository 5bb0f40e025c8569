"""What speaks for a template, and against it, in the values that it makes of a device's registers."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.device import Device

_VOLTAGE = (50.0, 500.0)
_VOLTAGE_BETWEEN = (80.0, 900.0)
_FREQUENCY = (45.0, 65.0)
_HIGHEST_FACTOR = 1.001
_TOLERANCE = 1.1
_ENOUGH = 3
_BETWEEN = ("_l1l2", "_l2l3", "_l3l1")
_PHASES = ("_l1", "_l2", "_l3")


@dataclass(frozen=True, slots=True)
class Evidence:
    reasons: tuple[str, ...] = ()
    points: int = 0

    @property
    def enough(self) -> bool:
        return self.points >= _ENOUGH


def telling(device: Device) -> Iterator[frozenset[str]]:
    """Quantities to ask for: first frequency and one voltage, then everything that can be judged."""
    names = set(device.quantities)
    voltage = next((name for name in device.quantities if name.startswith("voltage")), None)
    first = ({"frequency"} & names) | ({voltage} if voltage else set())
    if first:
        yield frozenset(first)
        yield frozenset(name for name in names if _judged(name))


def judge(device: Device, values: Mapping[str, float]) -> Evidence:
    """Nothing at all where one value contradicts the template."""
    found = [*_identified(device), *_consistent(values)]
    for name, value in values.items():
        if math.isnan(value) or value == 0:
            continue
        points = _points(name, value)
        if points is None:
            return Evidence()
        if points and not _follows(name, values):
            found.append((points, f"{name} {value:g}"))
    if any(points < 0 for points, _ in found):
        return Evidence()
    return Evidence(tuple(reason for _, reason in found), sum(points for points, _ in found))


def _judged(name: str) -> bool:
    return name.startswith(("voltage", "current", "power_factor", "active_power")) or name == "frequency"


def _identified(device: Device) -> Iterator[tuple[int, str]]:
    if device.sunspec is not None:
        yield 4, f"SunSpec model {device.sunspec.model}"
    elif device.identity:
        yield 4, "its identity words"


def _points(name: str, value: float) -> int | None:
    """None: the value cannot be."""
    if name == "frequency":
        return 2 if _within(_FREQUENCY, value) else None
    if name.startswith("voltage"):
        bounds = _VOLTAGE_BETWEEN if name.endswith(_BETWEEN) else _VOLTAGE
        return 1 if _within(bounds, value) else None
    if name.startswith("power_factor"):
        return 0 if abs(value) <= _HIGHEST_FACTOR else None
    return 0


def _follows(name: str, values: Mapping[str, float]) -> bool:
    """Mean and line voltages say no more than those of the phases: a longer map is no better fit."""
    return (
        name.startswith("voltage")
        and not name.endswith(_PHASES)
        and any(values.get(f"voltage{phase}", 0.0) > 0 for phase in _PHASES)
    )


def _within(bounds: tuple[float, float], value: float) -> bool:
    return bounds[0] <= value <= bounds[1]


def _consistent(values: Mapping[str, float]) -> Iterator[tuple[int, str]]:
    """Active power [kW] of a phase is not above its voltage [V] times its current [A]."""
    for phase in _PHASES:
        volts, amperes, kilowatts = (
            values.get(f"{q}{phase}", 0.0) for q in ("voltage", "current", "active_power")
        )
        if volts > 0 and amperes > 0 and kilowatts:
            fits = abs(kilowatts) <= volts * amperes / 1000 * _TOLERANCE
            yield 1 if fits else -1, f"power{phase} within voltage times current"
