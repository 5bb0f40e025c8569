"""The requests that read, and what an answer to one must look like; no request that writes has a form."""

from struct import Struct
from typing import NamedTuple

from pymodbus.framer.rtu import FramerRTU

from ingest.errors import UnitRefuses, UnitSilent
from ingest.plan import Span

REFUSED = 0x80
_PDU = Struct(">BHH")
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, not ready",
    6: "busy",
    8: "memory parity error",
}
_BEHIND_GATEWAY = {10: "the gateway has no path to it", 11: "it did not answer the gateway"}


class Question(NamedTuple):
    """A request: the function codes are those of the four tables, 1 to 4, and no other can come about."""

    unit: int
    function: int
    start: int
    length: int
    """Registers or bits."""

    @classmethod
    def of(cls, unit: int, span: Span) -> "Question":
        return cls(unit, span.table.function_code, span.start, span.count)

    @property
    def size(self) -> int:
        """Data bytes of the answer."""
        return 2 * self.length if self.function > 2 else (self.length + 7) // 8  # noqa: PLR2004  # 1, 2: bits

    def pdu(self) -> bytes:
        return _PDU.pack(self.function, self.start, self.length)

    def resembles(self, other: "Question") -> bool:
        """Whether an answer to one could be taken for an answer to the other."""
        return self.unit == other.unit and self.function == other.function and self.size == other.size

    def data(self, pdu: bytes) -> bytes:
        """What the answer brings. Raises UnitRefuses, UnitSilent when it is none to this question."""
        if len(pdu) == 2 and pdu[0] == self.function | REFUSED:  # noqa: PLR2004  # an exception's length
            refuse(pdu[1])
        if pdu[0] != self.function or pdu[1] != self.size or len(pdu) != self.size + 2:
            raise UnitSilent("the answer has another form than was asked for")
        return pdu[2:]


def refuse(code: int) -> None:
    """Raises UnitRefuses, or UnitSilent where the gateway says that nothing answers it."""
    if code in _BEHIND_GATEWAY:
        raise UnitSilent(_BEHIND_GATEWAY[code])
    raise UnitRefuses(_EXCEPTIONS.get(code, f"exception {code}"))


def sealed(content: bytes) -> bytes:
    """With its CRC, as RTU sends it."""
    return content + FramerRTU.compute_CRC(content).to_bytes(2, "big")


def is_sealed(frame: bytes) -> bool:
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))
