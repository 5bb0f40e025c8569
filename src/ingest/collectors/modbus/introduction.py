"""What a device is asked once, before its first reading: where its model stands, and who it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.modbus.sunspec import Ask, Model, discover
from ingest.device import Device, Text
from ingest.errors import UnitRefuses
from ingest.plan import Span, needs

_COMMON = 1
_COMMON_TEXTS = {"manufacturer": (2, 16), "model": (18, 16), "version": (42, 8), "serial": (50, 16)}
"""Of SunSpec's common model: first word and length."""


@dataclass(frozen=True, slots=True)
class Introduced:
    device: Device
    """With its registers where they stand in this one."""
    identity: Mapping[str, str] = field(default_factory=dict)


def needs_introduction(device: Device) -> bool:
    return device.sunspec is not None or bool(device.texts)


async def introduce(ask: Ask, device: Device) -> Introduced:
    """Raises UnitRefuses where the device has no such SunSpec model, and what `ask` raises."""
    if device.sunspec is None:
        return Introduced(device, await _texts(ask, device.texts))
    models = await discover(ask)
    start = _start(models, device, device.sunspec.model)
    common = next((model.start for model in models if model.number == _COMMON), None)
    texts = () if common is None else _common_texts(common)
    return Introduced(device.moved(start), await _texts(ask, (*device.texts, *texts)))


def _start(models: tuple[Model, ...], device: Device, number: int) -> int:
    if not models:
        raise UnitRefuses("it has no SunSpec mark at 40000, 50000 or 0")
    for model in models:
        if model.number == number:
            return _long_enough(model, device)
    numbers = ", ".join(str(model.number) for model in models)
    raise UnitRefuses(f"it has no SunSpec model {number}, only {numbers}")


def _long_enough(model: Model, device: Device) -> int:
    """Behind a shorter model stands another one."""
    at = device.sunspec.at if device.sunspec else 0
    longest = max(span.end for span in needs(device)) - at - 2
    if model.length < longest:
        raise UnitRefuses(f"its SunSpec model {model.number} has {model.length} registers, not {longest}")
    return model.start


def _common_texts(start: int) -> tuple[Text, ...]:
    return tuple(
        Text(name=name, address=start + first, words=words) for name, (first, words) in _COMMON_TEXTS.items()
    )


async def _texts(ask: Ask, texts: tuple[Text, ...]) -> dict[str, str]:
    """Those that the device gives."""
    found: dict[str, str] = {}
    for text in texts:
        try:
            shown = spell(text, await ask(Span(text.table, text.address, text.words)))
        except UnitRefuses:
            continue
        if shown:
            found.setdefault(text.name, shown)
    return found


def spell(text: Text, words: NDArray[np.uint16]) -> str:
    """Two characters a register up to the first zero, or one number; empty where there is nothing."""
    content = (words.byteswap() if text.swapped else words).tobytes()
    if text.type == "number":
        return "" if content.strip(b"\xff") == b"" else str(int.from_bytes(content, "big"))
    letters = content.split(b"\0")[0].decode("latin-1")
    return "".join(letter for letter in letters if letter.isprintable()).strip()
