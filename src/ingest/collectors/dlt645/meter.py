"""One DL/T 645-2007 meter on a line."""

from ingest.collectors.dlt645.frame import (
    Answer,
    Control,
    address_bytes,
    answer,
    identifier_bytes,
    question,
)
from ingest.collectors.dlt645.template import Dlt645Meter, Item
from ingest.collectors.half_duplex import Digits, Line, Respondent
from ingest.decode import Linear
from ingest.errors import UnitRefuses, UnitSilent
from ingest.pace import Timing

_IDENTIFIER = 4
_LAST_FRAME = 255
_REASONS = (
    "another error",
    "it has no such data",
    "not authorised",
    "the baud rate cannot be changed",
    "too many yearly time zones",
    "too many daily time slots",
    "too many tariffs",
)


class Meter645(Respondent):
    def __init__(
        self, meter: str, address: str, template: Dlt645Meter, timing: Timing, poll_s: float | None = None
    ) -> None:
        super().__init__(meter, template.items, timing, poll_s)
        self._address = address_bytes(address)
        self._linear = {item.quantity: Linear.of(item) for item in template.items}

    def question(self, item: Digits) -> str:
        return item.identifier if isinstance(item, Item) else ""

    def value(self, item: Digits, data: bytes) -> float:
        return self._linear[item.quantity](item.number(data))

    async def ask(self, line: Line, question: str) -> bytes:
        """All of an item's data, with the frames that follow the first."""
        identifier = identifier_bytes(question)
        got = await self._exchange(line, Control.READ, identifier, b"")
        data, number = got.data[_IDENTIFIER:], 0
        while got.continues:
            number += 1
            if number > _LAST_FRAME:
                raise UnitSilent("an answer without end")
            got = await self._exchange(line, Control.READ_ON, identifier, bytes([number]))
            data += got.data[_IDENTIFIER:-1]
        return data

    async def _exchange(self, line: Line, control: Control, identifier: bytes, number: bytes) -> Answer:
        def fits(frame: bytes) -> bool:
            got = answer(frame)
            if not got.is_to(self._address, control):
                return False
            return got.abnormal or (got.data[:_IDENTIFIER] == identifier and got.data.endswith(number))

        asked = question(self._address, control, identifier + number)
        frame = await line.ask(asked, fits, self.timing)
        got = answer(frame)
        if got.abnormal:
            raise UnitRefuses(_reason(got.data))
        return got


def _reason(data: bytes) -> str:
    word = data[0] if data else 0
    named = [reason for bit, reason in enumerate(_REASONS) if word & 1 << bit]
    return ", ".join(named) or f"error {word:#04x}"
