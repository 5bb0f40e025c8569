"""What waits to be woken ends when it is told to, though something wakes it in the same moment."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from telemetry.access.roster import Roster
from telemetry.jobs.adopt import Adopter
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.people import PeopleWatch
from telemetry.jobs.sending import Sender
from telemetry.reports.strays import StrayTally
from telemetry.storage.errors import StorageUnavailable


class Gone:
    def connection(self) -> Any:
        raise StorageUnavailable("gone")


class IdleAdopter(Adopter):
    def adopt(self) -> int:
        return 0

    def adopt_names(self) -> int:
        return 0

    def trim(self) -> None:
        return


def alerter() -> Alerter:
    nobody: Any = SimpleNamespace(plan=None)
    return Alerter(Gone(), nobody, tick_s=3600.0)  # type: ignore[arg-type]


def sender() -> Sender:
    nothing_due: Any = SimpleNamespace(work=lambda _work, _key: None)
    nobody: Any = SimpleNamespace(plan=None)
    return Sender(nothing_due, nobody)


def adopter() -> Adopter:
    unasked: Any = None
    return IdleAdopter(unasked, unasked, StrayTally(), unasked, unasked)


def test_a_disk_that_takes_no_note_of_accounts_does_not_end_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("telemetry.jobs.people._PAUSE_S", 0.01)
    steps = list[int]()

    def step() -> None:
        steps.append(len(steps))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def scenario() -> None:
        nobody: Any = None
        watch: Any = PeopleWatch(nobody, Roster(), nobody, nobody)
        watch.step = step
        running = asyncio.create_task(watch.run())
        async with asyncio.timeout(60):
            while len(steps) < 2 and not running.done():  # noqa: ASYNC110  # another task does the work
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scenario())
    assert len(steps) >= 2


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("part", [alerter, sender, adopter])
def test_a_part_ends_though_it_is_woken_in_the_same_moment(part: Callable[[], Any], turns: int) -> None:
    async def ended() -> bool:
        one = part()
        running = asyncio.create_task(one.run())
        await asyncio.sleep(0.3)
        one.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        done, _ = await asyncio.wait({running}, timeout=20)
        running.cancel()
        return bool(done)

    assert asyncio.run(ended())


async def end_while_at_work(part: Any, begun: threading.Event, go: threading.Event) -> None:
    """It is told to end once its thread has `begun`, which may `go` on after that."""
    running = asyncio.create_task(part.run())
    await asyncio.to_thread(begun.wait, 60)
    running.cancel()
    for _ in range(8):
        await asyncio.sleep(0)
    go.set()
    await asyncio.wait({running})


def test_a_judgement_that_runs_is_let_finish_before_the_lease_is_given_back() -> None:
    begun, go, order = threading.Event(), threading.Event(), list[str]()

    def judge() -> bool:
        begun.set()
        go.wait(60)
        order.append("judged")
        return False

    async def scenario() -> None:
        one: Any = alerter()
        one._attempt = judge
        one._journal = SimpleNamespace(release=lambda _holder: order.append("given back"))
        await end_while_at_work(one, begun, go)

    asyncio.run(scenario())
    assert order == ["judged", "given back"]


class Ending(Alerter):
    """Its loop goes in the moment after it was seen."""

    _seen = False

    @property
    def _loop(self) -> asyncio.AbstractEventLoop | None:  # type: ignore[override]
        seen, self._seen = self._seen, True
        return None if seen else self._ended

    @_loop.setter
    def _loop(self, _: object) -> None:
        self._ended = asyncio.new_event_loop()
        self._ended.close()


def test_readings_that_come_while_alerts_end_trouble_nobody() -> None:
    nobody: Any = SimpleNamespace(plan=None)
    Ending(Gone(), nobody).wake()  # type: ignore[arg-type]


def test_a_message_that_is_taken_in_the_moment_of_the_end_is_sent() -> None:
    """It is leased: until that runs out nobody else would."""
    begun, go, sent = threading.Event(), threading.Event(), list[str]()

    def work(_do: object, _key: object) -> str:
        begun.set()
        go.wait(60)
        return "message"

    async def deliver(taken: str) -> None:
        sent.append(taken)

    async def scenario() -> None:
        desk: Any = SimpleNamespace(work=work)
        nobody: Any = SimpleNamespace(plan=None)
        one: Any = Sender(desk, nobody)
        one.deliver = deliver
        await end_while_at_work(one, begun, go)

    asyncio.run(scenario())
    assert sent == ["message"]
