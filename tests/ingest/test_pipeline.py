import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.batch import Batch, Outcome
from ingest.errors import StoreUnavailable
from ingest.pipeline import Pipeline


def batch(source: str, rows: int) -> Batch:
    return Batch(
        source,
        ("M1",),
        np.zeros(rows, np.int32),
        np.arange(rows, dtype=np.int64),
        ("active_power",),
        np.ones((rows, 1)),
    )


class Recording:
    """A store that keeps what it was given; `gate` holds it back, `fail` decides which calls raise."""

    def __init__(self, fail: Callable[[Sequence[Batch]], Exception | None] = lambda _: None) -> None:
        self.calls: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fail = fail

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        self.calls.append([one.source for one in batches])
        assert self.gate.wait(120)
        if error := self.fail(batches):
            raise error
        return [
            np.full(len(one), Outcome.DUPLICATE if one.source == "again" else Outcome.ACCEPTED, np.uint8)
            for one in batches
        ]


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


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition lives in another thread
            await asyncio.sleep(0.001)


def test_each_writer_gets_its_own_outcomes() -> None:
    pipeline = Pipeline(Recording())

    async def scenario() -> None:
        new, again = await asyncio.gather(pipeline.write(batch("new", 2)), pipeline.write(batch("again", 3)))
        assert new.tolist() == [Outcome.ACCEPTED] * 2
        assert again.tolist() == [Outcome.DUPLICATE] * 3

    running(pipeline, scenario)


def test_what_waits_goes_into_one_commit() -> None:
    store = Recording()
    pipeline = Pipeline(store, max_commit=5)

    async def scenario() -> None:
        store.gate.clear()
        first = asyncio.create_task(pipeline.write(batch("a", 1)))
        await until(lambda: len(store.calls) == 1)
        rest = [asyncio.create_task(pipeline.write(batch(name, 2))) for name in "bcd"]
        await until(lambda: pipeline.health.waiting == 6)
        store.gate.set()
        await asyncio.gather(first, *rest)

    running(pipeline, scenario)
    assert store.calls == [["a"], ["b", "c"], ["d"]]
    assert pipeline.health.waiting == 0
    assert pipeline.health.rows == 7


def test_every_writer_hears_that_the_store_is_away(caplog: pytest.LogCaptureFixture) -> None:
    away = True
    pipeline = Pipeline(Recording(lambda _: StoreUnavailable("connection refused") if away else None))

    async def scenario() -> None:
        nonlocal away
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="connection refused"):
                await pipeline.write(batch("a", 1))
        away = False
        await pipeline.write(batch("a", 1))

    with caplog.at_level(logging.INFO, "ingest"):
        running(pipeline, scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "the store takes no readings: connection refused",
        "the store takes readings again",
    ]
    assert pipeline.health.failures == 3


def test_one_bad_batch_does_not_take_the_others_down() -> None:
    def fail(batches: Sequence[Batch]) -> Exception | None:
        return ValueError("odd") if any(one.source == "bad" for one in batches) else None

    pipeline = Pipeline(Recording(fail))

    async def scenario() -> None:
        good, bad = await asyncio.gather(
            pipeline.write(batch("good", 1)), pipeline.write(batch("bad", 1)), return_exceptions=True
        )
        assert isinstance(good, np.ndarray)
        assert isinstance(bad, StoreUnavailable)

    running(pipeline, scenario)


def test_a_full_queue_turns_writers_away() -> None:
    store = Recording()
    pipeline = Pipeline(store, max_waiting=10)

    async def scenario() -> None:
        store.gate.clear()
        first = asyncio.create_task(pipeline.write(batch("a", 1)))
        await until(lambda: len(store.calls) == 1)
        second = asyncio.create_task(pipeline.write(batch("b", 8)))
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable, match="8 rows wait already"):
            await pipeline.write(batch("c", 3))
        store.gate.set()
        await asyncio.gather(first, second)

    running(pipeline, scenario)


def test_a_store_that_hangs_does_not_hang_its_callers() -> None:
    store = Recording()
    pipeline = Pipeline(store, patience_s=0.05)

    async def scenario() -> None:
        store.gate.clear()
        with pytest.raises(StoreUnavailable, match="no answer"):
            await pipeline.write(batch("a", 1))
        store.gate.set()

    running(pipeline, scenario)


def test_stopping_answers_those_who_wait() -> None:
    store = Recording()
    pipeline = Pipeline(store)

    async def scenario() -> None:
        store.gate.clear()
        task = asyncio.create_task(pipeline.run())
        await asyncio.sleep(0)
        in_flight = asyncio.create_task(pipeline.write(batch("a", 1)))
        await until(lambda: len(store.calls) == 1)
        queued = asyncio.create_task(pipeline.write(batch("b", 1)))
        await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(60):
            answers = await asyncio.gather(in_flight, queued, return_exceptions=True)
        store.gate.set()
        await asyncio.gather(task, return_exceptions=True)
        assert [str(answer) for answer in answers] == ["the pipeline stopped"] * 2
        with pytest.raises(StoreUnavailable, match="does not run"):
            await pipeline.write(batch("c", 1))

    asyncio.run(scenario())
