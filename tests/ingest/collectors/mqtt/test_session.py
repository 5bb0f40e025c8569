"""A session ends when it is told to, though a message comes in the same moment."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.collectors.mqtt.inbox import Inbox
from ingest.collectors.mqtt.session import Session


def message() -> Any:
    return SimpleNamespace(topic="t", payload=b"1", mid=1, qos=1, retain=False)


async def ended(task: asyncio.Task[None]) -> bool:
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=20)
    task.cancel()
    return bool(done)


@pytest.mark.parametrize("turns", range(8))
def test_whoever_waits_for_more_messages_ends(turns: int) -> None:
    async def scenario() -> bool:
        inbox: Any = Inbox(lambda: 0.0)
        session = Session(SimpleNamespace(), inbox)  # type: ignore[arg-type]

        async def read() -> None:
            while True:
                await session.window(100, linger_s=60)

        reading = asyncio.create_task(read())
        inbox.take(None, None, message())
        await asyncio.sleep(0.05)
        inbox.take(None, None, message())
        for _ in range(turns):
            await asyncio.sleep(0)
        return await ended(reading)

    assert asyncio.run(scenario())


def test_a_cancellation_that_was_lost_while_the_session_opened_is_heeded() -> None:
    async def scenario() -> bool:
        inbox: Any = Inbox(lambda: 0.0)
        session = Session(SimpleNamespace(), inbox)  # type: ignore[arg-type]

        async def open_and_read() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await session.window(100)

        reading = asyncio.create_task(open_and_read())
        await asyncio.sleep(0)
        return await ended(reading)

    assert asyncio.run(scenario())
