"""Questions and answers of DL/T 645-2007: `68 A0..A5 68 C L DATA CS 16`, data shifted by 33."""

from dataclasses import dataclass
from enum import IntEnum

from ingest.collectors.half_duplex import Layout
from ingest.collectors.half_duplex.frame import START, closed

LAYOUT = Layout(header=10, second_start=7)
_SHIFT = 0x33
_ANY = 0xAA
_ANSWER, _ABNORMAL, _MORE = 0x80, 0x40, 0x20


class Control(IntEnum):
    """All that is ever asked."""

    READ = 0x11
    READ_ON = 0x12


@dataclass(frozen=True, slots=True)
class Answer:
    address: bytes
    control: int
    data: bytes

    @property
    def abnormal(self) -> bool:
        return bool(self.control & _ABNORMAL)

    @property
    def continues(self) -> bool:
        return bool(self.control & _MORE)

    def is_to(self, address: bytes, control: Control) -> bool:
        """From a meter of this address, AA standing for any, and for this control code."""
        if self.control & ~(_ABNORMAL | _MORE) != control | _ANSWER:
            return False
        return all(asked in {_ANY, own} for asked, own in zip(address, self.address, strict=True))


def address_bytes(address: str) -> bytes:
    """As sent: lowest digits first."""
    return bytes.fromhex(address)[::-1]


def identifier_bytes(identifier: str) -> bytes:
    """DI0 to DI3, as sent before the shift."""
    return bytes.fromhex(identifier)[::-1]


def question(address: bytes, control: Control, data: bytes) -> bytes:
    shifted = bytes((byte + _SHIFT) & 0xFF for byte in data)
    return closed(bytes([START, *address, START, control, len(data)]) + shifted)


def answer(frame: bytes) -> Answer:
    data = bytes((byte - _SHIFT) & 0xFF for byte in frame[10:-2])
    return Answer(frame[1:7], frame[8], data)
