"""Modbus RTU, over a serial port or TCP: answers carry no number, so doubt is cleared first."""

import asyncio
from collections.abc import Iterator
from time import monotonic

from ingest.collectors.modbus.frame import REFUSED, Question, is_sealed, sealed
from ingest.collectors.modbus.wire import Wire, settle
from ingest.errors import UnitRefuses, UnitSilent

_SHORTEST = 5
"""Unit, function, length or exception, CRC [bytes]."""
_LONGEST = 250
_LIFE = 10.0
_SHORTEST_LIFE_S = 10.0
_QUIET_S = 0.02
_SHOWN = 40
_MOST = 100
_KEPT = 4_096


class Ghosts:
    """Questions given up whose answers may still come, once for each time they were asked in vain.

    Each is young for ten times the patience it was given; one that is old rests once its unit has answered
    something asked later, for a device answers in turn.
    """

    def __init__(self) -> None:
        self._until: dict[Question, list[float]] = {}

    def add(self, question: Question, timeout_s: float) -> None:
        until = self._until.setdefault(question, [])
        until.append(monotonic() + max(_LIFE * timeout_s, _SHORTEST_LIFE_S))
        del until[:-_MOST]

    def __iter__(self) -> Iterator[Question]:
        return iter(tuple(self._until))

    def young(self, unit: int, function: int) -> list[Question]:
        now = monotonic()
        return [one for one in self if one[:2] == (unit, function) and self._until[one][-1] > now]

    def rest(self, question: Question) -> None:
        """One answer has come."""
        if until := self._until.get(question):
            until.pop(0)
            self._forget(question, until)

    def passed_by(self, answered: Question) -> None:
        """Its answer has come; where it can be no late one, what was asked long before comes no more."""
        if any(ghost.resembles(answered) for ghost in self):
            return
        now = monotonic()
        for ghost in self:
            if ghost.unit == answered.unit:
                self._forget(ghost, [one for one in self._until[ghost] if one > now])

    def _forget(self, question: Question, left: list[float]) -> None:
        if left:
            self._until[question] = left
        else:
            del self._until[question]

    def doubles(self, question: Question) -> list[Question]:
        """Those whose late answer would read as the answer to this one."""
        return [ghost for ghost in self if ghost != question and ghost.resembles(question)]


class RtuWire(Wire):
    """A question whose answer could be a late one is asked a little longer, so that the lengths tell."""

    def __init__(self, ghosts: Ghosts) -> None:
        super().__init__()
        self._ghosts = ghosts
        self._buffer = bytearray()
        self._asked: Question | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._heard = -1.0
        self._unclean = False

    async def ask(self, question: Question, timeout_s: float) -> bytes:
        if not self._ghosts.doubles(question):
            return await self._exchange(question, timeout_s)
        try:
            return (await self._exchange(self._longer(question), timeout_s))[: question.size]
        except UnitRefuses as error:
            if self._ghosts.young(question.unit, question.function):
                raise UnitSilent(
                    f"an earlier answer may still come, and a longer read is refused: {error}"
                ) from error
        return await self._after_a_shorter(question, timeout_s)

    async def _after_a_shorter(self, question: Question, timeout_s: float) -> bytes:
        """Where a longer one is refused: its answer shows that the old ones come no more."""
        for length in range(question.length - _step(question), 0, -_step(question)):
            shorter = question._replace(length=length)
            if not self._ghosts.doubles(shorter):
                await self._exchange(shorter, timeout_s)
                break
        return await self._exchange(question, timeout_s)

    def fail(self, reason: str) -> None:
        if self._answer is not None:
            settle(self._answer, reason)

    def _longer(self, question: Question) -> Question:
        """The same and a little more, so that its answer has a length of its own. Raises UnitRefuses."""
        step = _step(question)
        for length in range(question.length + step, question.length + 9 * step, step):
            longer = question._replace(length=length)
            if longer.size <= _LONGEST and not self._ghosts.doubles(longer):
                return longer
        raise UnitRefuses("no frame is long enough")

    async def _exchange(self, question: Question, timeout_s: float) -> bytes:
        await self._quiet(timeout_s)
        self._buffer.clear()
        self._write(_request(question))
        self._asked, self._answer = question, self._loop.create_future()
        self._unclean = True
        try:
            pdu = await self._within(self._answer, timeout_s)
        except (UnitSilent, asyncio.CancelledError) as error:
            self._ghosts.add(question, timeout_s)
            raise self._told(error) from None
        finally:
            self._asked = self._answer = None
        self._unclean = False
        return self._judged(question, pdu)

    def _judged(self, question: Question, pdu: bytes) -> bytes:
        """A refusal has one form for all questions of a function: it counts where no other is open."""
        young = self._ghosts.young(question.unit, question.function)
        if pdu[0] & REFUSED and any(ghost != question for ghost in young):
            raise UnitSilent("a refusal came that may belong to an earlier request")
        data = question.data(pdu)
        self._ghosts.passed_by(question)
        return data

    async def _quiet(self, longest_s: float) -> None:
        """After a failure nothing is sent into an answer that still comes."""
        end = monotonic() + longest_s
        while self._unclean and (now := monotonic()) < end and now - self._heard < _QUIET_S:  # noqa: ASYNC110  # no event says that nothing comes
            await asyncio.sleep(self._heard + _QUIET_S - now)

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, UnitSilent) and self._buffer:
            return UnitSilent(f"{error}, only: {bytes(self._buffer[:_SHOWN]).hex(' ')}")
        return error

    def data_received(self, data: bytes) -> None:
        self._heard = monotonic()
        if self._asked is None or self._answer is None or self._answer.done():
            return
        self._buffer += data[: _KEPT - len(self._buffer)]
        _drop_echo(self._buffer, self._asked)
        while (found := self._take(self._asked)) is not None:
            question, pdu = found
            if question == self._asked:
                self._answer.set_result(pdu)
                return
            self._ghosts.rest(question)

    def _take(self, asked: Question) -> tuple[Question, bytes] | None:
        """The first frame, if sound and an answer to something asked; what follows noise is noise."""
        if len(self._buffer) < _SHORTEST:
            return None
        for question in (asked, *self._ghosts):
            length = _awaited(self._buffer, question)
            if length and len(self._buffer) >= length and is_sealed(bytes(self._buffer[:length])):
                frame = bytes(self._buffer[:length])
                del self._buffer[:length]
                return question, frame[1:-2]
        return None


def _step(question: Question) -> int:
    """By how much a question must grow for its answer to grow."""
    return 1 if question.function > 2 else 8  # noqa: PLR2004  # 1, 2: bits


def _request(question: Question) -> bytes:
    return sealed(bytes([question.unit]) + question.pdu())


def _awaited(buffer: bytearray, question: Question) -> int:
    """How long the frame is that begins as an answer to the question does; 0 where none begins."""
    unit, function, size = buffer[:3]
    if unit != question.unit:
        return 0
    if function == question.function | REFUSED:
        return _SHORTEST
    return size + _SHORTEST if (function, size) == (question.function, question.size) else 0


def _drop_echo(buffer: bytearray, question: Question) -> None:
    """Some two-wire adapters hear themselves."""
    request = _request(question)
    if len(request) != question.size + _SHORTEST and buffer.startswith(request):
        del buffer[: len(request)]
