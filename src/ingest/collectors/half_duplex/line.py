"""One line on which one question at a time is asked."""

import asyncio
from collections.abc import Callable
from time import monotonic

from ingest.collectors.half_duplex.frame import WAKE_UP, Layout
from ingest.collectors.half_duplex.port import Inbox, connect
from ingest.collectors.half_duplex.source import LineSource
from ingest.errors import UnitSilent
from ingest.pace import Timing

_STRIKES = 3
_SHOWN = 40


class Line:
    """Connects when asked; after three silences in a row it connects anew.

    What came late is thrown away before the next question, and an answer that does not fit the question is
    passed over: an echo of the question, another meter's answer, the answer to an earlier question.
    """

    def __init__(self, source: LineSource, layout: Layout) -> None:
        self.latency = 0.0
        """Of the last answer [s]."""
        self._source = source
        self._layout = layout
        self._connection: tuple[asyncio.WriteTransport, Inbox] | None = None
        self._strikes = 0

    async def ask(self, question: bytes, fits: Callable[[bytes], bool], timing: Timing) -> bytes:
        """The frame that answers. Raises LineDown without a connection, UnitSilent without an answer."""
        transport, inbox = await self._connected()
        await asyncio.sleep(timing.pause_s)
        inbox.buffer.clear()
        begun = monotonic()
        transport.write(WAKE_UP + question)
        answer = await self._hear(inbox, fits, timing.timeout_s)
        self.latency = monotonic() - begun
        self._strikes = 0
        return answer

    def close(self) -> None:
        self._strikes = 0
        if self._connection is not None:
            self._connection[0].close()
            self._connection = None

    async def _connected(self) -> tuple[asyncio.WriteTransport, Inbox]:
        if self._connection and (self._connection[1].lost or self._strikes >= _STRIKES):
            self.close()
        self._connection = self._connection or await connect(self._source)
        return self._connection

    async def _hear(self, inbox: Inbox, fits: Callable[[bytes], bool], timeout_s: float) -> bytes:
        passed_over = b""
        try:
            async with asyncio.timeout(timeout_s):
                while not inbox.lost:
                    frame = self._layout.take(inbox.buffer)
                    if frame is not None and fits(frame):
                        return frame
                    passed_over = frame or passed_over
                    if frame is None:
                        await inbox.more()
        except TimeoutError:
            self._strikes += 1
            raise UnitSilent(_why(timeout_s, passed_over, inbox.buffer)) from None
        raise UnitSilent("the connection was lost")


def _why(timeout_s: float, passed_over: bytes, rest: bytearray) -> str:
    silence = f"no answer within {timeout_s:g} s"
    if passed_over:
        return f"{silence}, only what was not asked for: {passed_over[:_SHOWN].hex(' ')}"
    return f"{silence}, only a piece of one: {rest[:_SHOWN].hex(' ')}" if rest else silence
