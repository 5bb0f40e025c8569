"""A posted body of line protocol as one batch: measurement and tags name a meter, fields its quantities."""

from collections.abc import Container, Iterator

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import LARGEST
from ingest.collectors.influx.alike import Block, Split, split
from ingest.collectors.influx.lines import Point, points
from ingest.collectors.influx.mapping import InfluxMapping
from ingest.collectors.influx.table import Part, Table
from ingest.collectors.push.parsed import Parsed, Rejected, Unnamed, numbers_only
from ingest.decode import Linear
from ingest.errors import PayloadError, TooManyRows
from ingest.moment import check_plausible, plausible_times

MOST_LINES = 250_000
PRECISIONS = {
    "ns": (1, 1000),
    "n": (1, 1000),
    "us": (1, 1),
    "u": (1, 1),
    "ms": (1000, 1),
    "s": (1_000_000, 1),
    "m": (60_000_000, 1),
    "h": (3_600_000_000, 1),
}
"""Name -> how many microseconds one step is, as a fraction."""
_LATEST_US = 253_402_300_800_000_000
"""The year 10000."""


def parse(
    body: bytes, known: Container[str], mapping: InfluxMapping, *, source: str, precision: str, now: float
) -> Parsed:
    """Lines as one batch; `rows` and `rejected` count lines from 1. `now` [s] dates lines without a time.

    Raises TooManyRows.
    """
    translator = _Translator(mapping, known, precision, now)
    return (_read_alike(body, translator) or _read_single(body, translator)).parsed(source)


class _Reading:
    """What has been read of a body so far."""

    def __init__(self, translator: "_Translator") -> None:
        self._translator = translator
        self._table = Table()
        self._rejected: list[Rejected] = []
        self._unnamed: list[Unnamed] = []
        self._count = 0

    def parsed(self, source: str) -> Parsed:
        batch, lines = self._table.batch(source)
        told = tuple(sorted(self._rejected, key=lambda each: each.row))
        return Parsed(batch, lines, told, tuple(self._unnamed))

    def count(self, lines: int, last: int) -> None:
        """Raises TooManyRows."""
        self._count += lines
        if self._count > MOST_LINES:
            raise TooManyRows("", last, f"more than {MOST_LINES} lines")

    def take(self, line: int, point: Point | PayloadError) -> None:
        """One line; what of it cannot be used is kept by name."""
        self.count(1, line)
        complaints = [point] if isinstance(point, PayloadError) else self._add(line, point)
        self._rejected.extend(Rejected(line, error.field, error.value, error.reason) for error in complaints)

    def _add(self, line: int, point: Point) -> list[PayloadError]:
        complaints: list[PayloadError] = []
        try:
            meter, time_us = self._translator.meter(point), self._translator.time_us(point)
        except PayloadError as error:
            return [error]
        values = self._translator.values(point, complaints)
        if strange := self._translator.unnamed(point):
            self._unnamed.append(Unnamed(meter, time_us, point.measurement, strange))
        if values:
            self._table.add_row(line, meter, time_us, values)
        return complaints

    def take_block(self, block: Block, heads: list[Point]) -> list[int]:
        """The numbers of its lines in which something needs a closer look; the others are taken."""
        forms, times = self._translator.forms(block), block.times()
        if forms is None or times is None:
            return block.lines
        meter = self._meters(block, heads)
        time_us = self._translator.times_us(times)
        values, usable = _in_units(block.numbers(), forms)
        usable &= (meter >= 0) & plausible_times(time_us, self._translator.now)
        lines = np.array(block.lines, np.intp)
        names = tuple(quantity for quantity, _, _ in forms)
        if names and usable.any():
            self._table.add(Part(names, lines[usable], meter[usable], time_us[usable], values[usable]))
        self.count(int(usable.sum()), block.lines[-1])
        return [int(line) for line in lines[~usable]]

    def _meters(self, block: Block, heads: list[Point]) -> NDArray[np.int32]:
        """int32[n], index into the table's meters; -1 where none has this code."""
        found, place = np.unique(np.array(block.heads, np.intp), return_inverse=True)
        codes = [self._translator.known_meter(heads[n]) for n in found.tolist()]
        return np.array([-1 if c is None else self._table.index(c) for c in codes], np.int32)[place]


