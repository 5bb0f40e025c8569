"""Polling of one line: its stations in turn, live ones first, none waiting for a dead one."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from ingest.backlog import Backlog
from ingest.batch import Batch, Sink
from ingest.cancellation import heed_cancellation
from ingest.collector import Clock
from ingest.errors import IngestError, LineDown, PayloadError, UnitSilent
from ingest.health import SourceHealth
from ingest.rhythm import Station, next_poll, phase
from ingest.undecoded import Undecoded

S = TypeVar("S", bound=Station)


@dataclass(slots=True)
class Fetched:
    """What one read of a station brought, and what ended it early or stayed away."""

    batch: Batch | Undecoded | None = None
    latency: float | None = None
    """Of the last answer [s]."""
    trouble: IngestError | None = None


class Poller(ABC, Generic[S]):
    """Polls the stations of one line in turn for as long as it runs."""

    def __init__(
        self,
        source: str,
        kind: str,
        stations: Sequence[S],
        clock: Clock,
        poll_s: float,
        *,
        lanes: int = 1,
    ) -> None:
        """`lanes`: how many stations are read at once."""
        self.health = SourceHealth.of(source, kind, [station.meter for station in stations])
        self._source = source
        self._stations = tuple(stations)
        self._clock = clock
        self._poll_s = poll_s
        self._lanes = lanes
        self._backlog = Backlog(self.health)
        self._rotation = 0

    @abstractmethod
    async def fetch(self, station: S) -> Fetched:
        """Reads one station; what came before a failure is kept."""

    @abstractmethod
    def close(self) -> None:
        """Leaves the line; the next fetch enters it again."""

    async def run(self, sink: Sink) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._backlog.drain(sink))
                tasks.create_task(self._poll_forever())
        except asyncio.CancelledError:
            self.close()
            await self._backlog.flush(sink)
            raise
        finally:
            self.close()

    async def _poll_forever(self) -> None:
        phase_s, tick = phase(self._source, self._poll_s), None
        while True:
            delay, tick = next_poll(self._clock(), self._poll_s, phase_s, tick)
            await asyncio.sleep(delay)
            await self.poll(tick)

    async def poll(self, tick: int | None = None) -> None:
        """Reads every station that is due once; the silent ones after the others.

        `tick`: the number of the poll, by which those of a longer period are left out.
        """
        dark = self._dark()
        waiting = iter(self._due(monotonic(), tick))
        lanes = await asyncio.gather(*(self._lane(waiting) for _ in range(self._lanes)))
        if down := next(filter(None, lanes), None):
            self._line_failed(down)
        if dark and not self._dark():
            for station in self._stations:
                station.wake()

    async def _lane(self, waiting: Iterator[S]) -> LineDown | None:
        for station in waiting:
            heed_cancellation()
            try:
                await self._poll_station(station)
            except LineDown as error:
                deque(waiting, maxlen=0)
                return error
        return None

    def _dark(self) -> bool:
        return bool(self._stations) and all(station.silent for station in self._stations)

    def _due(self, now: float, tick: int | None) -> list[S]:
        """Where all are silent nobody has to be spared: at least one is asked in each poll."""
        turn = [one for one in self._stations if tick is None or one.has_turn(tick, self._poll_s)]
        due = sorted((one for one in turn if one.due(now)), key=lambda one: one.silent)
        if due:
            return due
        self._rotation += 1
        return [self._stations[self._rotation % len(self._stations)]] if self._dark() else []

    async def _poll_station(self, station: S) -> None:
        fetched = await self.fetch(station)
        if fetched.batch is not None:
            self._backlog.put(fetched.batch)
        if isinstance(fetched.trouble, LineDown):
            raise fetched.trouble
        self._conclude(station, fetched)

    def _conclude(self, station: S, fetched: Fetched) -> None:
        health, trouble = self.health.meters[station.meter], fetched.trouble
        if isinstance(trouble, UnitSilent):
            health.next_attempt = self._clock() + station.fell_silent(
                monotonic(), station.poll_s or self._poll_s
            )
        else:
            station.answered()
        if trouble is None:
            health.succeeded(self._clock(), fetched.latency)
        elif fetched.batch is not None and not isinstance(trouble, UnitSilent):
            health.succeeded_in_part(self._clock(), trouble, fetched.latency)
        else:
            health.failed(self._clock(), trouble)
        if isinstance(trouble, PayloadError):
            self.health.refuse(self._clock(), f"meter {station.meter}", str(trouble), "")

    def _line_failed(self, error: LineDown) -> None:
        now = self._clock()
        self.health.line.failed(now, error)
        for meter in self.health.meters.values():
            meter.failed(now, error, quiet=True)
