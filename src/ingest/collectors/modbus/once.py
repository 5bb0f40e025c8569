"""One reading of one device, with the words it was made of."""

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.modbus.line import Line, persist
from ingest.collectors.modbus.source import Timing
from ingest.collectors.modbus.unit import Recipe
from ingest.decode import Words
from ingest.device import Device, Register
from ingest.errors import UnitRefuses, UnitSilent
from ingest.once import Reading, Shown
from ingest.plan import Span


async def read_once(line: Line, unit: int, device: Device, timing: Timing) -> Reading:
    """Everything that the template asks for; blocks that the device refuses are complaints.

    Raises LineDown, UnitSilent, UnitRefuses when it refuses them all, PayloadError when its identity is that
    of another device.
    """
    recipe = Recipe(device)
    words: dict[Span, NDArray[np.uint16]] = {}
    refusals: list[str] = []
    for block in recipe.blocks:
        try:
            words[block] = await persist(line, unit, block, timing)
        except UnitRefuses as error:
            refusals.append(f"{block}: {error}")
        except UnitSilent as error:
            raise UnitSilent(f"unit {unit}: {error}") from error
    if not words:
        raise UnitRefuses(f"unit {unit} refuses: {'; '.join(refusals)}")
    values = recipe.decoder.decode(words)
    shown = (
        Shown(register.quantity, float(value), register.place, _raw(register, words))
        for register, value in zip(device.registers, values, strict=True)
    )
    return Reading(tuple(shown), tuple(refusals))


def _raw(register: Register, words: Words) -> str:
    for block, content in words.items():
        if block.table == register.table and block.start <= register.address < block.end:
            first = register.address - block.start
            own = content[first : first + register.type.words]
            return " ".join(f"{int(word):04x}" for word in own)
    return ""
