"""Which unit ids of a line answer, and which templates fit what they show."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.modbus.evidence import Evidence, judge, telling
from ingest.collectors.modbus.introduction import introduce
from ingest.collectors.modbus.line import Line
from ingest.collectors.modbus.source import ModbusSource
from ingest.collectors.modbus.sunspec import Model, discover
from ingest.collectors.modbus.unit import Recipe
from ingest.device import Device, Table
from ingest.errors import PayloadError, UnitRefuses, UnitSilent
from ingest.plan import Span

_FIRST = (Span(Table.HOLDING, 0, 1), Span(Table.INPUT, 0, 1))
_PATIENCE = 6
_UNITS = range(248)
_RANGE = re.compile(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?")


@dataclass(frozen=True, slots=True)
class Fit:
    """A template that nothing contradicts, and what speaks for it."""

    device: Device
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Found:
    """One unit id that answers."""

    unit: int
    models: tuple[Model, ...]
    """Of SunSpec."""
    fits: tuple[Fit, ...]
    """The best first."""
    trouble: str = ""
    """Why the search ended early."""

    @property
    def best(self) -> tuple[Fit, ...]:
        """Those between which the readings do not decide."""
        return tuple(fit for fit in self.fits if fit.evidence.points == self.fits[0].evidence.points)


def unit_ids(text: str) -> list[int]:
    """Those that a list such as 1-32,100 names. Raises ValueError for what is none."""
    numbers: set[int] = set()
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"{part.strip()!r} is neither a unit id nor a range such as 1-32")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    if not numbers or not numbers <= set(_UNITS):
        raise ValueError(f"unit ids are numbers from 0 to 247 (got {text!r})")
    return sorted(numbers)


async def scan(
    source: ModbusSource, units: Iterable[int], devices: Sequence[Device]
) -> AsyncIterator[tuple[int, Found | None]]:
    """Each unit id in turn, with what was found there; None: silence. Raises LineDown.

    No more than one request in `source.pause_s` is sent.
    """
    line = Line(source)
    try:
        for unit in units:
            yield unit, await _look(_Inquiry(line, unit), devices)
    finally:
        line.close()


class _Inquiry:
    """Asks one unit; nothing twice."""

    def __init__(self, line: Line, unit: int) -> None:
        self.unit = unit
        self._line = line
        self._known: dict[Span, NDArray[np.uint16] | UnitRefuses] = {}
        self._silences = 0

    async def present(self) -> bool:
        for span in _FIRST:
            try:
                await self._line.read(self.unit, span)
            except UnitRefuses:
                return True
            except UnitSilent:
                continue
            else:
                return True
        return False

    async def ask(self, span: Span) -> NDArray[np.uint16]:
        """Raises UnitRefuses, for silence too, by which some devices refuse; UnitSilent when it stays."""
        if span not in self._known:
            self._known[span] = await self._answer(span)
        answer = self._known[span]
        if isinstance(answer, UnitRefuses):
            raise answer
        return answer

    async def _answer(self, span: Span) -> NDArray[np.uint16] | UnitRefuses:
        try:
            words = await self._line.read(self.unit, span)
        except UnitRefuses as error:
            return error
        except UnitSilent as error:
            self._silences += 1
            if self._silences > _PATIENCE:
                raise UnitSilent(f"it answered, and then fell silent: {error}") from error
            return UnitRefuses(str(error))
        self._silences = 0
        return words


async def _look(inquiry: _Inquiry, devices: Sequence[Device]) -> Found | None:
    if not await inquiry.present():
        return None
    models: tuple[Model, ...] = ()
    fits: list[Fit] = []
    trouble = ""
    try:
        models = await discover(inquiry.ask)
        numbers = {model.number for model in models}
        for device in devices:
            if device.sunspec is None or device.sunspec.model in numbers:
                fits += await _fit(inquiry, device)
    except UnitSilent as error:
        trouble = str(error)
    return Found(inquiry.unit, models, tuple(sorted(fits, key=_by_points)), trouble)


def _by_points(fit: Fit) -> tuple[int, str]:
    return -fit.evidence.points, fit.device.code


async def _fit(inquiry: _Inquiry, device: Device) -> list[Fit]:
    """At first by the few values that tell most, then by all that can be judged."""
    evidence = Evidence()
    for names in telling(device):
        evidence = await _evidence(inquiry, device, names)
        if not evidence.enough:
            return []
    return [Fit(device, evidence)] if evidence.enough else []


async def _evidence(inquiry: _Inquiry, device: Device, names: frozenset[str]) -> Evidence:
    registers = tuple(one for one in device.registers if one.quantity in names)
    part = device.model_copy(update={"registers": registers, "texts": ()})
    try:
        placed = (await introduce(inquiry.ask, part)).device
        recipe = Recipe(placed)
        words = {block: await inquiry.ask(block) for block in recipe.blocks}
        values = recipe.decoder.decode(words)
    except (UnitRefuses, PayloadError):
        return Evidence()
    return judge(device, dict(zip(recipe.decoder.quantities, values.tolist(), strict=True)))
