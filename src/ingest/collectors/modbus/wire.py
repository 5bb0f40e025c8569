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
        self._patience: dict[asyncio.Future[bytes], tuple[float, float]] = {}
        """Of who waits: until when, on the loop's clock, and for how long [s]."""
        self._alarm: asyncio.TimerHandle | None = None

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
        until = self._loop.time() + timeout_s
        self._patience[answer] = until, timeout_s
        if self._alarm is None or until < self._alarm.when():
            self._set_alarm(until)
        try:
            return await answer
        finally:
            del self._patience[answer]

    def _set_alarm(self, at: float) -> None:
        """One for all who wait: it is left standing when an answer comes, and set anew when it rings."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(at, self._ring, at)

    def _ring(self, now: float) -> None:
        self._alarm = None
        for answer, (until, timeout_s) in self._patience.items():
            if until <= now:
                settle(answer, f"no answer within {timeout_s:g} s")
        if left := [until for until, _ in self._patience.values() if until > now]:
            self._set_alarm(min(left))


def settle(answer: asyncio.Future[bytes], reason: str) -> None:
    if not answer.done():
        answer.set_exception(UnitSilent(reason))
