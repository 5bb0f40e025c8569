"""Readings that others post as columns: `{"meter": […], "time": […], "energy_import": […]}`."""

import json
import struct
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE, LARGEST
from ingest.batch import Batch, numbered
from ingest.collectors.push.parsed import (
    NO_FORMS,
    Forms,
    Parsed,
    Rejected,
    Unnamed,
    check_number,
    converted,
    numbers_only,
    rejection,
    shown,
)
from ingest.decode import AS_IT_IS, Linear
from ingest.errors import PayloadError, TooManyRows
from ingest.moment import check_plausible, plausible_times, read_rfc3339
from ingest.timestamps import read_alike

UNITS_US: Mapping[str, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
"""Unit of an epoch -> [us]."""
MOST_ROWS = 250_000
_LARGEST_EPOCH = 2**63
_KEYS = ("meter", "time", "time_unit")
_NO_METER = "no meter has this code"
_NO_VALUE = "holds no value"

_Body = msgspec.defstruct(
    "_Body",
    [
        ("meter", str | list[str]),
        ("time", list[str | int | float]),
        ("time_unit", str | None, None),
        *((name, list[float | None] | None, None) for name in CATALOGUE),
    ],
    gc=False,
    forbid_unknown_fields=True,
)
_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Rows as columns, read but not yet compared with the park."""

    meters: tuple[str, ...]
    row_meter: NDArray[np.int32]
    """int32[n], index into meters; -1 where what stands there is no code."""
    time_us: NDArray[np.int64]
    """int64[n] [us]; meaningless where `rejected` names the row's time."""
    quantities: tuple[str, ...]
    values: NDArray[np.float64]
    """float64[n, k], no larger than LARGEST; NaN = missing."""
    rejected: tuple[Rejected, ...] = ()
    unnamed: Mapping[str, Sequence[object]] = field(default_factory=dict)
    """Columns of other names than the catalogue's."""


def parse(
    body: bytes,
    source: str,
    known: Container[str],
    zone: tzinfo | None,
    now: float,
    *,
    forms: Forms = NO_FORMS,
) -> Parsed:
    """The rows of a body of columns of one length, by the catalogue's names or `forms`; null is missing.

    `meter` may be one text for all rows. Times are RFC 3339 (`zone` is that of times which carry none), or
    numbers since 1970 in the `time_unit` that the body declares. A row keeps what of it is right.
    Raises PayloadError when the columns cannot be laid side by side.
    """
    columns = _read_whole(body) or _read_document(_document(body), zone, forms)
    return compare(columns, source, known, now)


def compare(columns: Columns, source: str, known: Container[str], now: float) -> Parsed:
    """The rows of known meters at plausible times that hold a value; every other one is named.

    Raises TooManyRows.
    """
    if len(columns.time_us) > MOST_ROWS:
        raise TooManyRows("", len(columns.time_us), f"more than {MOST_ROWS} rows")
    rejected = list(columns.rejected)
    named = {each.row for each in rejected}
    stranger = _strangers(columns, known)
    far = ~plausible_times(columns.time_us, now) & ~stranger
    empty = np.isnan(columns.values).all(axis=1) & ~stranger & ~far
    unread = np.zeros(len(stranger), bool)
    unread[[each.row for each in rejected if each.field in _KEYS]] = True
    for row in np.flatnonzero((stranger | far | empty) & ~unread).tolist():
        if stranger[row]:
            rejected.append(Rejected(row, "meter", columns.meters[columns.row_meter[row]], _NO_METER))
        elif far[row]:
            rejected.append(_far(row, int(columns.time_us[row]), now))
        elif row not in named:
            rejected.append(Rejected(row, "", None, _NO_VALUE))
    rows = np.flatnonzero(~(unread | stranger | far | empty))
    told = tuple(sorted(rejected, key=lambda each: each.row))
    unnamed = _unnamed(columns, np.flatnonzero(~(unread | stranger | far))) if columns.unnamed else ()
    return Parsed(_batch(columns, rows, source), rows, told, unnamed)


def _unnamed(columns: Columns, rows: NDArray[np.intp]) -> tuple[Unnamed, ...]:
    found: list[Unnamed] = []
    for row in rows.tolist():
        values = numbers_only({name: column[row] for name, column in columns.unnamed.items()})
        if values:
            meter = columns.meters[columns.row_meter[row]]
            found.append(Unnamed(meter, int(columns.time_us[row]), "", values))
    return tuple(found)


def _strangers(columns: Columns, known: Container[str]) -> NDArray[np.bool_]:
    unknown = np.array([*(code not in known for code in columns.meters), True])
    return unknown[columns.row_meter]


def _far(row: int, time_us: int, now: float) -> Rejected:
    at = str(np.datetime64(time_us, "us")) + "Z"
    try:
        check_plausible("time", at, time_us, now)
    except PayloadError as error:
        return rejection(row, error)
    raise AssertionError(at)


def _batch(columns: Columns, rows: NDArray[np.intp], source: str) -> Batch:
    values = columns.values if len(rows) == len(columns.values) else columns.values[rows]
    return Batch(
        source, columns.meters, columns.row_meter[rows], columns.time_us[rows], columns.quantities, values
    )


def _read_whole(body: bytes) -> Columns | None:
    """The common case in few steps; None as soon as anything in the body needs a closer look."""
    try:
        read = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    meter, time, unit, *given = msgspec.structs.astuple(read)
    filled = [(name, column) for name, column in zip(CATALOGUE, given, strict=True) if column is not None]
    if not time or any(len(column) != len(time) for _, column in filled):
        return None
    values = _table([column for _, column in filled], len(time))
    if (np.abs(values) > LARGEST).any():
        return None
    coded, times = _coded(meter, len(time)), _times_alike(time, unit)
    if coded is None or times is None:
        return None
    return Columns(*coded, times, tuple(name for name, _ in filled), values)


def _table(columns: Sequence[Sequence[float | None]], count: int) -> NDArray[np.float64]:
    """float64[count, k] of columns of numbers, NaN where one is None."""
    table = np.empty((count, len(columns)))
    for i, column in enumerate(columns):
        numbers = _packed("d", column)
        table[:, i] = column if numbers is None else numbers
    return table


def _packed(form: str, numbers: Sequence[object]) -> NDArray[Any] | None:
    """In a form of `struct`, which is faster than numpy with lists; None where one does not fit."""
    try:
        return np.frombuffer(struct.pack(f"{len(numbers)}{form}", *numbers), form)
    except struct.error:
        return None


def _coded(meter: str | Sequence[str], count: int) -> tuple[tuple[str, ...], NDArray[np.int32]] | None:
    if isinstance(meter, str):
        return (meter,), np.zeros(count, np.int32)
    if len(meter) != count:
        return None
    return numbered(meter)


def _times_alike(time: Sequence[object], unit: str | None) -> NDArray[np.int64] | None:
    if unit is None:
        return read_alike(time) if set(map(type, time)) == {str} else None  # type: ignore[arg-type]  # all are texts
    if unit not in UNITS_US:
        return None
    numbers = _packed("q", time)
    if numbers is None:
        numbers = np.array(time)
    if numbers.dtype.kind == "f":
        return _epoch(numbers, unit) if (np.abs(numbers) < _LARGEST_EPOCH / UNITS_US[unit]).all() else None
    if numbers.dtype != np.int64 or (np.abs(numbers) >= _LARGEST_EPOCH // max(UNITS_US[unit], 1)).any():
        return None
    return _epoch(numbers, unit)


def _epoch(numbers: NDArray[np.float64] | NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    per = UNITS_US[unit]
    if numbers.dtype.kind == "f":
        return np.rint(numbers * per).astype(np.int64)
    whole: NDArray[np.int64] = numbers // 1000 if per < 1 else numbers * int(per)  # type: ignore[assignment]
    return whole


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("", shown(body.decode(errors="replace")), f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise PayloadError("", shown(document), "the body is an object of columns, or a list of rows")
    return document


def _read_document(document: Mapping[str, object], zone: tzinfo | None, forms: Forms) -> Columns:
    time = document.get("time")
    if not isinstance(time, list) or not time:
        raise PayloadError("time", shown(time), "time is a list of one or more times")
    rejected: list[Rejected] = []
    meters, row_meter = _read_meters(document.get("meter"), len(time), rejected)
    time_us = _read_times(time, document.get("time_unit"), zone, rejected)
    values: dict[str, NDArray[np.float64]] = {}
    for name, column in document.items():
        quantity, form = forms.get(name, (name, AS_IT_IS))
        if name not in _KEYS and is_quantity(name, quantity, column, values, rejected):
            values[quantity] = _read_column(name, form, column, len(time), rejected)
    table = np.array(list(values.values()), np.float64).reshape(len(values), len(time)).T
    strange = _strange(document, forms)
    return Columns(meters, row_meter, time_us, tuple(values), table, tuple(rejected), strange)


def _strange(document: Mapping[str, object], forms: Forms) -> dict[str, Sequence[object]]:
    """Columns as long as `time` that carry no name that means something."""
    count = len(cast("Sequence[object]", document["time"]))
    return {
        name: column
        for name, column in document.items()
        if name not in {*_KEYS, *CATALOGUE, *forms} and isinstance(column, list) and len(column) == count
    }


def _read_meters(
    given: object, count: int, rejected: list[Rejected]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    if isinstance(given, str):
        return (given,), np.zeros(count, np.int32)
    column = _column("meter", given, count)
    texts = {code for code in column if isinstance(code, str)}
    index = {code: n for n, code in enumerate(sorted(texts))}
    rejected += [
        Rejected(row, "meter", shown(code), _NO_METER)
        for row, code in enumerate(column)
        if not isinstance(code, str)
    ]
    return tuple(index), np.array([index[c] if isinstance(c, str) else -1 for c in column], np.int32)


def _read_times(
    time: Sequence[object], unit: object, zone: tzinfo | None, rejected: list[Rejected]
) -> NDArray[np.int64]:
    if unit is not None and unit not in UNITS_US:
        raise PayloadError("time_unit", shown(unit), f"one of {', '.join(UNITS_US)}")
    read = np.zeros(len(time), np.int64)
    for row, value in enumerate(time):
        try:
            read[row] = read_rfc3339("time", value, zone) if unit is None else _read_epoch(value, str(unit))
        except PayloadError as error:
            rejected.append(rejection(row, error))
    return read


def _read_epoch(value: object, unit: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PayloadError("time", value, f"a time in {unit} since 1970 is a number")
    if not abs(value) < _LARGEST_EPOCH / max(UNITS_US[unit], 1):
        raise PayloadError("time", value, f"no time in {unit} since 1970")
    return int(_epoch(np.array([value]), unit)[0])


def is_quantity(
    name: str, quantity: str, column: object, taken: Container[str], rejected: list[Rejected]
) -> bool:
    """Whether a column's name is one, of which none has been `taken` yet; else it is rejected."""
    if quantity in CATALOGUE and quantity not in taken:
        return True
    unknown = "not in the catalogue of quantities; of no row used"
    reason = f"{quantity} stands in another column already" if quantity in taken else unknown
    rejected.append(Rejected(0, name, shown(column), reason))
    return False


def _column(name: str, given: object, count: int) -> Sequence[object]:
    if not isinstance(given, list):
        raise PayloadError(name, shown(given), f"{name} is a list, as long as time")
    if len(given) != count:
        raise PayloadError(name, len(given), f"{name} holds {len(given)} entries, time holds {count}")
    return given


def _read_column(
    name: str, form: Linear, given: object, count: int, rejected: list[Rejected]
) -> NDArray[np.float64]:
    read = np.full(count, np.nan)
    for row, value in enumerate(_column(name, given, count)):
        try:
            if value is not None:
                read[row] = converted(name, form, check_number(name, value))
        except PayloadError as error:
            rejected.append(rejection(row, error))
    return read
