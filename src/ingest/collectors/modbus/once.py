"""One reading of one device, with the words it was made of."""

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.modbus.introduction import Introduced, introduce
from ingest.collectors.modbus.line import Line, persist
from ingest.collectors.modbus.sunspec import Ask
from ingest.collectors.modbus.unit import Recipe
from ingest.decode import Words
from ingest.device import Device, Register
from ingest.errors import UnitRefuses, UnitSilent
from ingest.once import Reading, Shown
from ingest.pace import Timing
from ingest.plan import Span


async def read_once(line: Line, unit: int, device: Device, timing: Timing) -> Reading:
    """Everything that the template asks for; blocks that the device refuses are complaints.

    Raises LineDown, UnitSilent, UnitRefuses when it refuses them all or has no such SunSpec model,
    PayloadError when its identity is that of another device.
    """

    async def ask(span: Span) -> NDArray[np.uint16]:
        return await persist(line, unit, span, timing)

    try:
        introduced = await introduce(ask, device)
        return await _read_all(ask, introduced)
    except (UnitSilent, UnitRefuses) as error:
        raise type(error)(f"unit {unit}: {error}") from error


async def _read_all(ask: Ask, introduced: Introduced) -> Reading:
    recipe = Recipe(introduced.device)
    words: dict[Span, NDArray[np.uint16]] = {}
    refusals: list[str] = []
    for block in recipe.blocks:
        try:
            words[block] = await ask(block)
        except UnitRefuses as error:
            refusals.append(f"{block}: {error}")
    if not words:
        raise UnitRefuses(f"it refuses {'; '.join(refusals)}")
    values = recipe.decoder.decode(words)
    shown = (
        Shown(register.quantity, float(value), register.place, _raw(register, words))
        for register, value in zip(recipe.device.registers, values, strict=True)
    )
    return Reading(tuple(shown), tuple(refusals), introduced.identity)


def _raw(register: Register, words: Words) -> str:
    for block, content in words.items():
        if block.table == register.table and block.start <= register.address < block.end:
            first = register.address - block.start
            own = content[first : first + register.type.words]
            return " ".join(f"{int(word):04x}" for word in own)
    return ""
