"""What posts of InfluxDB's line protocol mean: measurement and tags name a meter, fields its quantities."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from accounting.quantity import CATALOGUE, LARGEST
from ingest.batch import Batch
from ingest.collectors.line_protocol import Point, points
from ingest.collectors.push.parsed import Parsed, Rejected
from ingest.decode import Linear
from ingest.errors import PayloadError, TooManyRows
from ingest.moment import check_plausible
from ingest.template import Code, Frozen, Measured

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
_AS_IT_IS = Linear(1.0, 1.0, 0.0)


class MeterRule(Frozen):
    """Points of this measurement (any, when not given) with all these tags are of one meter."""

    measurement: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    meter: Code | None = None
    meter_tag: str | None = None
    """The tag whose value is the meter's code."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.meter is None) == (self.meter_tag is None):
            raise ValueError("either meter or meter_tag says whose readings these are")
        return self

    def fits(self, point: Point) -> bool:
        return self.measurement in {None, point.measurement} and self.tags.items() <= point.tags.items()

    def names(self, point: Point) -> str:
        return self.meter or point.tags.get(self.meter_tag or "", "")


class FieldRule(Measured):
    """A field of this measurement (any, when not given) is a quantity; its number is in `unit`."""

    measurement: str | None = None
    field: str


class InfluxMapping(Frozen):
    """The first rule that fits counts.

    Without one, the tag `meter` or else the measurement is the meter's code, and fields carry the catalogue's
    names.
    """

    meters: tuple[MeterRule, ...] = ()
    fields: tuple[FieldRule, ...] = ()
    ignored: tuple[str, ...] = ()
    """Fields that are left out without a word."""


@dataclass(slots=True)
class _Rows:
    """Rows as they grow; points of one meter and time that do not contradict one another share a row."""

    meters: dict[str, int] = field(default_factory=dict)
    meter: list[int] = field(default_factory=list)
    time_us: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    values: list[dict[str, float]] = field(default_factory=list)
    _open: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, line: int, meter: str, time_us: int, values: dict[str, float]) -> None:
        row = self._open.get((meter, time_us))
        if row is not None and self.values[row].keys().isdisjoint(values):
            self.values[row].update(values)
            return
        self._open[meter, time_us] = len(self.line)
        self.meter.append(self.meters.setdefault(meter, len(self.meters)))
        self.time_us.append(time_us)
        self.line.append(line)
        self.values.append(values)

    def batch(self, source: str) -> Batch:
        quantities = tuple(dict.fromkeys(name for values in self.values for name in values))
        table = [[values.get(name, np.nan) for name in quantities] for values in self.values]
        return Batch(
            source,
            tuple(self.meters),
            np.array(self.meter, np.int32),
            np.array(self.time_us, np.int64),
            quantities,
            np.array(table, np.float64).reshape(len(self.line), len(quantities)),
        )


class _Translator:
    def __init__(self, mapping: InfluxMapping, known: Container[str], precision: str, now: float) -> None:
        self._mapping = mapping
        self._known = known
        self._step = PRECISIONS[precision]
        self._now = now
        self._forms: dict[tuple[str, str], tuple[str, Linear] | None] = {}

    def meter(self, point: Point) -> str:
        """Raises PayloadError."""
        rule = next((rule for rule in self._mapping.meters if rule.fits(point)), None)
        code = rule.names(point) if rule else point.tags.get("meter", point.measurement)
        if code not in self._known:
            raise PayloadError("meter", code, "no meter has this code")
        return code

    def time_us(self, point: Point) -> int:
        """Raises PayloadError."""
        if point.time is None:
            return round(self._now * 1e6)
        numerator, denominator = self._step
        return check_plausible("time", point.time, point.time * numerator // denominator, self._now)

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
            self._forms[key] = next(self._candidates(measurement, name), None)
        return self._forms[key]

    def _candidates(self, measurement: str, name: str) -> Iterator[tuple[str, Linear]]:
        for rule in self._mapping.fields:
            if rule.field == name and rule.measurement in {None, measurement}:
                yield rule.quantity, Linear.of(rule)
        if name in CATALOGUE:
            yield name, _AS_IT_IS


def parse(
    body: bytes, known: Container[str], mapping: InfluxMapping, *, source: str, precision: str, now: float
) -> Parsed:
    """Lines as one batch; `rows` and `rejected` count lines from 1. `now` [s] dates lines without a time.

    Raises TooManyRows.
    """
    rows, translator = _Rows(), _Translator(mapping, known, precision, now)
    rejected: list[Rejected] = []
    for count, (line, point) in enumerate(points(body.decode(errors="replace"))):
        if count == MOST_LINES:
            raise TooManyRows("", line, f"more than {MOST_LINES} lines")
        complaints = _take(line, point, translator, rows)
        rejected.extend(Rejected(line, error.field, error.value, error.reason) for error in complaints)
    return Parsed(rows.batch(source), np.array(rows.line, np.intp), tuple(rejected))


def _take(line: int, point: Point | PayloadError, translator: _Translator, rows: _Rows) -> list[PayloadError]:
    """What of a line could not be used."""
    if isinstance(point, PayloadError):
        return [point]
    complaints: list[PayloadError] = []
    try:
        meter, time_us = translator.meter(point), translator.time_us(point)
    except PayloadError as error:
        return [error]
    values = translator.values(point, complaints)
    if values:
        rows.add(line, meter, time_us, values)
    return complaints
