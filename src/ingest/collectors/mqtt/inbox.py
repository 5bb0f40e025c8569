"""What arrived from a broker and was not taken yet, straight from the client's callback."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

from paho.mqtt.client import MQTTMessage

from ingest.collector import Clock

_KEPT_QOS0 = 50_000


class Arrival(NamedTuple):
    topic: str
    payload: bytes
    mid: int
    qos: int
    retain: bool
    at: float
    """When it arrived [s since 1970]."""


class Inbox:
    """Bounded: of QoS 0 what is too much is dropped and counted, of QoS 1 the broker sends no more.

    Used on the loop's thread alone.
    """

    def __init__(self, clock: Clock) -> None:
        self.dropped = 0
        self._clock = clock
        self._arrived: deque[Arrival] = deque()
        self._news = asyncio.Event()
        self._ended: asyncio.Future[Any] | None = None

    def __len__(self) -> int:
        return len(self._arrived)

    def watch(self, ended: asyncio.Future[Any]) -> None:
        """Whoever waits is woken when the connection ends."""
        self._ended = ended
        ended.add_done_callback(lambda _: self._news.set())

    @property
    def ended(self) -> str | None:
        """Why the connection ended; None while it stands."""
        if self._ended is None or not self._ended.done():
            return None
        error = None if self._ended.cancelled() else self._ended.exception()
        return str(error or "the connection was closed")

    def take(self, _client: object, _userdata: object, message: MQTTMessage) -> None:
        """Called for every message."""
        if message.qos == 0 and len(self._arrived) >= _KEPT_QOS0:
            self.dropped += 1
            return
        self._arrived.append(
            Arrival(
                _topic(message),
                bytes(message.payload),
                message.mid,
                message.qos,
                message.retain,
                self._clock(),
            )
        )
        self._news.set()

    async def wait(self) -> None:
        """Until something is here or the connection has ended."""
        while not self._arrived and self.ended is None:
            self._news.clear()
            await self._news.wait()

    def drain(self, most: int) -> list[Arrival]:
        return [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return repr(message)
