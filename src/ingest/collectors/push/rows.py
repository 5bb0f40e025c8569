"""Readings that others post as rows: `[{"meter", "time", "values": {quantity: number}}]`."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import chain

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
from ingest.decode import AS_IT_IS
from ingest.errors import PayloadError
from ingest.moment import EARLIEST_US, check_plausible, plausible, read_rfc3339

_FIELDS = frozenset({"meter", "time", "values"})
_QUANTITIES = tuple(CATALOGUE)
_COLUMN = {name: column for column, name in enumerate(_QUANTITIES)}
_EPOCH = np.datetime64(0, "us")

_Values = msgspec.defstruct(
    "_Values",
    [(name, float, np.nan) for name in _QUANTITIES],
    frozen=True,
    gc=False,
    forbid_unknown_fields=True,
)


class _Row(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    meter: str
    time: datetime
    values: _Values  # type: ignore[valid-type]  # defined from the catalogue


_decode_rows = msgspec.json.Decoder(list[_Row]).decode


def parse(
    body: bytes,
    source: str,
    known: Container[str],
    zone: tzinfo | None,
    now: float,
    *,
    forms: Forms = NO_FORMS,
) -> Parsed:
    """The rows `[{"meter", "time", "values": {quantity: number}}]` of a body.

    A row keeps what of it is right. `known` holds the codes of all meters; `zone` is that of times which
    carry none, without it they are refused; `now` [s since 1970]; `forms` are of names that the source
    declares. Raises PayloadError when the body is no
    list of rows at all.
    """
    whole = _parse_whole(body, source, known, now)
    return whole or _parse_rows(_document(body), source, known, zone, now, forms=forms)


def _parse_whole(body: bytes, source: str, known: Container[str], now: float) -> Parsed | None:
    """The common case in few steps; None as soon as anything in the body needs a closer look."""
    try:
        rows = _decode_rows(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not rows or any(row.time.tzinfo is None for row in rows):
        return None
    meters, index = numbered([row.meter for row in rows])
    if not all(code in known for code in meters):
        return None
    time = np.array([row.time.astimezone(UTC).replace(tzinfo=None) for row in rows], "M8[us]")
    time_us = (time - _EPOCH).astype(np.int64)
    if time_us.min() < EARLIEST_US or not plausible(int(time_us.max()), now):
        return None
    flat = chain.from_iterable(msgspec.structs.astuple(row.values) for row in rows)
    values = np.fromiter(flat, np.float64, len(rows) * len(_QUANTITIES)).reshape(len(rows), -1)
    if np.isnan(values).all(axis=1).any() or (np.abs(values) > LARGEST).any():
        return None
    return Parsed(_batch(source, meters, index, time_us, values), np.arange(len(rows)), ())


def _batch(
    source: str,
    meters: tuple[str, ...],
    index: NDArray[np.int32],
    time_us: NDArray[np.int64],
    values: NDArray[np.float64],
) -> Batch:
    filled = np.flatnonzero(~np.isnan(values).all(axis=0))
    quantities = tuple(_QUANTITIES[column] for column in filled)
    return Batch(source, meters, index, time_us, quantities, values[:, filled])


def _document(body: bytes) -> Sequence[object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("", shown(body.decode(errors="replace")), f"not JSON: {error}") from error
    if not isinstance(document, list) or not document:
        raise PayloadError("", shown(document), "the body is a list of one or more rows")
    return document


def _parse_rows(
    document: Sequence[object],
    source: str,
    known: Container[str],
    zone: tzinfo | None,
    now: float,
    *,
    forms: Forms,
) -> Parsed:
    rejected: list[Rejected] = []
    unnamed: list[Unnamed] = []
    kept: list[tuple[int, str, int, NDArray[np.float64]]] = []
    for position, row in enumerate(document):
        try:
            meter, time_us, values, complaints = _read_row(
                row, known, zone, now, forms=forms, unnamed=unnamed
            )
        except PayloadError as error:
            rejected.append(rejection(position, error))
            continue
        rejected.extend(rejection(position, error) for error in complaints)
        kept.append((position, meter, time_us, values))
    batch = _batch(
        source,
        *numbered([meter for _, meter, _, _ in kept]),
        np.array([time_us for _, _, time_us, _ in kept], np.int64),
        np.array([values for _, _, _, values in kept]).reshape(len(kept), len(_QUANTITIES)),
    )
    positions = np.array([position for position, _, _, _ in kept], np.intp)
    return Parsed(batch, positions, tuple(rejected), tuple(unnamed))


def _read_row(
    row: object,
    known: Container[str],
    zone: tzinfo | None,
    now: float,
    *,
    forms: Forms,
    unnamed: list[Unnamed],
) -> tuple[str, int, NDArray[np.float64], list[PayloadError]]:
    """Meter, time [us], values and what else was wrong; numbers of other names go to `unnamed`.

    Raises PayloadError when nothing is left of it.
    """
    if not isinstance(row, dict):
        raise PayloadError("", row, "a row is an object with meter, time and values")
    meter, time = row.get("meter"), row.get("time")
    if not isinstance(meter, str) or meter not in known:
        raise PayloadError("meter", meter, "no meter has this code")
    time_us = check_plausible("time", time, read_rfc3339("time", time, zone), now)
    given = row.get("values")
    if not isinstance(given, dict):
        raise PayloadError("values", given, "values is an object of quantity and number")
    unknown = {n: value for n, value in given.items() if n not in _COLUMN and n not in forms}
    if strange := numbers_only(unknown):
        unnamed.append(Unnamed(meter, time_us, "", strange))
    values = np.full(len(_QUANTITIES), np.nan)
    complaints = [PayloadError(key, row[key], "no such field") for key in row if key not in _FIELDS]
    complaints += _read_values(given, forms, values)
    if np.isnan(values).all():
        raise next(
            (one for one in complaints if one.field.startswith("values.")),
            PayloadError("values", given, "holds no value"),
        )
    return meter, time_us, values, complaints


def _read_values(
    given: Mapping[str, object], forms: Forms, values: NDArray[np.float64]
) -> Iterator[PayloadError]:
    for name, value in given.items():
        field = f"values.{name}"
        quantity, form = forms.get(name, (name, AS_IT_IS))
        if quantity not in _COLUMN:
            yield PayloadError(field, value, "not in the catalogue of quantities")
        elif value is not None:
            try:
                number = converted(field, form, check_number(field, value))
            except PayloadError as error:
                yield error
            else:
                yield from _put(values, field, quantity, number)


def _put(values: NDArray[np.float64], field: str, quantity: str, number: float) -> Iterator[PayloadError]:
    if np.isnan(values[_COLUMN[quantity]]):
        values[_COLUMN[quantity]] = number
    else:
        yield PayloadError(field, number, f"{quantity} stands in this row already")
