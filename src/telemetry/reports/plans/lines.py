"""The meters that show what a line draws."""

from collections.abc import Sequence
from datetime import datetime

from accounting.quantity import Carrier
from telemetry.model import Role
from telemetry.storage.registry import RegisteredMeter, Registry


def area_of(registry: Registry, line: str, at: datetime) -> str:
    """The area that a line is, or its meter stands in."""
    meter = registry.by_code.get(line)
    return meter.at(at).area if meter else line


def meters_of(registry: Registry, line: str, at: datetime) -> Sequence[RegisteredMeter]:
    """The meter of that code, or the area's boundary meters, or else its loads."""
    standing = [m for m in registry.meters if m.removed_at is None or m.removed_at > at]
    named = [meter for meter in standing if meter.code == line]
    inside = [m for m in standing if m.at(at).area == line and m.carrier == Carrier.ELECTRICITY]
    crossing = [meter for meter in inside if meter.at(at).role == Role.BOUNDARY]
    return named or crossing or [meter for meter in inside if meter.at(at).role == Role.LOAD]
