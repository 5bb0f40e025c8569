import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.batch import Batch, Outcome, row
from ingest.errors import SpoolFull, StoreUnavailable
from ingest.pipeline import Pipeline
from ingest.spool import Spool, SpoolState


def reading(number: int) -> Batch:
    return row("s", "M1", number, ("voltage",), np.array([float(number)]))


class Store:
    """Keeps times; away while told so, hangs while held, refuses what it does not like."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.calls: list[int] = []
        self.away = False
        self.refused: set[int] = set()
        self.open = threading.Event()
        self.open.set()

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        times = [time for batch in batches for time in batch.time.tolist()]
        self.calls.append(len(times))
        assert self.open.wait(120)
        if self.away:
            raise StoreUnavailable("away")
        if self.refused & set(times):
            raise ValueError("no such partition")
        self.times += times
        return [np.full(len(batch), Outcome.ACCEPTED, np.uint8) for batch in batches]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool.open(tmp_path / "spool", limit=1 << 20, segment=1 << 16)
    yield opened
    opened.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition lives in another thread
            await asyncio.sleep(0.002)


def running(pipeline: Pipeline, scenario: Callable[[], Awaitable[None]]) -> None:
    async def both() -> None:
        task = asyncio.create_task(pipeline.run())
        await asyncio.sleep(0)
        try:
            await scenario()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(both())


def test_while_the_store_is_away_rows_go_to_the_disk_and_follow_when_it_is_back(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    pipeline = Pipeline(store, spool)

    async def scenario() -> None:
        store.away = True
        for number in range(50):
            assert (await pipeline.write(reading(number))).tolist() == [Outcome.SPOOLED]
        assert spool.health().rows == 50
        store.away = False
        await until(lambda: not spool.pending)
        assert (await pipeline.write(reading(50))).tolist() == [Outcome.ACCEPTED]

    caplog.set_level(logging.INFO, "ingest")
    running(pipeline, scenario)
    assert sorted(store.times) == list(range(51))
    assert caplog.messages == ["the store takes no readings: away", "the store takes readings again"]
    assert (pipeline.health.spooled, spool.health().state) == (50, SpoolState.EMPTY)


def test_a_store_that_hangs_keeps_nobody_waiting(spool: Spool) -> None:
    store = Store()
    pipeline = Pipeline(store, spool, patience_s=0.05)

    async def scenario() -> None:
        store.open.clear()
        async with asyncio.timeout(60):
            outcomes = await asyncio.gather(*(pipeline.write(reading(number)) for number in range(9)))
            assert {int(one[0]) for one in outcomes} == {Outcome.SPOOLED}
        store.open.set()
        await until(lambda: not spool.pending)

    running(pipeline, scenario)
    assert set(store.times) == set(range(9))


def test_what_an_earlier_process_left_is_brought_in(spool: Spool) -> None:
    store = Store()
    spool.append([reading(number) for number in range(5)])

    async def scenario() -> None:
        await until(lambda: not spool.pending)

    running(Pipeline(store, spool), scenario)
    assert sorted(store.times) == list(range(5))


def test_the_disk_is_emptied_in_bounded_commits(spool: Spool) -> None:
    store = Store()
    spool.append([reading(number) for number in range(100)])

    async def scenario() -> None:
        await until(lambda: not spool.pending)

    running(Pipeline(store, spool, max_commit=30), scenario)
    assert store.calls == [30, 30, 30, 10]


def test_with_no_room_left_writers_are_told_and_heard_again_when_the_store_is_back(tmp_path: Path) -> None:
    store = Store()
    spool = Spool.open(tmp_path / "small", limit=2048, segment=1024)
    pipeline = Pipeline(store, spool)

    async def scenario() -> None:
        store.away, taken = True, 0
        while not spool.full:
            await asyncio.gather(pipeline.write(reading(taken)), return_exceptions=True)
            taken += not spool.full
        with pytest.raises(SpoolFull, match="no more readings: 2048 bytes"):
            await pipeline.write(reading(taken))
        store.away = False
        await until(lambda: not spool.pending)
        assert sorted(store.times) == list(range(taken))
        assert (await pipeline.write(reading(taken))).tolist() == [Outcome.ACCEPTED]

    running(pipeline, scenario)
    spool.close()


def test_without_any_room_the_store_is_asked_by_those_who_write(tmp_path: Path) -> None:
    store = Store()
    spool = Spool.open(tmp_path / "none", limit=16, segment=16)
    pipeline = Pipeline(store, spool, patience_s=0.2)

    async def scenario() -> None:
        store.away = True
        with pytest.raises(SpoolFull):
            await pipeline.write(reading(1))
        store.away = False
        async with asyncio.timeout(60):
            while not await taken():  # noqa: ASYNC110  # each try is the very question
                await asyncio.sleep(0.02)

    async def taken() -> bool:
        with suppress(SpoolFull):  # a busy machine's thread may answer after the patience too
            return (await pipeline.write(reading(1))).tolist() == [Outcome.ACCEPTED]
        return False

    running(pipeline, scenario)
    spool.close()


def test_rows_that_the_store_refuses_stay_on_the_disk_and_hold_nobody_up(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    store.refused = {3}
    pipeline = Pipeline(store, spool)

    async def scenario() -> None:
        outcomes = await asyncio.gather(*(pipeline.write(reading(number)) for number in range(5)))
        assert sorted(int(one[0]) for one in outcomes) == [0, 0, 0, 0, Outcome.SPOOLED]
        await until(lambda: not spool.pending)
        await until(lambda: bool(spool.health().held))
        await pipeline.write(reading(9))
        await until(lambda: not pipeline.health.failing)

    running(pipeline, scenario)
    assert {0, 1, 2, 4, 9} == set(store.times)
    assert "1 rows of s stay in the spool: no such partition" in caplog.text


def test_a_store_that_refuses_everything_is_asked_again_later(spool: Spool) -> None:
    class Mended(Store):
        def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
            if len(batches) == len(self.refused) and self.calls:  # all of them once more
                assert spool.health().held == 0
                self.refused = set()
            return super().write(batches)

    store = Mended()
    store.refused = set(range(10))
    spool.append([reading(number) for number in range(10)])

    async def scenario() -> None:
        await until(lambda: not spool.pending)

    running(Pipeline(store, spool), scenario)
    assert len(store.calls) == 12
    assert sorted(store.times) == list(range(10))
