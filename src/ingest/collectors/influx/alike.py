"""Lines that are written alike, read column by column; any other is left to the reader of single lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.collectors.influx.lines import Point, points, read_value
from ingest.errors import PayloadError

_UNUSUAL = (b'"', b"\\", b"\t", b"\r")
_OTHERS = bytes(set(range(256)) - set(b"=,"))
_DIGITS = b"0123456789"
_STAMP_DIGITS = 19
_BEYOND = 2**63
_PARTS = 3
_floats = msgspec.json.Decoder(list[float]).decode


@dataclass(slots=True)
class Block:
    """Lines of one measurement with the same fields in the same order, each with a time."""

    measurement: str
    fields: tuple[str, ...]
    lines: list[int] = field(default_factory=list)
    """Numbers from 1."""
    heads: list[int] = field(default_factory=list)
    """Of each line, index into the split's heads."""
    stamps: list[bytes] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    """Line by line, of each field."""

    def times(self) -> NDArray[np.int64] | None:
        """int64[n], in the precision that the request declares; None where one is no plain number."""
        joined = b"".join(self.stamps)
        if not joined.isdigit() or max(map(len, self.stamps)) > _STAMP_DIGITS or b"" in self.stamps:
            return None
        stamps = np.array(self.stamps).astype(np.uint64)
        return stamps.astype(np.int64) if stamps.max() < _BEYOND else None

    def numbers(self) -> NDArray[np.float64]:
        """float64[n, k]; NaN where a text is no finite number."""
        width = len(self.fields)
        whole = _plain(self.texts)
        if whole is not None:
            return whole.reshape(-1, width)
        return np.stack([_column(self.texts[n::width]) for n in range(width)], axis=1)


@dataclass(frozen=True, slots=True)
class Split:
    lines: list[bytes]
    blocks: list[Block]
    heads: list[Point]
    """Each measurement with its tags, without fields."""
    odd: list[int]
    """Numbers of the lines that have to be read one by one."""


def split(body: bytes) -> Split:
    """Sorts the lines of a body by how they are written."""
    return _Splitter().split(body)


class _Splitter:
    def __init__(self) -> None:
        self._blocks: dict[tuple[str, tuple[bytes, ...]], Block] = {}
        self._heads: dict[bytes, int] = {}
        self._points: list[Point] = []
        self._separators: dict[int, bytes] = {}
        self._last: tuple[Block, list[bytes]] = Block("", ()), []

    def split(self, body: bytes) -> Split:
        lines = body.split(b"\n")
        marks = [mark for mark in _UNUSUAL if mark in body]
        odd = [
            number
            for number, line in enumerate(lines, 1)
            if line and (any(mark in line for mark in marks) or not self._take(number, line))
        ]
        return Split(lines, list(self._blocks.values()), self._points, odd)

    def _take(self, number: int, line: bytes) -> bool:
        parts = line.split(b" ")
        if len(parts) != _PARTS:
            return False
        head, fields, stamp = parts
        known = self._heads.get(head)
        at = self._head(head) if known is None else known
        texts = fields.replace(b"=", b",").split(b",")
        if at < 0 or fields.translate(None, _OTHERS) != self._expected(len(texts)):
            return False
        block = self._block(self._points[at].measurement, texts[::2])
        block.lines.append(number)
        block.heads.append(at)
        block.stamps.append(stamp)
        block.texts += texts[1::2]
        return True

    def _expected(self, count: int) -> bytes:
        """The separators of name=value pairs."""
        if count not in self._separators:
            self._separators[count] = b",".join([b"="] * (count // 2))
        return self._separators[count]

    def _head(self, head: bytes) -> int:
        """Its place; -1 where it is no measurement with tags."""
        read = [point for _, point in points(head.decode(errors="replace") + " _=0")]
        if len(read) == 1 and isinstance(read[0], Point):
            self._heads[head] = len(self._points)
            self._points.append(read[0])
        return self._heads.setdefault(head, -1)

    def _block(self, measurement: str, names: list[bytes]) -> Block:
        last, last_names = self._last
        if last_names == names and last.measurement == measurement:
            return last
        key = (measurement, tuple(names))
        if key not in self._blocks:
            fields = tuple(name.decode(errors="replace") for name in names)
            self._blocks[key] = Block(measurement, fields)
        self._last = self._blocks[key], names
        return self._blocks[key]


def _plain(texts: Sequence[bytes]) -> NDArray[np.float64] | None:
    """Numbers as JSON also writes them; None as soon as one is not."""
    try:
        numbers = np.array(_floats(b"[" + b",".join(texts) + b"]"), np.float64)
    except msgspec.DecodeError:
        return None
    return numbers if len(numbers) == len(texts) and np.isfinite(numbers).all() else None


def _column(texts: Sequence[bytes]) -> NDArray[np.float64]:
    whole = _plain(texts)
    if whole is None:
        whole = _integers(texts)
    return np.array([_single(text) for text in texts]) if whole is None else whole


def _integers(texts: Sequence[bytes]) -> NDArray[np.float64] | None:
    joined = b",".join(texts) + b","
    mark = joined[-2:-1]
    sign = b"-" if mark == b"i" else b""
    if mark not in {b"i", b"u"} or joined.translate(None, _DIGITS + sign) != (mark + b",") * len(texts):
        return None
    return _plain([text[:-1] for text in texts])


def _single(text: bytes) -> float:
    try:
        value = read_value("", text.decode(errors="replace"))
    except PayloadError:
        return np.nan
    return value if isinstance(value, float) else np.nan
