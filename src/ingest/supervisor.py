"""Keeps collectors running and knows how each of them does."""

import asyncio
import logging
from collections.abc import Sequence

from ingest.batch import Sink
from ingest.collector import Clock, Collector
from ingest.errors import SourceError
from ingest.health import SourceHealth

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs every collector; one that fails starts again after a growing pause."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        sink: Sink,
        clock: Clock,
        *,
        first_pause_s: float = 1.0,
        longest_pause_s: float = 60.0,
    ) -> None:
        self._collectors = tuple(collectors)
        self._sink = sink
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s

    @property
    def health(self) -> tuple[SourceHealth, ...]:
        return tuple(collector.health for collector in self._collectors)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for collector in self._collectors:
                tasks.create_task(self._keep(collector), name=f"collect {collector.health.source}")

    async def _keep(self, collector: Collector) -> None:
        pause = self._first_pause_s
        while True:
            seen = collector.health.line.last_success
            await self._attempt(collector)
            if collector.health.line.last_success != seen:
                pause = self._first_pause_s
            collector.health.line.next_attempt = self._clock() + pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._longest_pause_s)

    async def _attempt(self, collector: Collector) -> None:
        line = collector.health.line
        try:
            await collector.run(self._sink)
            line.failed(self._clock(), SourceError("ended by itself"))
        except Exception as error:  # noqa: BLE001  # whatever ends a collector must not end the others
            _log.debug("%s ended", line.name, exc_info=error)
            line.failed(self._clock(), _reason(error))


def _reason(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
