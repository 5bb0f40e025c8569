"""InfluxDB's line protocol: `measurement,tag=value field=1.5,other=2i 1795332600000000000`."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.errors import PayloadError

Value = float | bool | str
_MEASUREMENT = re.compile(r"(?:[^, \n\\]|\\[, ]|\\(?![, ]))++")
_NAME = r"(?:[^,= \n\\]|\\[,= ]|\\(?![,= ]))++"
_TAG = re.compile(rf",({_NAME})=({_NAME})")
_FIELD = re.compile(rf'({_NAME})=("(?:[^"\\]|\\.)*+"|[^,\s"]++)', re.DOTALL)
_BLANKS = re.compile(r"[ \t]*+")
_TIME = re.compile(r"-?\d{1,19}(?=[ \t\r]*(?:\n|\Z))", re.ASCII)
_END = re.compile(r"[ \t\r]*+(?:\n|\Z)")
_NUMBER = re.compile(r"[-+]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d++)?", re.ASCII)
_INTEGER = re.compile(r"-?\d++i|\d++u", re.ASCII)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_MEASUREMENT = re.compile(r"\\([, ])")
_ESCAPED_TEXT = re.compile(r'\\(["\\])')
_TRUE = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE = frozenset({"f", "F", "false", "False", "FALSE"})


@dataclass(frozen=True, slots=True)
class Point:
    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, Value]
    time: int | None
    """In the precision that the request declares; None: the moment of arrival."""


def points(text: str) -> Iterator[tuple[int, Point | PayloadError]]:
    """Each line that holds something, by its number from 1; what cannot be read costs its line alone."""
    at, number = 0, 1
    while at < len(text):
        begun = at
        at = _after(_BLANKS, text, at)
        if text[at : at + 1] not in {"", "\n", "\r", "#"}:
            point, at = _point(text, at)
            yield number, point
        at = text.find("\n", at) + 1 or len(text)
        number += text.count("\n", begun, at)


def _point(text: str, at: int) -> tuple[Point | PayloadError, int]:
    """And where its line ends or went wrong."""
    reader = _Reader(text, at)
    try:
        return reader.point(), reader.at
    except PayloadError as error:
        return error, reader.at


class _Reader:
    """Walks along one line, which a quoted text may carry over several."""

    def __init__(self, text: str, at: int) -> None:
        self.at = at
        self._text = text

    def point(self) -> Point:
        name = self._take(_MEASUREMENT, "a measurement").group()
        tags = dict(self._tags())
        self._blank("fields")
        fields = dict(self._fields())
        self.at = _after(_BLANKS, self._text, self.at)
        return Point(_ESCAPED_MEASUREMENT.sub(r"\1", name), tags, fields, self._time())

    def _tags(self) -> Iterator[tuple[str, str]]:
        while self._text.startswith(",", self.at):
            tag = self._take(_TAG, "a tag, key=value")
            yield _plain(tag[1]), _plain(tag[2])

    def _fields(self) -> Iterator[tuple[str, Value]]:
        while True:
            field = self._take(_FIELD, "a field, key=value")
            name = _plain(field[1])
            yield name, read_value(name, field[2])
            if not self._text.startswith(",", self.at):
                return
            self.at += 1

    def _time(self) -> int | None:
        if (end := _END.match(self._text, self.at)) is not None:
            self.at = end.start()
            return None
        return int(self._take(_TIME, "a timestamp as a whole number").group())

    def _blank(self, wanted: str) -> None:
        if not self._text.startswith((" ", "\t"), self.at):
            raise PayloadError("line", self._rest(), f"here {wanted} should follow after a space")
        self.at = _after(_BLANKS, self._text, self.at)

    def _take(self, pattern: re.Pattern[str], wanted: str) -> re.Match[str]:
        match = pattern.match(self._text, self.at)
        if match is None:
            raise PayloadError("line", self._rest(), f"here {wanted} should stand")
        self.at = match.end()
        return match

    def _rest(self) -> str:
        return self._text[self.at : self.at + 40].partition("\n")[0]


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _plain(name: str) -> str:
    return _ESCAPED.sub(r"\1", name) if "\\" in name else name


def read_value(name: str, text: str) -> Value:
    """Raises PayloadError."""
    if text.startswith('"'):
        return _ESCAPED_TEXT.sub(r"\1", text[1:-1])
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        text = text[:-1]
    elif not _NUMBER.fullmatch(text):
        raise PayloadError(name, text, "neither a number nor a boolean nor a quoted text")
    number = float(text)
    if not math.isfinite(number):
        raise PayloadError(name, text, "not a finite number")
    return number
