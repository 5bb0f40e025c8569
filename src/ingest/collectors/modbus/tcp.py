"""Modbus TCP: each answer carries the number of its request, so that several may be under way."""

import asyncio
from struct import Struct

from ingest.collectors.modbus.frame import Question
from ingest.collectors.modbus.wire import Wire, settle

_HEADER = Struct(">HHHB")
_REQUEST = Struct(">HHHBBHH")
_REQUEST_LENGTH = 6
_LENGTHS = range(3, 255)


class TcpWire(Wire):
    """An answer that nobody waits for any more is passed over.

    What is no frame ends the connection, and what came with it counts for nothing: a cut answer reads on
    into the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buffer = b""
        self._number = 0
        self._waiting: dict[int, tuple[int, asyncio.Future[bytes]]] = {}

    @property
    def torn(self) -> bool:
        return bool(self._buffer) and not self._waiting

    async def ask(self, question: Question, timeout_s: float) -> bytes:
        self._number = number = self._number % 0xFFFF + 1
        self._write(_REQUEST.pack(number, 0, _REQUEST_LENGTH, *question))
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[number] = question.unit, answer
        try:
            return question.data(await self._within(answer, timeout_s))
        finally:
            self._waiting.pop(number, None)

    def fail(self, reason: str) -> None:
        for _, answer in self._waiting.values():
            settle(answer, reason)

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        at, frames = 0, []
        while len(data) - at > _HEADER.size:
            number, protocol, length, unit = _HEADER.unpack_from(data, at)
            if protocol or length not in _LENGTHS:
                self._garbled()
                return
            end = at + _HEADER.size - 1 + length
            if end > len(data):
                break
            frames.append((number, unit, data[at + _HEADER.size : end]))
            at = end
        self._buffer = data[at:]
        for frame in frames:
            self._deliver(*frame)

    def _deliver(self, number: int, unit: int, pdu: bytes) -> None:
        asked, answer = self._waiting.get(number, (None, None))
        if answer is None or answer.done():
            return
        if asked == unit:
            answer.set_result(pdu)
        else:
            settle(answer, "the answer belongs to another request")

    def _garbled(self) -> None:
        self._buffer = b""
        self.close()
        self.fail("what came is no Modbus TCP")
