"""Several Modbus TCP answers under way that are cut, swapped, repeated, late and in any pieces."""

import asyncio
import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.collectors.modbus.frame import Question
from ingest.collectors.modbus.tcp import TcpWire
from ingest.errors import IngestError, UnitSilent

pytestmark = pytest.mark.usefixtures("patience")
SEEDS = 3_000
IN_FLIGHT = 4
WORDS = (0, 1, 2, 0x0100, 0x0101, 0x0203, 0x0300, 0x0304, 0x0404, 0xFFFF)
"""Such as headers and numbers of requests are made of."""


def answer(number: int, question: Question, chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return struct.pack(">HHHBBB", number, 0, 3, question.unit, question.function | 0x80, 2)
    words = (*WORDS, number - 1, number - IN_FLIGHT, number << 8 & 0xFFFF, number >> 8)
    data = b"".join(struct.pack(">H", chance.choice(words)) for _ in range(question.length))
    head = struct.pack(">HHHBBB", number, 0, len(data) + 3, question.unit, question.function, len(data))
    return head + data


def meant(question: Question, frame: bytes) -> bytes | str:
    try:
        return question.data(frame[7:])
    except IngestError as error:
        return str(error)


@dataclass
class Device:
    """What it is asked on one connection, and what it meant to say to each question."""

    chance: random.Random
    faults: tuple[str, ...]
    asked: list[bytes] = field(default_factory=list)
    held_back: bytes = b""

    def write(self, request: bytes) -> None:
        self.asked.append(request)

    def abort(self) -> None:
        """The connection is closed: nothing of it comes any more."""

    def said(self) -> tuple[bytes, dict[Question, bytes]]:
        """A stretch of bytes, and by question what each answer would be, were it whole."""
        stretch, whole = b"", {}
        self.chance.shuffle(self.asked)
        for request in self.asked:
            number, _, _, *rest = struct.unpack(">HHHBBHH", request)
            question = Question(*rest)
            whole[question] = answer(number, question, self.chance)
            stretch += self._spoiled(whole[question])
        self.asked.clear()
        return stretch, whole

    def _spoiled(self, whole: bytes) -> bytes:
        fault = self.chance.choice(self.faults)
        if fault == "late":
            self.held_back += whole
            return b""
        after, self.held_back = self.held_back, b""
        kept = {
            "none": whole,
            "lost": b"",
            "cut": whole[: self.chance.randrange(1, len(whole))],
            "twice": whole + whole,
        }
        return kept[fault] + after


def pieces(stretch: bytes, chance: random.Random) -> list[bytes]:
    edges = sorted(chance.choices(range(len(stretch) + 1), k=chance.randrange(6)))
    return [stretch[a:b] for a, b in zip([0, *edges], [*edges, len(stretch)], strict=True)]


async def rounds(seed: int, faults: tuple[str, ...]) -> Counter[str]:
    """Four are asked at once, three times over on one connection, and those without an answer given up."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    numbers = count(chance.randrange(0xFFFF))
    device, wire, seen = Device(chance, faults), TcpWire(numbers), Counter[str]()
    transport: Any = SimpleNamespace(write=device.write, abort=device.abort)
    wire.connection_made(transport)
    for turn in range(3):
        if wire.lost:
            break
        questions = [
            Question(1, 3, 100 * turn + at, chance.choice([1, 1, 2, 3, 4])) for at in range(IN_FLIGHT)
        ]
        asking = {each: asyncio.create_task(wire.ask(each, 60)) for each in questions}
        await asyncio.sleep(0)
        stretch, whole = device.said()
        for piece in pieces(stretch, chance):
            if not wire.lost:
                wire.data_received(piece)
            await asyncio.sleep(0)
        for question, task in asking.items():
            task.cancel()
            [found] = await asyncio.gather(task, return_exceptions=True)
            seen[verdict(question, whole[question], found)] += 1
    return seen


def verdict(question: Question, whole: bytes, found: object) -> str:
    if isinstance(found, UnitSilent | asyncio.CancelledError):
        return "nothing"
    came = str(found) if isinstance(found, IngestError) else found
    return "right" if came == meant(question, whole) else "wrong"


def test_no_value_is_made_of_two_answers() -> None:
    faults = ("none", "none", "none", "cut", "late", "lost", "twice")

    async def scenario() -> Counter[str]:
        return sum([await rounds(seed, faults) for seed in range(SEEDS)], Counter[str]())

    seen = asyncio.run(scenario())
    assert seen["wrong"] == 0, seen
    assert seen["right"] > SEEDS
    assert seen["nothing"] > SEEDS


@pytest.mark.parametrize("missing", range(1, 6))
def test_what_an_answer_lacks_is_not_taken_from_the_beginning_of_one_that_comes_late(missing: int) -> None:
    """And neither goes on, so that nothing ever tells of it."""

    async def scenario() -> tuple[object, bool]:
        asked: list[bytes] = []
        wire = TcpWire(count(3 * 256))
        transport: Any = SimpleNamespace(write=asked.append, abort=lambda: None)
        wire.connection_made(transport)
        with pytest.raises(UnitSilent, match="no answer"):
            await wire.ask(Question(1, 3, 0, 4), 0.1)
        waiting = asyncio.create_task(wire.ask(Question(1, 3, 9, 4), 60))
        await asyncio.sleep(0)
        late, cut = (request[:4] + b"\x00\x0b\x01\x03\x08" + b"\x11" * 8 for request in asked)
        wire.data_received(cut[:-missing] + late[:missing])
        [found] = await asyncio.gather(waiting, return_exceptions=True)
        return found, wire.lost

    found, lost = asyncio.run(scenario())
    assert isinstance(found, UnitSilent)
    assert lost, "what else comes on this connection would be no better"


def test_whole_answers_all_count_in_any_order_and_any_pieces() -> None:
    async def scenario() -> Counter[str]:
        return sum([await rounds(seed, ("none", "twice")) for seed in range(300)], Counter[str]())

    assert asyncio.run(scenario()) == {"right": 300 * 3 * IN_FLIGHT}
