"""Where the frames `68 … L DATA CS 16` of a stream of bytes begin and end."""

from dataclasses import dataclass

START, END = 0x68, 0x16
WAKE_UP = b"\xfe\xfe\xfe\xfe"


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of a protocol's frames; its last byte tells how many bytes of data follow."""

    header: int
    second_start: int | None = None
    """Where another 68 stands in it."""

    def take(self, buffer: bytearray) -> bytes | None:
        """The first whole frame, cut out with all that stood before it; None until one is there."""
        while (start := buffer.find(START)) >= 0:
            del buffer[:start]
            if len(buffer) < self.header:
                return None
            length = self.header + buffer[self.header - 1] + 2
            if self._begins(buffer) and len(buffer) < length:
                return None
            frame = bytes(buffer[:length])
            if self._begins(buffer) and _ends(frame):
                del buffer[:length]
                return frame
            del buffer[:1]
        buffer.clear()
        return None

    def _begins(self, buffer: bytearray) -> bool:
        return self.second_start is None or buffer[self.second_start] == START


def _ends(frame: bytes) -> bool:
    return frame[-1] == END and frame[-2] == checksum(frame[:-2])


def checksum(content: bytes) -> int:
    """The sum of the bytes, modulo 256."""
    return sum(content) & 0xFF


def closed(content: bytes) -> bytes:
    """A frame from its start to its data, with what ends it."""
    return content + bytes([checksum(content), END])
