"""Polled readings on their way to the sink: kept in memory where neither the store nor the spool has room."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np

from ingest.batch import Batch, Sink, merge
from ingest.errors import StoreUnavailable
from ingest.health import SourceHealth
from ingest.undecoded import Undecoded, decoded

_FAREWELL_S = 5.0
Waiting = Batch | Undecoded


class Backlog:
    """Bounded: when it is full, every second reading of the older half is given up and counted."""

    def __init__(
        self,
        health: SourceHealth,
        *,
        max_rows: int = 50_000,
        max_write: int = 5_000,
        linger_s: float = 0.1,
        first_pause_s: float = 0.5,
        longest_pause_s: float = 15.0,
    ) -> None:
        self._health = health
        self._max_rows = max_rows
        self._max_write = max_write
        self._linger_s = linger_s
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._waiting: deque[Waiting] = deque()
        self._arrival = asyncio.Event()

    def put(self, batch: Waiting) -> None:
        self._waiting.append(batch)
        self._health.waiting += len(batch)
        if self._health.waiting > self._max_rows:
            self._thin()
        self._arrival.set()

    async def drain(self, sink: Sink) -> None:
        """Writes what waits, oldest first, until cancelled; lingers a moment so that rows share a write."""
        pause = self._first_pause_s
        while True:
            await self._arrival.wait()
            await asyncio.sleep(self._linger_s if self._health.waiting < self._max_write else 0)
            taken = self._take()
            try:
                await _write(sink, taken)
            except asyncio.CancelledError:
                self._waiting.extendleft(reversed(taken))
                raise
            except StoreUnavailable:
                self._waiting.extendleft(reversed(taken))
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._longest_pause_s)
            else:
                pause = self._first_pause_s
                self._settle(taken)

    async def flush(self, sink: Sink) -> None:
        """One last attempt for what waits; what finds no room is counted as lost."""
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                while self._waiting:
                    taken = list(self._waiting)
                    await _write(sink, taken)
                    self._waiting.clear()
                    self._settle(taken)
        self._lose(list(self._waiting))
        self._waiting.clear()

    def _take(self) -> list[Waiting]:
        taken: list[Waiting] = []
        rows = 0
        while self._waiting and rows < self._max_write:
            taken.append(self._waiting.popleft())
            rows += len(taken[-1])
        return taken

    def _settle(self, written: Iterable[Waiting]) -> None:
        self._health.waiting -= sum(map(len, written))
        if not self._waiting:
            self._arrival.clear()

    def _thin(self) -> None:
        seen: defaultdict[tuple[str, ...], int] = defaultdict(int)
        older = [self._waiting.popleft() for _ in range(len(self._waiting) // 2)]
        kept: list[Waiting] = []
        given_up: list[Waiting] = []
        for batch in older:
            seen[batch.meters] += 1
            (kept if seen[batch.meters] % 2 else given_up).append(batch)
        self._waiting.extendleft(reversed(kept))
        self._lose(given_up)

    def _lose(self, batches: Sequence[Waiting]) -> None:
        if not batches:
            return
        times = np.concatenate([batch.time for batch in batches]) / 1e6
        self._health.waiting -= len(times)
        self._health.lose(len(times), float(times.min()), float(times.max()))


async def _write(sink: Sink, waiting: Sequence[Waiting]) -> None:
    await asyncio.gather(*(sink.write(batch) for batch in merge(decoded(waiting))))
