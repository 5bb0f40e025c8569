import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch, Sink
from ingest.collector import Clock
from ingest.errors import SourceError
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

    def open(self, clock: Clock) -> "Failing":  # noqa: ARG002  # as an assignment it opens itself
        return self

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
        supervisor = Supervisor(Null(), lambda: 5.0, first_pause_s=0.001)
        await supervisor.enact(supervisor.prepare({"broken": broken, "sound": sound}))
        task = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(60):
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
    supervisor = Supervisor(Null(), lambda: 5.0, first_pause_s=1.0, longest_pause_s=10.0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(supervisor._keep(broken))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert broken.health.line.next_attempt == 5.0 + 10.0


class Steady:
    """Runs until it is ended, and remembers in what order that happened."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.health = SourceHealth.of(name, "test", [])
        self.log = log

    async def run(self, sink: Sink) -> None:  # noqa: ARG002
        self.log.append(f"+{self.health.source}")
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"-{self.health.source}")


@dataclass(frozen=True)
class Task:
    name: str
    version: int
    log: list[str] = field(default_factory=list, compare=False)

    def open(self, clock: Clock) -> Steady:  # noqa: ARG002
        if self.version < 0:
            raise SourceError(f"{self.name} does not fit")
        return Steady(f"{self.name}{self.version}", self.log)


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_change_reaches_only_those_whose_assignment_changed() -> None:
    log: list[str] = []

    async def scenario() -> None:
        supervisor = Supervisor(Null(), lambda: 5.0)
        first = {"a": Task("a", 1, log), "b": Task("b", 1, log), "c": Task("c", 1, log)}
        await supervisor.enact(supervisor.prepare(first))
        running = asyncio.create_task(supervisor.run())
        await _settled()
        kept = supervisor.health[0]
        log.clear()
        second = {"a": Task("a", 1, log), "b": Task("b", 2, log), "d": Task("d", 1, log)}
        await supervisor.enact(supervisor.prepare(second))
        await _settled()
        assert sorted(log[:2]) == ["-b1", "-c1"]
        assert sorted(log[2:]) == ["+b2", "+d1"]
        assert supervisor.health[0] is kept
        assert sorted(health.source for health in supervisor.health) == ["a1", "b2", "d1"]
        running.cancel()
        await asyncio.wait({running})
        assert sorted(log[4:]) == ["-a1", "-b2", "-d1"]

    asyncio.run(scenario())


def test_an_assignment_that_cannot_be_opened_changes_nothing() -> None:
    log: list[str] = []

    async def scenario() -> None:
        supervisor = Supervisor(Null(), lambda: 5.0)
        await supervisor.enact(supervisor.prepare({"a": Task("a", 1, log)}))
        running = asyncio.create_task(supervisor.run())
        await _settled()
        with pytest.raises(SourceError, match="b does not fit"):
            supervisor.prepare({"b": Task("b", -1, log)})
        await _settled()
        assert log == ["+a1"]
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scenario())


class Deaf(Failing):
    """As through a library that loses the first cancellation."""

    async def run(self, sink: Sink) -> None:  # noqa: ARG002
        self.starts += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise SourceError("the broker hung up") from error


def test_a_collector_whose_library_loses_the_cancellation_is_not_started_again() -> None:
    deaf = Deaf("deaf", 0)

    async def scenario() -> None:
        supervisor = Supervisor(Null(), lambda: 5.0, first_pause_s=0.001)
        await supervisor.enact(supervisor.prepare({"deaf": deaf}))
        running = asyncio.create_task(supervisor.run())
        await _settled()
        running.cancel()
        async with asyncio.timeout(60):
            await asyncio.wait({running})

    asyncio.run(scenario())
    assert deaf.starts == 1
