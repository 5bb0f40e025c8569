"""A meter that answers questions one by one, and all that one round of questions brings."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.collectors.half_duplex.digits import Digits
from ingest.collectors.half_duplex.line import Line
from ingest.errors import PayloadError, UnitRefuses, UnitSilent
from ingest.once import Reading, Shown
from ingest.pace import Timing
from ingest.rhythm import Station


class Respondent(Station, ABC):
    """One meter on a line."""

    def __init__(
        self, meter: str, items: Sequence[Digits], timing: Timing, poll_s: float | None = None
    ) -> None:
        super().__init__(meter, poll_s)
        self.timing = timing
        self.items = tuple(items)
        self.quantities = tuple(item.quantity for item in items)
        self.questions = tuple(dict.fromkeys(map(self.question, items)))

    @abstractmethod
    def question(self, item: Digits) -> str:
        """Which question brings an item."""

    @abstractmethod
    async def ask(self, line: Line, question: str) -> bytes:
        """The data of the answer. Raises LineDown, UnitSilent, UnitRefuses."""

    @abstractmethod
    def value(self, item: Digits, data: bytes) -> float:
        """In the catalogue's unit; NaN where the meter shows none. Raises PayloadError."""


@dataclass(slots=True)
class Round:
    """What one round of questions brought."""

    data: dict[str, bytes] = field(default_factory=dict)
    """Of each answer, by its question."""
    complaints: list[UnitRefuses | PayloadError] = field(default_factory=list)

    async def ask(self, line: Line, respondent: Respondent, heard: Callable[[], None] = lambda: None) -> None:
        """Asks everything; `heard` is called after each answer. Raises LineDown, UnitSilent."""
        for question in respondent.questions:
            try:
                self.data[question] = await _persist(line, respondent, question)
                heard()
            except UnitRefuses as error:
                self.complaints.append(UnitRefuses(f"{question}: {error}"))

    def values(self, respondent: Respondent) -> NDArray[np.float64]:
        """float64[k] by the respondent's quantities; NaN where there is none."""
        return np.array([self._value(respondent, item) for item in respondent.items])

    def _value(self, respondent: Respondent, item: Digits) -> float:
        data = self.data.get(respondent.question(item))
        if data is None:
            return math.nan
        try:
            return respondent.value(item, data)
        except PayloadError as error:
            self.complaints.append(error)
            return math.nan


async def _persist(line: Line, respondent: Respondent, question: str) -> bytes:
    for _ in range(0 if respondent.silent else respondent.timing.retries):
        try:
            return await respondent.ask(line, question)
        except UnitSilent:
            continue
    return await respondent.ask(line, question)


async def read_once(line: Line, respondent: Respondent) -> Reading:
    """Everything that is asked; refusals are complaints. Raises SourceError when nothing is answered."""
    found = Round()
    try:
        await found.ask(line, respondent)
    except UnitSilent as error:
        raise UnitSilent(f"{respondent.meter}: {error}") from error
    finally:
        line.close()
    if not found.data:
        raise UnitRefuses(f"{respondent.meter} refuses: {'; '.join(map(str, found.complaints))}")
    values = found.values(respondent)
    shown = (
        Shown(item.quantity, float(value), item.place, _raw(item, found.data.get(respondent.question(item))))
        for item, value in zip(respondent.items, values, strict=True)
    )
    return Reading(tuple(shown), tuple(map(str, found.complaints)))


def _raw(item: Digits, data: bytes | None) -> str:
    return "" if data is None else data[item.at : item.at + item.length].hex(" ")
