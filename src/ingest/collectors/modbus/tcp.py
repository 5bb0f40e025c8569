"""Modbus TCP: each answer carries the number of its request, so that several may be under way."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from ingest.collectors.modbus.frame import Question
from ingest.collectors.modbus.open_questions import Asked, OpenQuestions
from ingest.collectors.modbus.wire import Wire, settle
from ingest.errors import UnitSilent

_HEADER = Struct(">HHHB")
_REQUEST = Struct(">HHHBBHH")
_REQUEST_LENGTH = 6
_LENGTHS = range(3, 255)
_FIRST = 0x5B00
"""Numbers begin with bytes with which few values end, so that few look like one that was cut."""
_NUMBERS = 0x8000
_LATE = 10.0
"""An answer may come so many times the patience late."""
_MIXED = "answers ran into each other"


@dataclass(slots=True, eq=False)
class _Held:
    """A whole answer, unless one of the doubtful began in its last bytes."""

    asked: Asked
    pdu: bytes
    doubtful: set[int]


class TcpWire(Wire):
    """An answer counts once no other that is still to come can have begun in it.

    A cut answer is followed by the next one as if that were its rest, be it one that nobody waits for any
    more and cut itself. What cannot be told apart, and what is no frame, ends the connection.
    """

    def __init__(self, numbers: Iterator[int]) -> None:
        """`numbers` count on through all connections of a line: what is new to one is new to the next."""
        super().__init__()
        self._buffer = b""
        self._numbers = numbers
        self._open = OpenQuestions()
        self._held: list[_Held] = []

    @property
    def torn(self) -> bool:
        return bool(self._buffer) and not self._open.waiting

    async def ask(self, question: Question, timeout_s: float) -> bytes:
        number = _FIRST + next(self._numbers) % _NUMBERS
        self._write(_REQUEST.pack(number, 0, _REQUEST_LENGTH, *question))
        asked = Asked(number, question, self._loop.create_future())
        self._open.add(asked, self._loop.time())
        try:
            pdu = await self._within(asked.answer, timeout_s)
        except (UnitSilent, asyncio.CancelledError):
            self._give_up(asked, timeout_s)
            raise
        return question.data(pdu)

    def _give_up(self, asked: Asked, timeout_s: float) -> None:
        asked.until = self._loop.time() + _LATE * timeout_s
        if any(asked.number in each.doubtful for each in self._held):
            self._end(_MIXED)

    def fail(self, reason: str) -> None:
        for each in (*self._open, *(held.asked for held in self._held)):
            settle(each.answer, reason)

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        at, frames = 0, []
        while len(data) - at > _HEADER.size:
            number, protocol, length, unit = _HEADER.unpack_from(data, at)
            if protocol or length not in _LENGTHS:
                self._end("what came is no Modbus TCP")
                return
            end = at + _HEADER.size - 1 + length
            if end > len(data):
                break
            frames.append((number, unit, data[at:end]))
            at = end
        self._buffer = data[at:]
        self._take(frames)

    def _take(self, frames: list[tuple[int, int, bytes]]) -> None:
        came = [(self._open.take(number), unit, frame) for number, unit, frame in frames]
        for asked, unit, frame in came:
            if asked is not None and not asked.answer.done():
                self._judge(asked, unit, frame)
        if self._held:
            self._release({number for number, _, _ in frames})

    def _judge(self, asked: Asked, unit: int, frame: bytes) -> None:
        doubtful = self._open.at_the_end_of(frame)
        if self.lost:
            settle(asked.answer, _MIXED)
        elif unit != asked.question.unit:
            settle(asked.answer, "the answer belongs to another request")
        elif self._open.hidden_in(frame) or any(each.given_up for each in doubtful):
            settle(asked.answer, _MIXED)
            self._end(_MIXED)
        else:
            self._hold(asked, frame[_HEADER.size :], doubtful)

    def _hold(self, asked: Asked, pdu: bytes, doubtful: list[Asked]) -> None:
        if doubtful:
            self._held.append(_Held(asked, pdu, {each.number for each in doubtful}))
        else:
            asked.answer.set_result(pdu)

    def _release(self, elsewhere: set[int]) -> None:
        """Answers that did not begin in those that are held."""
        for each in self._held:
            each.doubtful -= elsewhere
            if not each.doubtful:
                _deliver(each)
        self._held = [each for each in self._held if each.doubtful]

    def _end(self, reason: str) -> None:
        self._buffer = b""
        self.close()
        self.fail(reason)


def _deliver(held: _Held) -> None:
    if not held.asked.answer.done():
        held.asked.answer.set_result(held.pdu)
