import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ingest.backlog import Backlog
from ingest.batch import Batch, merge, row
from ingest.errors import StoreUnavailable
from ingest.health import SourceHealth


def reading(meter: str, time_us: int, quantity: str = "voltage") -> Batch:
    return row("s", meter, time_us, (quantity,), np.array([float(time_us)]))


class Sink:
    def __init__(self) -> None:
        self.written: list[Batch] = []
        self.away = 0
        self.stuck = False

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if self.stuck:
            await asyncio.Event().wait()
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        self.written.append(batch)
        return np.zeros(len(batch), np.uint8)


def drain(backlog: Backlog, sink: Sink, done: Callable[[], bool]) -> None:
    async def scenario() -> None:
        task = asyncio.create_task(backlog.drain(sink))
        async with asyncio.timeout(60):
            while not done():  # noqa: ASYNC110  # another task does the work
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_rows_of_one_form_become_one_batch() -> None:
    one, other = merge([reading("A", 1), reading("B", 2), reading("C", 3, "current"), reading("A", 4)])
    assert one.meters == ("A", "B")
    assert one.row_meter.tolist() == [0, 1, 0]
    assert one.time.tolist() == [1, 2, 4]
    assert one.values.tolist() == [[1.0], [2.0], [4.0]]
    assert other.quantities == ("current",)


def test_nothing_is_lost_while_the_store_is_away() -> None:
    health = SourceHealth.of("s", "modbus", [])
    backlog, sink = Backlog(health, first_pause_s=0.001, max_write=2), Sink()
    sink.away = 3
    for at in range(5):
        backlog.put(reading("A", at))
    assert health.waiting == 5
    drain(backlog, sink, lambda: not health.waiting)
    assert [at for batch in sink.written for at in batch.time] == [0, 1, 2, 3, 4]
    assert health.lost == 0


def test_when_it_is_full_the_older_half_is_thinned_for_each_meter_alike(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = SourceHealth.of("s", "modbus", [])
    backlog, sink = Backlog(health, max_rows=16), Sink()
    for at in range(9):
        for meter in "AB":
            backlog.put(reading(meter, at))
    assert (health.lost, health.gap) == (4, (1e-6, 3e-6))
    assert health.waiting == 14
    assert caplog.messages == ["source s: no room for all readings, some are given up"]
    drain(backlog, sink, lambda: not health.waiting)
    (batch,) = sink.written
    by_meter = {code: batch.time[batch.row_meter == i].tolist() for i, code in enumerate(batch.meters)}
    assert by_meter["A"] == [0, 2, 4, 5, 6, 7, 8]
    assert by_meter["B"] == [0, 2, 4, 5, 6, 7, 8]


def test_it_stays_bounded_however_long_the_store_is_away() -> None:
    health = SourceHealth.of("s", "modbus", [])
    backlog = Backlog(health, max_rows=100)
    for at in range(10_000):
        backlog.put(reading("A", at))
    assert health.waiting <= 100
    assert health.waiting + health.lost == 10_000


def test_what_was_being_written_is_kept_for_the_next_start() -> None:
    health = SourceHealth.of("s", "modbus", [])
    backlog, sink = Backlog(health, linger_s=0), Sink()
    backlog.put(reading("A", 1))
    sink.stuck = True
    drain(backlog, sink, lambda: not backlog._waiting)
    sink.stuck = False
    drain(backlog, sink, lambda: not health.waiting)
    assert [batch.time.tolist() for batch in sink.written] == [[1]]


@pytest.mark.parametrize(("away", "written", "lost"), [(0, 3, 0), (1, 0, 3)])
def test_the_last_rows_of_a_collector_that_ends_are_written_or_counted_as_lost(
    away: int, written: int, lost: int
) -> None:
    health = SourceHealth.of("s", "modbus", [])
    backlog, sink = Backlog(health), Sink()
    sink.away = away
    for at in range(3):
        backlog.put(reading("A", at))
    asyncio.run(backlog.flush(sink))
    assert sum(map(len, sink.written)) == written
    assert (health.waiting, health.lost) == (0, lost)
