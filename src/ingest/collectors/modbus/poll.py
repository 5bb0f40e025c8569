"""The rhythm of a Modbus line: aligned polls, live units first, none waiting for a dead one."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from zlib import crc32

from ingest.backlog import Backlog
from ingest.batch import Sink
from ingest.collector import Clock
from ingest.collectors.modbus.line import Line
from ingest.collectors.modbus.unit import Unit
from ingest.errors import IngestError, LineDown, PayloadError, UnitRefuses, UnitSilent
from ingest.health import SourceHealth
from ingest.plan import Span

_SPREAD = 0.1
_MOST_SPREAD_S = 0.5


@dataclass(slots=True)
class _Fetched:
    """What one poll of a unit brought."""

    time_us: int = 0
    """When the first answer came."""
    words: dict[Span, Sequence[int]] = field(default_factory=dict)
    trouble: IngestError | None = None


class ModbusCollector:
    """Polls the units of one line in turn for as long as it runs."""

    def __init__(
        self, source: str, line: Line, units: Sequence[Unit], clock: Clock, *, poll_s: float, retries: int
    ) -> None:
        self.health = SourceHealth.of(source, "modbus", [unit.meter for unit in units])
        self._source = source
        self._line = line
        self._units = tuple(units)
        self._clock = clock
        self._poll_s = poll_s
        self._retries = retries
        self._phase_s = (crc32(source.encode()) / 2**32) * min(_SPREAD * poll_s, _MOST_SPREAD_S)
        self._backlog = Backlog(self.health)
        self._rotation = 0

    async def run(self, sink: Sink) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._backlog.drain(sink))
                tasks.create_task(self._poll_forever())
        finally:
            self._line.close()

    async def _poll_forever(self) -> None:
        tick: int | None = None
        while True:
            delay, tick = next_poll(self._clock(), self._poll_s, self._phase_s, tick)
            await asyncio.sleep(delay)
            await self.poll()

    async def poll(self) -> None:
        """Reads every unit that is due once; the silent ones after the others."""
        dark = self._dark()
        try:
            for unit in self._due(monotonic()):
                await self._poll_unit(unit)
        except LineDown as error:
            self._line_failed(error)
        if dark and not self._dark():
            for unit in self._units:
                unit.wake()

    def _dark(self) -> bool:
        return bool(self._units) and all(unit.silent for unit in self._units)

    def _due(self, now: float) -> list[Unit]:
        """Where all are silent nobody has to be spared: at least one is asked in each poll."""
        due = sorted((unit for unit in self._units if unit.due(now)), key=lambda unit: unit.silent)
        if due:
            return due
        self._rotation += 1
        return [self._units[self._rotation % len(self._units)]] if self._dark() else []

    async def _poll_unit(self, unit: Unit) -> None:
        fetched = _Fetched()
        try:
            await self._fetch(unit, fetched)
        except (UnitSilent, LineDown) as error:
            fetched.trouble = error
        self._keep(unit, fetched)
        if isinstance(fetched.trouble, LineDown):
            raise fetched.trouble
        self._conclude(unit, fetched.trouble)

    async def _fetch(self, unit: Unit, fetched: _Fetched) -> None:
        if unit.silent:
            await self._probe(unit)
        for block in unit.blocks:
            try:
                fetched.words[block] = await self._read(unit, block, self._retries)
            except UnitRefuses as error:
                fetched.trouble = UnitRefuses(f"{block.table} {block.start} to {block.end - 1}: {error}")
            fetched.time_us = fetched.time_us or round(self._clock() * 1e6)

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

    def _keep(self, unit: Unit, fetched: _Fetched) -> None:
        """What was read before a failure counts; the words of another device do not."""
        if not fetched.words:
            return
        try:
            self._backlog.put(unit.batch(self._source, fetched.time_us, fetched.words))
        except PayloadError as error:
            fetched.trouble = error
            self.health.refuse(self._clock(), f"meter {unit.meter}", str(error), "")

    def _conclude(self, unit: Unit, trouble: IngestError | None) -> None:
        health = self.health.meters[unit.meter]
        if isinstance(trouble, UnitSilent):
            health.next_attempt = self._clock() + unit.fell_silent(monotonic(), self._poll_s)
        else:
            unit.answered()
        if trouble is None:
            health.succeeded(self._clock(), self._line.latency)
        else:
            health.failed(self._clock(), trouble)

    def _line_failed(self, error: LineDown) -> None:
        now = self._clock()
        self.health.line.failed(now, error)
        for meter in self.health.meters.values():
            meter.failed(now, error, quiet=True)


def next_poll(now: float, poll_s: float, phase_s: float, last: int | None) -> tuple[float, int]:
    """Seconds to the next multiple of the period shifted by the phase, and its number: never `last` again."""
    tick = math.floor((now - phase_s) / poll_s) + 1
    if tick == last:
        tick += 1
    return tick * poll_s + phase_s - now, tick
