"""The one queue between all collectors and the store."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, Store
from ingest.errors import QueueFull, StoreUnavailable

_log = logging.getLogger(__name__)
Outcomes = NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class PipelineHealth:
    waiting: int = 0
    """Rows in the queue."""
    commits: int = 0
    rows: int = 0
    """Rows made durable."""
    failures: int = 0
    last_error: str = ""
    failing: bool = False

    def committed(self, rows: int) -> None:
        self.commits += 1
        self.rows += rows
        if self.failing:
            self.failing = False
            _log.info("the store takes readings again")

    def failed(self, error: Exception) -> None:
        self.failures += 1
        self.last_error = str(error) or type(error).__name__
        if not self.failing:
            self.failing = True
            _log.error("the store takes no readings: %s", self.last_error)


@dataclass(slots=True, eq=False)
class _Waiting:
    batch: Batch
    outcomes: asyncio.Future[Outcomes]


class Pipeline:
    """A Sink: coalesces what waits into one commit and answers each writer after it."""

    def __init__(
        self,
        store: Store,
        *,
        max_waiting: int = 200_000,
        max_commit: int = 20_000,
        patience_s: float = 30.0,
        writers: int = 1,
    ) -> None:
        """`max_waiting` and `max_commit` in rows; `writers` threads commit side by side."""
        self.health = PipelineHealth()
        self._store = store
        self._max_waiting = max_waiting
        self._max_commit = max_commit
        self._patience_s = patience_s
        self._writers = writers
        self._queue: deque[_Waiting] = deque()
        self._arrival = asyncio.Event()
        self._running = False

    async def write(self, batch: Batch) -> Outcomes:
        """Outcomes of the rows, uint8[n], once durable. Raises StoreUnavailable within the patience."""
        if not len(batch):
            return np.empty(0, np.uint8)
        waiting = self._enqueue(batch)
        try:
            async with asyncio.timeout(self._patience_s):
                return await waiting.outcomes
        except TimeoutError as error:
            raise StoreUnavailable(f"no answer from the store within {self._patience_s:g} s") from error

    def _enqueue(self, batch: Batch) -> _Waiting:
        if not self._running:
            raise StoreUnavailable("the pipeline does not run")
        if self.health.waiting and self.health.waiting + len(batch) > self._max_waiting:
            raise QueueFull(f"{self.health.waiting} rows wait already")
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self.health.waiting += len(batch)
        self._arrival.set()
        return waiting

    async def run(self) -> None:
        """Commits until cancelled; then whoever still waits gets StoreUnavailable."""
        self._running = True
        threads = ThreadPoolExecutor(self._writers, "pipeline")
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._writers):
                    tasks.create_task(self._commit_forever(threads))
        finally:
            self._running = False
            threads.shutdown(wait=False)
            _fail(self._take(None), StoreUnavailable("the pipeline stopped"))

    async def _commit_forever(self, threads: ThreadPoolExecutor) -> None:
        while True:
            await self._arrival.wait()
            taken = self._take(self._max_commit)
            if not self._queue:
                self._arrival.clear()
            if not taken:
                continue
            try:
                await self._commit(threads, taken)
            finally:
                _fail(taken, StoreUnavailable("the pipeline stopped"))

    def _take(self, rows: int | None) -> list[_Waiting]:
        """The oldest that wait, up to `rows` but at least one; those given up by their writers fall away."""
        taken: list[_Waiting] = []
        count = 0
        while self._queue and (rows is None or not taken or count + len(self._queue[0].batch) <= rows):
            waiting = self._queue.popleft()
            self.health.waiting -= len(waiting.batch)
            if not waiting.outcomes.done():
                taken.append(waiting)
                count += len(waiting.batch)
        return taken

    async def _commit(self, threads: ThreadPoolExecutor, taken: list[_Waiting]) -> None:
        try:
            await self._write(threads, taken)
        except StoreUnavailable as error:
            self.health.failed(error)
            _fail(taken, error)
        except Exception as error:  # noqa: BLE001  # a writer that dies would leave its callers hanging
            await self._isolate(threads, taken, error)

    async def _isolate(self, threads: ThreadPoolExecutor, taken: list[_Waiting], error: Exception) -> None:
        """One batch must not take the others down with it."""
        if len(taken) > 1:
            for waiting in taken:
                await self._commit(threads, [waiting])
            return
        _log.error("a batch of %s could not be written", taken[0].batch.source, exc_info=error)
        self.health.failed(error)
        _fail(taken, StoreUnavailable(f"the store failed: {error}"))

    async def _write(self, threads: ThreadPoolExecutor, taken: list[_Waiting]) -> None:
        batches: Sequence[Batch] = [waiting.batch for waiting in taken]
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(threads, self._store.write, batches)
        self.health.committed(sum(map(len, batches)))
        for waiting, outcome in zip(taken, outcomes, strict=True):
            if not waiting.outcomes.done():
                waiting.outcomes.set_result(outcome)


def _fail(waiting: list[_Waiting], error: StoreUnavailable) -> None:
    for one in waiting:
        if not one.outcomes.done():
            one.outcomes.set_exception(error)