def _in_units(
    numbers: NDArray[np.float64], forms: list[tuple[str, int, Linear]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """In the catalogue's units, and which rows are numbers throughout that a meter can show."""
    readable = ~np.isnan(numbers).any(axis=1)
    values = np.empty((len(numbers), len(forms)))
    with np.errstate(over="ignore", invalid="ignore"):
        for target, (_, column, form) in enumerate(forms):
            values[:, target] = form(numbers[:, column])
    return values, readable & np.all(np.abs(values) <= LARGEST, axis=1)


def _read_alike(body: bytes, translator: "_Translator") -> _Reading | None:
    """None where a quoted text may go on beyond its line: then no line can be read by itself."""
    found = split(body if b'"' in body else body.replace(b"\r\n", b"\n"))
    reading = _Reading(translator)
    odd = sorted([*found.odd, *_taken(found, reading)])
    for number in odd:
        line = found.lines[number - 1]
        for _, point in points(line.decode(errors="replace")):
            if isinstance(point, PayloadError) and b'"' in line:
                return None
            reading.take(number, point)
    return reading


def _taken(found: Split, reading: _Reading) -> Iterator[int]:
    for block in found.blocks:
        yield from reading.take_block(block, found.heads)


def _read_single(body: bytes, translator: "_Translator") -> _Reading:
    reading = _Reading(translator)
    for line, point in points(body.decode(errors="replace")):
        reading.take(line, point)
    return reading


class _Translator:
    def __init__(self, mapping: InfluxMapping, known: Container[str], precision: str, now: float) -> None:
        self._mapping = mapping
        self._known = known
        self._step = PRECISIONS[precision]
        self.now = now
        self._forms: dict[tuple[str, str], tuple[str, Linear] | None] = {}

    def meter(self, point: Point) -> str:
        """Raises PayloadError."""
        rule = next((rule for rule in self._mapping.meters if rule.fits(point)), None)
        code = rule.names(point) if rule else point.tags.get("meter", point.measurement)
        if code not in self._known:
            raise PayloadError("meter", code, "no meter has this code")
        return code

    def known_meter(self, point: Point) -> str | None:
        try:
            return self.meter(point)
        except PayloadError:
            return None

    def times_us(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those beyond any calendar become the year 10000."""
        numerator, denominator = self._step
        latest = min(_LATEST_US * denominator // numerator, np.iinfo(np.int64).max)
        read: NDArray[np.int64] = np.minimum(times, latest) * numerator // denominator
        return read

    def forms(self, block: Block) -> list[tuple[str, int, Linear]] | None:
        """Quantity, column and form of each field of use; None where a field needs a word of its own."""
        forms: list[tuple[str, int, Linear]] = []
        for column, name in enumerate(block.fields):
            if name not in self._mapping.ignored:
                form = self._form(block.measurement, name) if name else None
                if form is None or any(form[0] == quantity for quantity, _, _ in forms):
                    return None
                forms.append((form[0], column, form[1]))
        return forms

    def time_us(self, point: Point) -> int:
        """Raises PayloadError."""
        if point.time is None:
            return round(self.now * 1e6)
        numerator, denominator = self._step
        return check_plausible("time", point.time, point.time * numerator // denominator, self.now)

    def values(self, point: Point, complaints: list[PayloadError]) -> dict[str, float]:
        """By quantity; what could not be used is appended to `complaints`."""
        found: dict[str, float] = {}
        for name, value in point.fields.items():
            if name in self._mapping.ignored:
                continue
            try:
                quantity, number = self._number(point.measurement, name, value)
                if quantity in found:
                    raise PayloadError(name, value, f"{quantity} stands in this line already")  # noqa: TRY301  # one list
                found[quantity] = number
            except PayloadError as error:
                complaints.append(error)
        return found

    def unnamed(self, point: Point) -> dict[str, float]:
        """Numbers of fields that no rule and no name of the catalogue makes quantities."""
        ignored, measurement = self._mapping.ignored, point.measurement
        return numbers_only(
            {
                name: value
                for name, value in point.fields.items()
                if name not in ignored and self._form(measurement, name) is None
            }
        )

    def _number(self, measurement: str, name: str, value: object) -> tuple[str, float]:
        form = self._form(measurement, name)
        if form is None:
            raise PayloadError(name, value, "neither mapped nor in the catalogue of quantities")
        if isinstance(value, bool) or not isinstance(value, float):
            raise PayloadError(name, value, f"{form[0]} is a number")
        number = form[1](value)
        if abs(number) > LARGEST:
            raise PayloadError(name, value, f"no meter shows so much; at most {LARGEST:g}")
        return form[0], number

    def _form(self, measurement: str, name: str) -> tuple[str, Linear] | None:
        key = (measurement, name)
        if key not in self._forms:
            self._forms[key] = self._mapping.form(measurement, name)
        return self._forms[key]
