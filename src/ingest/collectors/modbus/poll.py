"""How the units of one Modbus line are read: block by block, a silent one by its cheapest read first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.collector import Clock
from ingest.collectors.modbus.introduction import introduce
from ingest.collectors.modbus.line import Line, persist
from ingest.collectors.modbus.source import ModbusSource
from ingest.collectors.modbus.unit import Unit
from ingest.errors import IngestError, LineDown, PayloadError, UnitRefuses, UnitSilent
from ingest.plan import Span
from ingest.polling import Fetched, Poller


@dataclass(slots=True)
class _Words:
    """What one poll of a unit brought."""

    time_us: int = 0
    """When the first answer came."""
    words: dict[Span, NDArray[np.uint16]] = field(default_factory=dict)
    trouble: IngestError | None = None


class ModbusCollector(Poller[Unit]):
    """Polls the units of one line in turn for as long as it runs."""

    def __init__(self, source: ModbusSource, line: Line, units: Sequence[Unit], clock: Clock) -> None:
        super().__init__(source.code, "modbus", units, clock, source.poll_s, lanes=source.lanes)
        self._line = line

    def close(self) -> None:
        self._line.close()

    async def fetch(self, station: Unit) -> Fetched:
        found = _Words()
        try:
            await self._read_into(found, station)
        except (UnitSilent, LineDown) as error:
            found.trouble = error
            station.forget()
        except UnitRefuses as error:
            found.trouble = error
        return self._kept(station, found)

    async def _read_into(self, found: _Words, unit: Unit) -> None:
        if unit.silent:
            await self._probe(unit)
        if not unit.introduced:
            await self._meet(unit)
        refused: list[str] = []
        for block in unit.recipe.blocks:
            try:
                found.words[block] = await self._read(unit, block)
            except UnitRefuses as error:
                refused.append(f"{block}: {error}")
                found.trouble = UnitRefuses("; ".join(refused))
            found.time_us = found.time_us or round(self._clock() * 1e6)

    async def _meet(self, unit: Unit) -> None:
        async def ask(span: Span) -> NDArray[np.uint16]:
            return await self._read(unit, span)

        introduced = await introduce(ask, unit.template)
        unit.meet(introduced.device)
        self.health.meters[unit.meter].identity = introduced.identity

    async def _probe(self, unit: Unit) -> None:
        """Raises UnitSilent; a refusal shows as well that the unit is there."""
        try:
            await self._line.read(unit.number, unit.recipe.probe, unit.timing)
        except UnitRefuses:
            return

    async def _read(self, unit: Unit, block: Span) -> NDArray[np.uint16]:
        words = await persist(self._line, unit.number, block, unit.timing)
        self.health.line.succeeded(self._clock(), self._line.latency)
        return words

    def _kept(self, unit: Unit, found: _Words) -> Fetched:
        """What was read before a failure counts; the words of another device do not."""
        fetched = Fetched(None, self._line.latency, found.trouble)
        if found.words:
            try:
                fetched.batch = unit.reading(self._source, found.time_us, found.words)
            except PayloadError as error:
                fetched.trouble = error
                unit.forget()
        return fetched
