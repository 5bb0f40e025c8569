"""The one queue between all collectors and the store, and the way around it over the disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, Outcome, Store, merge
from ingest.errors import QueueFull, SpoolFull, StoreUnavailable
from ingest.health import StoreHealth
from ingest.replay import Replay
from ingest.spool import Spool

_log = logging.getLogger(__name__)
Outcomes = NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class _Waiting:
    batch: Batch
    outcomes: asyncio.Future[Outcomes]


class Pipeline:
    """A Sink: coalesces what waits into one commit and answers each writer after it.

    While the store is away, or slower than the patience, rows go to the spool and their writers hear SPOOLED.
    """

    def __init__(
        self,
        store: Store,
        spool: Spool | None = None,
        *,
        max_waiting: int = 200_000,
        max_commit: int = 10_000,
        patience_s: float = 30.0,
        writers: int = 1,
    ) -> None:
        """`max_waiting` and `max_commit` in rows; `writers` threads commit side by side."""
        self.health = StoreHealth()
        self.spool = spool
        self._store = store
        self._max_waiting = max_waiting
        self._max_commit = max_commit
        self._patience_s = patience_s
        self._writers = writers
        self._queue: deque[_Waiting] = deque()
        self._arrival = asyncio.Event()
        self._running = False
        self._asked = -np.inf
        self._replay = Replay(store, spool, self.health, max_commit=max_commit) if spool else None
        self._threads = ThreadPoolExecutor(writers, "pipeline")
        self._disk = ThreadPoolExecutor(1, "spool")

    async def write(self, batch: Batch) -> Outcomes:
        """Outcomes of the rows, uint8[n], once durable. Raises StoreUnavailable, QueueFull, SpoolFull."""
        if not len(batch):
            return np.empty(0, np.uint8)
        return await self._enqueue(batch).outcomes

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
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._writers):
                    tasks.create_task(self._serve_forever())
                if self._replay:
                    tasks.create_task(self._replay.run(self._disk))
        finally:
            self._running = False
            self._threads.shutdown(wait=False)
            self._disk.shutdown()
            _fail(self._take(None), StoreUnavailable("the pipeline stopped"))

    async def _serve_forever(self) -> None:
        while True:
            await self._arrival.wait()
            taken = self._take(self._max_commit)
            if not self._queue:
                self._arrival.clear()
            if not taken:
                continue
            try:
                await self._serve(taken)
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

    async def _serve(self, taken: list[_Waiting]) -> None:
        if self._spool_first():
            await self._keep(taken, StoreUnavailable(self.health.last_error))
        else:
            await self._commit(taken)

    def _spool_first(self) -> bool:
        """While the store is away the replay asks after it; where the spool is full, somebody else must."""
        if not self.health.failing or self.spool is None:
            return False
        if self.spool.full and monotonic() - self._asked > self._patience_s:
            self._asked = monotonic()
            return False
        return True

    async def _commit(self, taken: list[_Waiting]) -> None:
        batches: Sequence[Batch] = [waiting.batch for waiting in taken]
        call = asyncio.get_running_loop().run_in_executor(self._threads, self._store.write, batches)
        call.add_done_callback(_seen)
        await asyncio.wait({call}, timeout=self._patience_s)
        try:
            if not call.done():
                raise StoreUnavailable(f"no answer from the store within {self._patience_s:g} s")  # noqa: TRY301  # one way out
            outcomes = call.result()
        except StoreUnavailable as error:
            self.health.failed(error)
            await self._keep(taken, error)
        except Exception as error:  # noqa: BLE001  # a writer that dies would leave its callers hanging
            await self._isolate(taken, error)
        else:
            self.health.committed(sum(map(len, batches)))
            _resolve(taken, outcomes)

    async def _isolate(self, taken: list[_Waiting], error: Exception) -> None:
        """One batch must not take the others down with it."""
        if len(taken) > 1:
            for waiting in taken:
                await self._commit([waiting])
            return
        _log.error("a batch of %s could not be written", taken[0].batch.source, exc_info=error)
        self.health.failed(error)
        await self._keep(taken, StoreUnavailable(f"the store failed: {error}"))

    async def _keep(self, taken: list[_Waiting], error: StoreUnavailable) -> None:
        """On the disk; where there is no room, the writers are told to come again."""
        if self.spool is None or self._replay is None:
            _fail(taken, error)
            return
        batches = [waiting.batch for waiting in taken]
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._disk, self.spool.append, merge(batches))
        except SpoolFull as full:
            _fail(taken, full)
            return
        except Exception as reason:  # noqa: BLE001  # as above
            _log.error("rows could not be spooled", exc_info=reason)
            _fail(taken, error)
            return
        self.health.spooled += sum(map(len, batches))
        self._replay.wake()
        _resolve(taken, [np.full(len(batch), Outcome.SPOOLED, np.uint8) for batch in batches])


def _seen(call: asyncio.Future[list[Outcomes]]) -> None:
    """An answer that comes after the patience is not an error nobody looked at."""
    if not call.cancelled():
        call.exception()


def _resolve(taken: list[_Waiting], outcomes: Sequence[Outcomes]) -> None:
    for waiting, outcome in zip(taken, outcomes, strict=True):
        if not waiting.outcomes.done():
            waiting.outcomes.set_result(outcome)


def _fail(waiting: list[_Waiting], error: StoreUnavailable) -> None:
    for one in waiting:
        if not one.outcomes.done():
            one.outcomes.set_exception(error)
