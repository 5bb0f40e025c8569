"""One connection to a gateway or a serial port, shared by everything that is read over it."""

import asyncio
from itertools import count
from time import monotonic
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.half_duplex.port import attach
from ingest.collectors.modbus.frame import Question
from ingest.collectors.modbus.rtu import Ghosts, RtuWire
from ingest.collectors.modbus.source import ModbusSource
from ingest.collectors.modbus.tcp import TcpWire
from ingest.collectors.modbus.wire import Wire
from ingest.errors import UnitRefuses, UnitSilent
from ingest.pace import Timing
from ingest.plan import Span

_STRIKES = 2
_LINES: WeakValueDictionary[object, "Line"] = WeakValueDictionary()


class Line:
    """Connects when asked; after two failures in a row, or half an answer, it connects anew."""

    def __init__(self, source: ModbusSource) -> None:
        self.latency = 0.0
        """Of the last request [s]."""
        self._source = source
        self._slots = asyncio.Semaphore(source.lanes)
        self._connecting = asyncio.Lock()
        self._wire: Wire | None = None
        self._ghosts = Ghosts()
        self._numbers = count()
        self._asking = 0
        self._strikes = 0
        self._last = -1e9

    @classmethod
    def of(cls, source: ModbusSource) -> "Line":
        """That of the place; all sources that name one place share it."""
        line = _LINES.get(source.whereabouts)
        if line is None:
            line = _LINES[source.whereabouts] = cls(source)
        return line

    async def read(self, unit: int, span: Span, timing: Timing | None = None) -> NDArray[np.uint16]:
        """The words (bits as 0 and 1) of a span, uint16[count], most significant byte first.

        Raises LineDown without a connection, UnitSilent without a usable answer, UnitRefuses with the
        device's reason.
        """
        timing = timing or self._source.timing
        async with self._slots:
            wire = await self._connected()
            if timing.pause_s:
                await asyncio.sleep(self._last + timing.pause_s - monotonic())
            self._asking += 1
            try:
                data = await self._ask(wire, Question.of(unit, span), timing.timeout_s)
            finally:
                self._asking -= 1
                self._last = monotonic()
        return _words(data, span)

    def close(self) -> None:
        """Where nobody else is in the middle of a request."""
        if not self._asking:
            self._leave()

    def _leave(self) -> None:
        self._strikes = 0
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _ask(self, wire: Wire, question: Question, timeout_s: float) -> bytes:
        begun = monotonic()
        try:
            data = await wire.ask(question, timeout_s)
        except UnitSilent:
            self._strikes += 1
            raise
        except UnitRefuses:
            self._strikes = 0
            raise
        self.latency = monotonic() - begun
        self._strikes = 0
        return data

    async def _connected(self) -> Wire:
        if self._wire is not None and self._sound(self._wire):
            return self._wire
        async with self._connecting:
            if self._wire is None or not self._sound(self._wire):
                self._leave()
                _, self._wire = await attach(self._source, self._new_wire)
            return self._wire

    def _new_wire(self) -> Wire:
        return RtuWire(self._ghosts) if self._source.is_rtu else TcpWire(self._numbers)

    def _sound(self, wire: Wire) -> bool:
        return not wire.lost and (self._asking > 0 or (self._strikes < _STRIKES and not wire.torn))


async def persist(line: Line, unit: int, span: Span, timing: Timing) -> NDArray[np.uint16]:
    """As `Line.read`, asked again after silence as often as the timing says."""
    for _ in range(timing.retries):
        try:
            return await line.read(unit, span, timing)
        except UnitSilent:
            continue
    return await line.read(unit, span, timing)


def _words(data: bytes, span: Span) -> NDArray[np.uint16]:
    if not span.table.holds_bits:
        return np.frombuffer(data, ">u2")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=span.count, bitorder="little")
    return bits.astype(np.uint16)
