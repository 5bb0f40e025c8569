"""Keeps collectors running, exchanges those whose assignment changed, and knows how each of them does."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ingest.batch import Sink
from ingest.cancellation import heed_cancellation
from ingest.collector import Clock, Collector
from ingest.errors import SourceError
from ingest.health import SourceHealth

_log = logging.getLogger(__name__)


class Assigned(Protocol):
    """What a collector is to do; while it equals what it was, the collector stays."""

    def open(self, clock: Clock) -> Collector:
        """Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """The step from what is assigned now to something else, by source code."""

    wanted: Mapping[str, Assigned]
    leaving: frozenset[str]
    entering: Mapping[str, Collector]


class Supervisor:
    """Runs every collector; one that fails starts again after a growing pause."""

    def __init__(
        self, sink: Sink, clock: Clock, *, first_pause_s: float = 1.0, longest_pause_s: float = 60.0
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._assigned: Mapping[str, Assigned] = {}
        self._collectors: dict[str, Collector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running: asyncio.TaskGroup | None = None

    @property
    def health(self) -> tuple[SourceHealth, ...]:
        """From any thread."""
        return tuple(collector.health for collector in tuple(self._collectors.values()))

    def prepare(self, wanted: Mapping[str, Assigned]) -> Change:
        """Opens the collectors that are new or changed, and runs none. Raises SourceError."""
        fresh = {code: one for code, one in wanted.items() if self._assigned.get(code) != one}
        entering = {code: one.open(self._clock) for code, one in fresh.items()}
        gone = self._assigned.keys() - wanted.keys()
        return Change(wanted, frozenset(gone | (fresh.keys() & self._assigned.keys())), entering)

    async def enact(self, change: Change) -> None:
        """Ends the collectors that leave, then starts those that enter; the others do not notice."""
        self._assigned = change.wanted
        leaving = [self._tasks.pop(code) for code in change.leaving if code in self._tasks]
        for task in leaving:
            task.cancel()
        if leaving:
            await asyncio.wait(leaving)
        for code in change.leaving:
            self._collectors.pop(code, None)
        self._collectors.update(change.entering)
        for code in change.entering:
            self._start(code)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._running:
            for code in self._collectors:
                self._start(code)
            await asyncio.Event().wait()

    def _start(self, code: str) -> None:
        if self._running is not None:
            keep = self._keep(self._collectors[code])
            self._tasks[code] = self._running.create_task(keep, name=f"collect {code}")

    async def _keep(self, collector: Collector) -> None:
        pause = self._first_pause_s
        while True:
            seen = collector.health.line.last_success
            await self._attempt(collector)
            heed_cancellation()
            if collector.health.line.last_success != seen:
                pause = self._first_pause_s
            collector.health.line.next_attempt = self._clock() + pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._longest_pause_s)

    async def _attempt(self, collector: Collector) -> None:
        line = collector.health.line
        try:
            # Python 3.11 leaves a task in which a TaskGroup has failed marked as cancelled: not this one.
            await asyncio.create_task(collector.run(self._sink))
            line.failed(self._clock(), SourceError("ended by itself"))
        except Exception as error:  # noqa: BLE001  # whatever ends a collector must not end the others
            _log.debug("%s ended", line.name, exc_info=error)
            line.failed(self._clock(), _reason(error))


def _reason(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
