"""A connection to a broker, in which messages are acknowledged by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from time import time

from aiomqtt import Client, MqttError

from ingest.cancellation import heed_cancellation
from ingest.collector import Clock
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.connect import connect, leave
from ingest.collectors.mqtt.inbox import Arrival, Inbox
from ingest.errors import SourceError

_QUIET_S = 0.1


class Session:
    """One connection. What is not acknowledged comes again with the next one."""

    def __init__(self, client: Client, inbox: Inbox) -> None:
        self._client = client
        self._inbox = inbox

    async def window(self, most: int, linger_s: float = 0.0) -> list[Arrival]:
        """What has arrived, at least one message; more is waited for until none comes, `linger_s` at most.

        Raises SourceError when the connection ends.
        """
        heed_cancellation()
        await self._inbox.wait()
        window = self._inbox.drain(most)
        if not window:
            raise SourceError(f"the broker disconnected: {self._inbox.ended}")
        if linger_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(linger_s):
                    await self._fill(window, most)
        return window

    async def _fill(self, window: list[Arrival], most: int) -> None:
        """Raises TimeoutError when the broker is quiet."""
        while len(window) < most and self._inbox.ended is None:
            async with asyncio.timeout(_QUIET_S):
                await self._inbox.wait()
            window += self._inbox.drain(most - len(window))

    def acknowledge(self, messages: Iterable[Arrival]) -> None:
        """In order of arrival; call it on the loop's thread."""
        paho = self._client._client  # noqa: SLF001  # aiomqtt has no acknowledgement by hand
        for message in messages:
            if message.qos:
                paho.ack(message.mid, message.qos)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Raises SourceError."""
        try:
            await self._client.publish(topic, payload)
        except MqttError as error:
            raise SourceError(f"nothing could be published on {topic}: {error}") from error

    def take_dropped(self) -> int:
        """How many messages of QoS 0 were dropped since the last call."""
        dropped, self._inbox.dropped = self._inbox.dropped, 0
        return dropped


@asynccontextmanager
async def session(
    broker: Broker, *topics: str, clock: Clock = time, wished: Iterable[str] = ()
) -> AsyncIterator[Session]:
    """A session subscribed to topic filters, and to `wished` where the broker allows. Raises SourceError."""
    inbox = Inbox(clock)
    client = await connect(broker, inbox)
    try:
        for topic in topics:
            await _subscribe(client, topic)
        for topic in wished:
            with suppress(SourceError):
                await _subscribe(client, topic, qos=0)
        yield Session(client, inbox)
    finally:
        await leave(client)


async def _subscribe(client: Client, topic: str, qos: int = 1) -> None:
    try:
        codes = await client.subscribe(topic, qos=qos)
    except MqttError as error:
        raise SourceError(f"no subscription to {topic}: {error}") from error
    refused = [code for code in codes if (code if isinstance(code, int) else code.value) >= 0x80]  # noqa: PLR2004  # failure
    if refused:
        raise SourceError(f"the broker refuses the subscription to {topic}: {refused[0]}")
