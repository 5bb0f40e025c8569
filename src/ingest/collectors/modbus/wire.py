"""One open connection, whatever its framing: bytes go out, answers come in."""

import asyncio
from abc import ABC, abstractmethod
from typing import cast

from ingest.collectors.modbus.frame import Question
from ingest.errors import UnitSilent


class Wire(asyncio.Protocol, ABC):
    def __init__(self) -> None:
        self.lost = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None

    @property
    def torn(self) -> bool:
        """Half of an answer lies in the buffer, and the next one would be read into it."""
        return False

    @abstractmethod
    async def ask(self, question: Question, timeout_s: float) -> bytes:
        """The data bytes of the answer. Raises UnitRefuses, UnitSilent."""

    @abstractmethod
    def fail(self, reason: str) -> None:
        """Whoever waits hears at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio calls it so
        self.lost = True
        self.fail("the connection was lost")

    def close(self) -> None:
        self.lost = True
        if self._transport is not None:
            self._transport.abort()

    def _write(self, frame: bytes) -> None:
        if self.lost or self._transport is None:
            raise UnitSilent("the connection was lost")
        self._transport.write(frame)

    async def _within(self, answer: asyncio.Future[bytes], timeout_s: float) -> bytes:
        timer = self._loop.call_later(timeout_s, _expire, answer, timeout_s)
        try:
            return await answer
        finally:
            timer.cancel()


def settle(answer: asyncio.Future[bytes], reason: str) -> None:
    if not answer.done():
        answer.set_exception(UnitSilent(reason))


def _expire(answer: asyncio.Future[bytes], timeout_s: float) -> None:
    settle(answer, f"no answer within {timeout_s:g} s")
