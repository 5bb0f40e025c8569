"""Where the models of a SunSpec device stand: behind a mark, each with its number and its length."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.device import Table
from ingest.errors import UnitRefuses
from ingest.plan import Span

Ask = Callable[[Span], Awaitable[NDArray[np.uint16]]]
MARK = (0x5375, 0x6E53)
BASES = (40000, 50000, 0)
_END = 0xFFFF
_MOST = 100


class Model(NamedTuple):
    number: int
    start: int
    """Of its first word, which is its number."""
    length: int
    """Registers behind its number and its length."""


async def discover(ask: Ask) -> tuple[Model, ...]:
    """The models of a device; none where it has no mark. Raises what `ask` raises but for refusals."""
    for base in BASES:
        try:
            mark = await ask(Span(Table.HOLDING, base, 2))
        except UnitRefuses:
            continue
        if tuple(mark) == MARK:
            return await _chain(ask, base + len(MARK))
    return ()


async def _chain(ask: Ask, at: int) -> tuple[Model, ...]:
    """As far as it can be followed."""
    models: list[Model] = []
    while len(models) < _MOST and at + 2 <= _END:
        try:
            number, length = map(int, await ask(Span(Table.HOLDING, at, 2)))
        except UnitRefuses:
            break
        if number in {0, _END}:
            break
        models.append(Model(number, at, length))
        at += 2 + length
    return tuple(models)
