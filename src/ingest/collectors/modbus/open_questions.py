"""Questions of one connection whose answers have not come, and where one could hide in another's."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from struct import Struct

from ingest.collectors.modbus.frame import Question

_START = Struct(">HHH")
_AROUND = 3
"""Unit, function, and length or exception: what the header's length counts beside the data."""
_TOO_FEW = range(1, 6)
"""Bytes with which an answer and an exception to one question begin alike."""


@dataclass(slots=True, eq=False)
class Asked:
    number: int
    question: Question
    answer: asyncio.Future[bytes]
    until: float = inf
    """When nobody expects its answer any more, on the loop's clock [s]; inf while it is waited for."""

    @property
    def given_up(self) -> bool:
        return self.until < inf

    def begins_in(self, frame: bytes) -> bool:
        return any(_START.pack(self.number, 0, length) in frame for length in self._lengths)

    def may_begin_at_the_end_of(self, frame: bytes) -> bool:
        """In too few bytes to tell."""
        start = _START.pack(self.number, 0, _AROUND)
        return any(frame.endswith(start[:count]) for count in _TOO_FEW)

    @property
    def _lengths(self) -> tuple[int, int]:
        return self.question.size + _AROUND, _AROUND


class OpenQuestions:
    """By their numbers; one that was given up stays for as long as its answer may come late."""

    def __init__(self) -> None:
        self._asked: dict[int, Asked] = {}

    def __iter__(self) -> Iterator[Asked]:
        return iter(self._asked.values())

    @property
    def waiting(self) -> bool:
        return any(not each.given_up for each in self)

    def add(self, asked: Asked, now: float) -> None:
        late = [number for number, each in self._asked.items() if each.until <= now]
        for number in late:
            del self._asked[number]
        self._asked[asked.number] = asked

    def take(self, number: int) -> Asked | None:
        """Its answer begins here and nowhere else."""
        return self._asked.pop(number, None)

    def hidden_in(self, frame: bytes) -> bool:
        return any(each.begins_in(frame) for each in self)

    def at_the_end_of(self, frame: bytes) -> list[Asked]:
        return [each for each in self if each.may_begin_at_the_end_of(frame)]
