"""Brings what the spool keeps into the store, as soon as the store takes it."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from time import monotonic

from ingest.batch import Store
from ingest.errors import StoreUnavailable
from ingest.health import StoreHealth
from ingest.spool import Kept, Spool

_log = logging.getLogger(__name__)


class Replay:
    """Tries the store again and again, each time after a longer pause; live rows keep half of its time."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        health: StoreHealth,
        *,
        max_commit: int,
        first_pause_s: float = 0.25,
        longest_pause_s: float = 5.0,
    ) -> None:
        self._store = store
        self._spool = spool
        self._health = health
        self._max_commit = max_commit
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._work = asyncio.Event()
        self._work.set()

    def wake(self) -> None:
        """Something was spooled."""
        self._work.set()

    async def run(self, disk: Executor) -> None:
        """Until cancelled. Calls to the spool are made in `disk`, as everybody's are."""
        pause = self._first_pause_s
        thread = ThreadPoolExecutor(1, "replay")
        try:
            while True:
                await self._work.wait()
                began = monotonic()
                if await self._turn(disk, thread):
                    pause = self._first_pause_s
                    await asyncio.sleep(monotonic() - began if self._health.waiting else 0)
                else:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, self._longest_pause_s)
        finally:
            thread.shutdown(wait=False)

    async def _turn(self, disk: Executor, thread: Executor) -> bool:
        """Offer the oldest rows to the store. False where it is not to be asked again at once."""
        loop = asyncio.get_running_loop()
        self._work.clear()
        try:
            taken = await loop.run_in_executor(disk, self._spool.take, self._max_commit)
            if not taken:
                return True
            self._work.set()
            stored = await self._offer(thread, taken)
            await loop.run_in_executor(disk, self._settle, stored)
        except OSError as error:
            _log.error("the spool cannot be read: %s", error)
            return False
        return bool(stored)

    def _settle(self, stored: Sequence[Kept]) -> None:
        self._spool.done(stored)
        if not stored:
            self._spool.rewind()

    async def _offer(self, thread: Executor, taken: Sequence[Kept]) -> Sequence[Kept]:
        """What the store took."""
        try:
            await self._write(thread, taken)
        except StoreUnavailable as error:
            self._health.failed(error)
            return ()
        except Exception as error:  # noqa: BLE001  # whatever is wrong, the readings stay on the disk
            return await self._one_by_one(thread, taken, error)
        return taken

    async def _one_by_one(self, thread: Executor, taken: Sequence[Kept], error: Exception) -> Sequence[Kept]:
        """A store that takes others refuses these for good: they stand aside."""
        stored, refused = [], []
        for kept in taken:
            try:
                await self._write(thread, [kept])
            except StoreUnavailable as away:
                self._health.failed(away)
                break
            except Exception as reason:  # noqa: BLE001  # as above
                refused.append((kept, str(reason)))
            else:
                stored.append(kept)
        if stored or len(taken) == 1:
            for kept, why in refused:
                self._spool.hold(kept, why)
        else:
            self._health.failed(error)
        return stored

    async def _write(self, thread: Executor, taken: Sequence[Kept]) -> None:
        batches = [kept.batch for kept in taken]
        await asyncio.get_running_loop().run_in_executor(thread, self._store.write, batches)
        self._health.committed(sum(map(len, batches)))
