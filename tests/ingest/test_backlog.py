import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ingest.backlog import Backlog
from ingest.batch import Batch, merge, row
from ingest.decode import Decoder
from ingest.device import Device
from ingest.errors import StoreUnavailable
from ingest.health import SourceHealth
from ingest.plan import plan
from ingest.undecoded import Undecoded


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


def test_readings_that_wait_as_words_are_written_by_the_decoder_they_were_read_for(
    modbus: Callable[..., Device],
) -> None:
    device = modbus(
        {"address": 0, "type": "uint16", "quantity": "voltage", "unit": "V"},
        {"address": 90, "type": "uint16", "quantity": "current", "unit": "A"},
    )
    whole, part = plan(device)
    decoder = Decoder(device, (whole, part))
    health, sink = SourceHealth.of("s", "modbus", []), Sink()
    backlog = Backlog(health)
    backlog.put(Undecoded("s", "A", 1, decoder, {whole: [230], part: [5]}))
    backlog.put(Undecoded("s", "B", 2, decoder, {whole: [231]}))
    backlog.put(row("s", "A", 3, decoder.quantities, np.array([232.0, 6.0])))
    backlog.put(Undecoded("s", "A", 4, decoder, {whole: [233], part: [7]}))
    drain(backlog, sink, lambda: health.waiting == 0)
    [batch] = sink.written
    rows = {
        int(at): (batch.meters[meter], *values)
        for at, meter, values in zip(batch.time, batch.row_meter, batch.values.tolist(), strict=True)
    }
    assert rows == {
        1: ("A", 230.0, 5.0),
        2: ("B", 231.0, pytest.approx(np.nan, nan_ok=True)),
        3: ("A", 232.0, 6.0),
        4: ("A", 233.0, 7.0),
    }


def test_the_times_of_words_that_find_no_room_are_told(modbus: Callable[..., Device]) -> None:
    device = modbus({"address": 0, "type": "uint16", "quantity": "voltage", "unit": "V"})
    decoder = Decoder(device, plan(device))
    health = SourceHealth.of("s", "modbus", [])
    backlog = Backlog(health, max_rows=4)
    for at in range(1, 6):
        backlog.put(Undecoded("s", "A", at * 1_000_000, decoder, {plan(device)[0]: [at]}))
    assert (health.lost, health.waiting, health.gap) == (1, 4, (2.0, 2.0))
