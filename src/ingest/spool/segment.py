"""One file of the spool: room allocated in advance, filled with framed, checksummed records."""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zlib import crc32

_FRAME = struct.Struct("<4s4sIIqI4x")
"""Mark, state, length of the payload, checksum, when it was written [us], rows."""
_CHECKED = struct.Struct("<QQIqI")
"""Segment and offset, too: a frame is valid only where it was written."""
_MARK, _LIVE, _DONE = b"PWS1", b"LIVE", b"DONE"
_STATE_AT = 4
_ALIGN = 8
_PEEK = 4096
_ZEROS = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it stands in the file."""

    offset: int
    end: int
    done: bool
    written_us: int
    rows: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be written."""

    payload: bytes
    rows: int

    @property
    def size(self) -> int:
        """In the file [bytes]."""
        return _aligned(_FRAME.size + len(self.payload))


class Segment:
    """Records are appended until the room is used; then it is only read, and deleted when all are done."""

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self.number = int(path.stem)
        self.size = size
        """Room [bytes]."""
        self.end = 0
        """Where the next record goes."""
        self.damaged = 0
        self.live = 0
        self.rows = 0
        """Of the live records."""
        self._descriptor = descriptor
        self._low = 0
        self._cursor = 0
        self._held: set[int] = set()
        self._gaps: dict[int, int] = {}

    @classmethod
    def create(cls, path: Path, size: int) -> Self:
        """Allocate the room. Raises OSError when the disk has none; nothing is left behind then."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _allocate(descriptor, size)
            os.fsync(descriptor)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        return cls(path, descriptor, size)

    @classmethod
    def recover(cls, path: Path) -> tuple[Self, int]:
        """A file that an earlier process left, cut behind its last whole record; and how many bytes were cut.

        It takes no more records.
        """
        descriptor = os.open(path, os.O_RDWR)
        segment = cls(path, descriptor, os.fstat(descriptor).st_size)
        segment.end = segment.size
        last = 0
        for frame in segment._frames(0):
            last = frame.end
            segment._count(1 - frame.done, frame.rows * (1 - frame.done))
        torn = len(os.pread(descriptor, segment.size - last, last).rstrip(b"\0"))
        if segment._gaps.pop(last, None):
            segment.damaged -= 1
        segment.end = last
        segment.seal()
        return segment, torn

    @property
    def room(self) -> int:
        """Left [bytes]."""
        return self.size - self.end

    @property
    def held(self) -> int:
        return len(self._held)

    def append(self, entries: list[Entry], now_us: int) -> None:
        """Write and fsync them into the room that is left. Raises OSError; nothing is appended then."""
        offset, data = self.end, bytearray()
        for entry in entries:
            data += self._framed(offset + len(data), entry, now_us)
        _write(self._descriptor, bytes(data), offset)
        os.fdatasync(self._descriptor)
        self.end += len(data)
        self._count(len(entries), sum(entry.rows for entry in entries))

    def _framed(self, offset: int, entry: Entry, now_us: int) -> bytes:
        checksum = _checksum(self.number, offset, entry.payload, now_us, entry.rows)
        frame = _FRAME.pack(_MARK, _LIVE, len(entry.payload), checksum, now_us, entry.rows)
        return (frame + entry.payload).ljust(entry.size, b"\0")

    def seal(self) -> None:
        """Give back the room that no record uses."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, self.end)
        self.size = self.end

    def take(self) -> Frame | None:
        """The next live record that was not taken yet; None after the last."""
        for frame in self._frames(self._cursor):
            self._cursor = frame.end
            if not frame.done and frame.offset not in self._held:
                return frame
        return None

    def rewind(self) -> None:
        """Let `take` begin again with the oldest live record."""
        self._cursor = self._low

    def done(self, frame: Frame) -> None:
        """The record is no longer needed. Not fsynced: after a crash it may be live again."""
        os.pwrite(self._descriptor, _DONE, frame.offset + _STATE_AT)
        self._count(-1, -frame.rows)

    def hold(self, frame: Frame) -> None:
        """Pass over this record for as long as the process lives."""
        self._held.add(frame.offset)

    def oldest_us(self) -> int | None:
        """When its oldest live record was written [us]."""
        for frame in self._frames(self._low):
            if not frame.done:
                self._low = frame.offset
                return frame.written_us
        return None

    def close(self) -> None:
        os.close(self._descriptor)

    def delete(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def _count(self, records: int, rows: int) -> None:
        self.live += records
        self.rows += rows

    def _frames(self, at: int) -> Iterator[Frame]:
        while at < self.end:
            frame = self._frame(at)
            if frame is None:
                at = self._after_damage(at)
            else:
                yield frame
                at = frame.end

    def _frame(self, offset: int) -> Frame | None:
        """The record that begins there; None where none does, or a damaged one."""
        data = os.pread(self._descriptor, _PEEK, offset)
        if len(data) < _FRAME.size:
            return None
        mark, state, length, checksum, written_us, rows = _FRAME.unpack_from(data)
        end = offset + _aligned(_FRAME.size + length)
        if mark != _MARK or end > self.end:
            return None
        payload = data[_FRAME.size : _FRAME.size + length]
        if len(payload) < length:
            payload += os.pread(self._descriptor, length - len(payload), offset + len(data))
        if checksum != _checksum(self.number, offset, payload, written_us, rows):
            return None
        return Frame(offset, end, state == _DONE, written_us, rows, payload)

    def _after_damage(self, at: int) -> int:
        """Where the next whole record begins; what lies before it counts as damaged once."""
        if at not in self._gaps:
            self._gaps[at] = self._search(at)
            self.damaged += 1
        return self._gaps[at]

    def _search(self, at: int) -> int:
        rest = os.pread(self._descriptor, self.end - at, at)
        found = rest.find(_MARK, 1)
        while found >= 0:
            if found % _ALIGN == 0 and self._frame(at + found) is not None:
                return at + found
            found = rest.find(_MARK, found + 1)
        return self.end


def _checksum(number: int, offset: int, payload: bytes, written_us: int, rows: int) -> int:
    return crc32(payload, crc32(_CHECKED.pack(number, offset, len(payload), written_us, rows)))


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    for offset in range(0, size, len(_ZEROS)):
        _write(descriptor, _ZEROS[: size - offset], offset)


def _write(descriptor: int, data: bytes, offset: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, memoryview(data)[written:], offset + written)
