import asyncio
import logging
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch, Sink
from ingest.health import SourceHealth
from ingest.supervisor import Supervisor


class Null:
    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return np.zeros(len(batch), np.uint8)


class Failing:
    """Fails `times` times, then reads for ever."""

    def __init__(self, name: str, times: int) -> None:
        self.health = SourceHealth.of(name, "test", [])
        self.starts = 0
        self.times = times

    async def run(self, sink: Sink) -> None:  # noqa: ARG002
        self.starts += 1
        if self.starts <= self.times:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._break())
        self.health.line.succeeded(1.0)
        await asyncio.Event().wait()

    async def _break(self) -> None:
        raise OSError("cable cut")


def test_a_collector_that_fails_starts_again_and_the_others_do_not_notice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, sound = Failing("broken", 3), Failing("sound", 0)

    async def scenario() -> None:
        supervisor = Supervisor([broken, sound], Null(), lambda: 5.0, first_pause_s=0.001)
        task = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(5):
            while broken.starts < 4:  # noqa: ASYNC110  # another task does the work
                await asyncio.sleep(0.001)
        assert [health.source for health in supervisor.health] == ["broken", "sound"]
        assert broken.health.line.next_attempt is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with caplog.at_level(logging.INFO, "ingest"):
        asyncio.run(scenario())
    assert sound.starts == 1
    assert broken.health.line.failures == 3
    assert [record.getMessage() for record in caplog.records] == [
        "source broken fails: cable cut",
        "source broken answers again",
    ]


def test_the_pause_between_starts_grows_to_its_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    broken = Failing("broken", 100)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise asyncio.CancelledError

    monkeypatch.setattr("ingest.supervisor.asyncio.sleep", sleep)
    supervisor = Supervisor([broken], Null(), lambda: 5.0, first_pause_s=1.0, longest_pause_s=10.0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(supervisor._keep(broken))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert broken.health.line.next_attempt == 5.0 + 10.0
