"""Polled batches on their way to the sink: kept and tried again while the store is away."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.batch import Batch, Sink
from ingest.errors import StoreUnavailable
from ingest.health import SourceHealth


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
        self._waiting: deque[Batch] = deque()
        self._arrival = asyncio.Event()

    def put(self, batch: Batch) -> None:
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

    def _take(self) -> list[Batch]:
        taken: list[Batch] = []
        rows = 0
        while self._waiting and rows < self._max_write:
            taken.append(self._waiting.popleft())
            rows += len(taken[-1])
        return taken

    def _settle(self, written: Iterable[Batch]) -> None:
        self._health.waiting -= sum(map(len, written))
        if not self._waiting:
            self._arrival.clear()

    def _thin(self) -> None:
        seen: defaultdict[tuple[str, ...], int] = defaultdict(int)
        older = [self._waiting.popleft() for _ in range(len(self._waiting) // 2)]
        kept = []
        for batch in older:
            seen[batch.meters] += 1
            if seen[batch.meters] % 2:
                kept.append(batch)
        self._waiting.extendleft(reversed(kept))
        lost = sum(map(len, older)) - sum(map(len, kept))
        self._health.waiting -= lost
        self._health.lost += lost


async def _write(sink: Sink, batches: Sequence[Batch]) -> None:
    await asyncio.gather(*(sink.write(batch) for batch in merge(batches)))


def merge(batches: Sequence[Batch]) -> list[Batch]:
    """One batch for each source and set of quantities, rows in the order they came."""
    groups: defaultdict[tuple[str, tuple[str, ...]], list[Batch]] = defaultdict(list)
    for batch in batches:
        groups[batch.source, batch.quantities].append(batch)
    return [group[0] if len(group) == 1 else _joined(group) for group in groups.values()]


def _joined(group: list[Batch]) -> Batch:
    codes = {code: i for i, code in enumerate(dict.fromkeys(code for one in group for code in one.meters))}
    index = [np.array([codes[code] for code in one.meters], np.int32)[one.row_meter] for one in group]
    return Batch(
        group[0].source,
        tuple(codes),
        np.concatenate(index),
        np.concatenate([one.time for one in group]),
        group[0].quantities,
        np.concatenate([one.values for one in group]),
    )
