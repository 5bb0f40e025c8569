"""Numbers in packed decimal digits (BCD), lowest byte first."""

import math

from pydantic import Field

from ingest.errors import PayloadError
from ingest.template import Measured

_MINUS = 0x80
_NOTHING = 0xFF


class Digits(Measured):
    """Bytes of an answer's data that hold two decimal digits each."""

    at: int = Field(0, ge=0)
    """Its first byte, counted from 0."""
    length: int = Field(ge=1, le=6)
    """[bytes]"""
    signed: bool = False
    """The top bit of the highest byte is the minus sign."""

    def cut(self, data: bytes) -> bytes:
        """Its bytes. Raises PayloadError when the answer is shorter."""
        own = data[self.at : self.at + self.length]
        if len(own) < self.length:
            raise PayloadError(self.place, data.hex(" "), f"{self.quantity} stands beyond the answer's end")
        return own

    def number(self, data: bytes) -> float:
        """As it stands there, without scale; NaN where the meter shows nothing (FF). Raises PayloadError."""
        own = self.cut(data)
        if all(byte == _NOTHING for byte in own):
            return math.nan
        highest = own[-1] & ~_MINUS if self.signed else own[-1]
        digits = bytes([highest, *reversed(own[:-1])]).hex()
        if not digits.isdecimal():
            raise PayloadError(self.place, own.hex(" "), f"{self.quantity} is not in decimal digits")
        return -float(digits) if self.signed and own[-1] & _MINUS else float(digits)
