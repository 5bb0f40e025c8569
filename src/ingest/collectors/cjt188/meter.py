"""One CJ/T 188 meter on a line: frames `68 T A0..A6 C L DI0 DI1 SER DATA CS 16`."""

from ingest.collectors.cjt188.template import Cjt188Meter, Item
from ingest.collectors.half_duplex import Digits, Layout, Line, Respondent
from ingest.collectors.half_duplex.frame import START, closed
from ingest.decode import Linear
from ingest.errors import PayloadError, UnitRefuses
from ingest.pace import Timing
from ingest.template import Measured

LAYOUT = Layout(header=11)
_READ, _ANSWER, _ABNORMAL = 0x01, 0x81, 0xC1
_ANY = 0xAA
_ADDRESS, _CONTROL, _IDENTIFIER, _DATA = slice(2, 9), 9, slice(11, 13), 14
_UNITS = {
    0x02: ("Wh", 1.0),
    0x05: ("kWh", 1.0),
    0x08: ("MWh", 1.0),
    0x0A: ("MWh", 100.0),
    0x0B: ("kJ", 1.0),
    0x0E: ("MJ", 1.0),
    0x11: ("GJ", 1.0),
    0x13: ("GJ", 100.0),
    0x14: ("W", 1.0),
    0x17: ("kW", 1.0),
    0x1A: ("MW", 1.0),
    0x29: ("L", 1.0),
    0x2C: ("m3", 1.0),
    0x32: ("L/h", 1.0),
    0x35: ("m3/h", 1.0),
}


class Meter188(Respondent):
    def __init__(
        self, meter: str, address: str, template: Cjt188Meter, timing: Timing, poll_s: float | None = None
    ) -> None:
        self._identifier = template.identifier
        super().__init__(meter, template.items, timing, poll_s)
        self._type = template.meter_type
        self._address = bytes.fromhex(address)[::-1]
        self._number = 0
        self._by_code = {item.quantity: _by_code(item) for item in template.items}
        self._declared = {item.quantity: Linear.of(item) for item in template.items}

    def question(self, item: Digits) -> str:  # noqa: ARG002  # one answer holds them all
        return self._identifier

    async def ask(self, line: Line, question: str) -> bytes:
        self._number = (self._number + 1) & 0xFF
        head = bytes([START, self._type, *self._address, _READ, 3])
        asked = closed(head + bytes.fromhex(question) + bytes([self._number]))
        frame = await line.ask(asked, self._fits, self.timing)
        if frame[_CONTROL] == _ABNORMAL:
            raise UnitRefuses(f"it answers with an error: {frame[11:-2].hex(' ')}")
        return frame[_DATA:-2]

    def _fits(self, frame: bytes) -> bool:
        """Neither the type nor the number: meters are about that return others than they were asked with."""
        if not all(a in {_ANY, b} for a, b in zip(self._address, frame[_ADDRESS], strict=True)):
            return False
        wanted = {bytes.fromhex(self._identifier), bytes.fromhex(self._identifier)[::-1]}
        return frame[_CONTROL] == _ABNORMAL or (frame[_CONTROL] == _ANSWER and frame[_IDENTIFIER] in wanted)

    def value(self, item: Digits, data: bytes) -> float:
        number = item.number(data)
        unit_at = item.unit_at if isinstance(item, Item) else None
        if unit_at is None or number != number:  # noqa: PLR0124  # NaN has no unit
            return self._declared[item.quantity](number)
        code = data[unit_at] if unit_at < len(data) else -1
        linear = self._by_code[item.quantity].get(code)
        if linear is None:
            raise PayloadError(f"byte {unit_at}", code, f"no code of a unit in which {item.quantity} can be")
        return linear(number)


def _by_code(item: Item) -> dict[int, Linear]:
    """How the number becomes the catalogue's, by the code of the unit that stands beside it."""
    found = {}
    for code, (unit, times) in _UNITS.items():
        try:
            measured = Measured(
                quantity=item.quantity, unit=unit, scale=item.scale * times, offset=item.offset
            )
        except ValueError:
            continue
        found[code] = Linear.of(measured)
    return found
