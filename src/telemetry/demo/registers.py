"""How a device of the demo park lays its numbers into Modbus words or JSON, by its template."""

import struct
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from accounting.quantity import CATALOGUE
from accounting.units import conversion
from ingest.decode import Linear
from ingest.device import Device, Register, RegisterType, Table, WordOrder
from ingest.json_device import JsonDevice, JsonValue, TimeForm
from ingest.template import Template
from telemetry.demo.noise import Array
from telemetry.model import ParkWattError

Image = dict[tuple[Table, int], int]
"""Each word by its table and address."""
_FORMS: Mapping[RegisterType, str] = MappingProxyType(
    {
        RegisterType.INT16: "h",
        RegisterType.INT32: "i",
        RegisterType.INT64: "q",
        RegisterType.UINT16: "H",
        RegisterType.UINT32: "I",
        RegisterType.UINT64: "Q",
        RegisterType.FLOAT32: "f",
    }
)


_DECIMALS = 3
"""Of the JSON meters."""
_EXACT_BITS = 32
"""Longer integers are not exact in a double near their ends."""


class DemoError(ParkWattError):
    """The demo park cannot be what its files say."""


def encode(device: Device, values: Mapping[str, float]) -> Image:
    """The words that a device holds. Raises KeyError for a quantity that `values` lacks."""
    image: Image = {}
    for register in device.registers:
        words = _words(register, values[register.quantity], device.order_of(register))
        image |= {(register.table, register.address + i): word for i, word in enumerate(words)}
    return image | {(one.table, one.address): one.value for one in device.identity}


def payload(device: JsonDevice, values: Mapping[str, float], now: float) -> dict[str, object]:
    """The JSON document of a device; what `values` lacks is left out."""
    document: dict[str, object] = {}
    for value in device.values:
        if value.quantity in values:
            raw = _raw(value, np.array([values[value.quantity]]))
            _put(document, value.path, float(raw[0]))
    _put(document, device.time.path, round(now * 1000))
    return document


def resolved(measured: Register | JsonValue, values: Array) -> Array:
    """float64[n], what is left of values after the device's rounding, as a reader will decode it."""
    linear = Linear.of(measured)
    return _raw(measured, values) * linear.numerator / linear.denominator + linear.offset


def playable(device: Template) -> Device | JsonDevice:
    """The template itself. Raises DemoError for a form that the demo's devices do not speak."""
    if isinstance(device, JsonDevice):
        if device.time.form is not TimeForm.EPOCH_MS:
            raise DemoError(
                f"{device.code}: the demo tells the time in milliseconds, not as {device.time.form}"
            )
        return device
    if not isinstance(device, Device):
        raise DemoError(f"{device.code}: the demo has no devices that speak {device.protocol}")
    for register in device.registers:
        if register.type not in _FORMS or register.scale_register is not None:
            raise DemoError(f"{device.code}: the demo cannot play {register.quantity} ({register.type})")
    return device


def _put(document: dict[str, object], path: str, value: object) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        document = document.setdefault(folder, {})  # type: ignore[assignment]  # folders hold dictionaries
    document[name] = value


def _words(register: Register, value: float, order: WordOrder) -> list[int]:
    raw = float(_raw(register, np.array([value]))[0])
    form = _FORMS[register.type]
    packed = struct.pack(f">{form}", raw if form == "f" else int(raw))
    words = [packed[i : i + 2] for i in range(0, len(packed), 2)]
    if order in {WordOrder.CDAB, WordOrder.DCBA}:
        words.reverse()
    swapped = order in {WordOrder.BADC, WordOrder.DCBA}
    return [int.from_bytes(word, "little" if swapped else "big") for word in words]


def _raw(measured: Register | JsonValue, values: Array) -> Array:
    multiplier, offset = conversion(measured.unit, CATALOGUE[measured.quantity].unit)
    raw = ((values - offset) / multiplier - measured.offset) / measured.scale
    if isinstance(measured, JsonValue):
        return np.round(raw, _DECIMALS)
    if measured.type is RegisterType.FLOAT32:
        return raw.astype(np.float32).astype(np.float64)
    return np.clip(np.rint(raw), *_limits(measured.type))


def _limits(kind: RegisterType) -> tuple[float, float]:
    """The lowest and highest number, one step inside the pattern that means no value."""
    signed = kind.value.startswith("int")
    top = 2.0 ** (kind.bits - signed)
    step = 2.0 if kind.bits <= _EXACT_BITS else 4096.0
    return (step - top if signed else 0.0), top - step
