"""How the units of one Modbus line are read: block by block, a silent one by its cheapest read first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.collector import Clock
from ingest.collectors.modbus.line import Line
from ingest.collectors.modbus.unit import Unit
from ingest.errors import IngestError, LineDown, PayloadError, UnitRefuses, UnitSilent
from ingest.plan import Span
from ingest.polling import Fetched, Poller


@dataclass(slots=True)
class _Words:
    """What one poll of a unit brought."""

    time_us: int = 0
    """When the first answer came."""
    words: dict[Span, Sequence[int]] = field(default_factory=dict)
    trouble: IngestError | None = None


class ModbusCollector(Poller[Unit]):
    """Polls the units of one line in turn for as long as it runs."""

    def __init__(
        self, source: str, line: Line, units: Sequence[Unit], clock: Clock, *, poll_s: float, retries: int
    ) -> None:
        super().__init__(source, "modbus", units, clock, poll_s)
        self._line = line
        self._retries = retries

    def close(self) -> None:
        self._line.close()

    async def fetch(self, station: Unit) -> Fetched:
        found = _Words()
        try:
            await self._read_into(found, station)
        except (UnitSilent, LineDown) as error:
            found.trouble = error
        return self._decoded(station, found)

    async def _read_into(self, found: _Words, unit: Unit) -> None:
        if unit.silent:
            await self._probe(unit)
        for block in unit.blocks:
            try:
                found.words[block] = await self._read(unit, block, self._retries)
            except UnitRefuses as error:
                found.trouble = UnitRefuses(f"{block.table} {block.start} to {block.end - 1}: {error}")
            found.time_us = found.time_us or round(self._clock() * 1e6)

    async def _probe(self, unit: Unit) -> None:
        """Raises UnitSilent; a refusal shows as well that the unit is there."""
        try:
            await self._line.read(unit.number, unit.probe)
        except UnitRefuses:
            return

    async def _read(self, unit: Unit, block: Span, retries: int) -> Sequence[int]:
        try:
            words = await self._line.read(unit.number, block)
        except UnitSilent:
            if not retries:
                raise
            return await self._read(unit, block, retries - 1)
        self.health.line.succeeded(self._clock(), self._line.latency)
        return words

    def _decoded(self, unit: Unit, found: _Words) -> Fetched:
        """What was read before a failure counts; the words of another device do not."""
        fetched = Fetched(None, self._line.latency, found.trouble)
        if found.words:
            try:
                fetched.batch = unit.batch(self._source, found.time_us, found.words)
            except PayloadError as error:
                fetched.trouble = error
        return fetched
