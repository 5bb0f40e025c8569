"""Readings that others post as an Arrow IPC stream: a column each for meter, time and every quantity."""

import struct
from collections.abc import Container, Iterator
from datetime import tzinfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, ipc, types

from accounting.quantity import CATALOGUE, LARGEST
from ingest.collectors.push.columns import MOST_ROWS, Columns, compare, is_quantity
from ingest.collectors.push.parsed import NO_FORMS, Forms, Parsed, Rejected
from ingest.decode import AS_IT_IS, Linear
from ingest.errors import PayloadError, TooManyRows

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


def parse(
    body: bytes,
    source: str,
    known: Container[str],
    _zone: tzinfo | None,
    now: float,
    *,
    forms: Forms = NO_FORMS,
) -> Parsed:
    """The rows of a stream; null and NaN are missing, times are timestamps with a zone.

    Raises PayloadError when it is no such stream, TooManyRows.
    """
    try:
        columns = _read_table(_read(body), forms)
    except (pa.ArrowException, OSError, UnicodeDecodeError, struct.error, IndexError) as error:
        raise PayloadError("", None, f"not an Arrow IPC stream: {error}") from error
    return compare(columns, source, known, now)


def _read_table(table: pa.Table, forms: Forms) -> Columns:
    rejected: list[Rejected] = []
    meters, row_meter = _meters(_column(table, "meter"), rejected)
    time_us = _times(_column(table, "time"), rejected)
    names = [name for name in table.column_names if name not in {"meter", "time"}]
    values: dict[str, NDArray[np.float64]] = {}
    for name in names:
        column, (quantity, form) = table.column(name), forms.get(name, (name, AS_IT_IS))
        if is_quantity(name, quantity, None, values, rejected) and not types.is_null(column.type):
            values[quantity] = _numbers(name, form, column, rejected)
    filled = np.array(list(values.values()), np.float64).reshape(len(values), table.num_rows).T
    strange = [name for name in names if name not in CATALOGUE and name not in forms]
    unnamed = {name: table.column(name).to_pylist() for name in strange}
    return Columns(meters, row_meter, time_us, tuple(values), filled, tuple(rejected), unnamed)


def _read(body: bytes) -> pa.Table:
    _refuse_compressed(body)
    reader = ipc.open_stream(body)
    return pa.Table.from_batches(_validated(reader), reader.schema)


def _validated(reader: ipc.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    count = 0
    for batch in reader:
        count += batch.num_rows
        if count > MOST_ROWS:
            raise TooManyRows("", count, f"more than {MOST_ROWS} rows")
        batch.validate(full=True)
        yield batch


def _refuse_compressed(body: bytes) -> None:
    """Buffers that declare their own unpacked size could declare any; the request's encoding is bounded."""
    for message in ipc.MessageReader.open_stream(body):
        if _is_compressed(message.metadata.to_pybytes()):
            reason = "its buffers are compressed; write it without, and use Content-Encoding: zstd"
            raise PayloadError("", None, reason)


def _is_compressed(metadata: bytes) -> bool:
    """https://github.com/apache/arrow/blob/main/format/Message.fbs: field 3 of a RecordBatch."""
    message = _pointed(metadata, 0)
    kind = _field(metadata, message, 1)
    header = _field(metadata, message, 2)
    if kind is None or header is None or metadata[kind] not in {_DICTIONARY_BATCH, _RECORD_BATCH}:
        return False
    batch = _pointed(metadata, header)
    if metadata[kind] == _DICTIONARY_BATCH:
        data = _field(metadata, batch, 1)
        if data is None:
            return False
        batch = _pointed(metadata, data)
    return _field(metadata, batch, 3) is not None


def _pointed(buffer: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", buffer, at)[0])


def _field(buffer: bytes, table: int, number: int) -> int | None:
    """Where a field of a flatbuffers table stands; None when it is absent."""
    vtable = table - struct.unpack_from("<i", buffer, table)[0]
    size = struct.unpack_from("<H", buffer, vtable)[0]
    slot = 4 + 2 * number
    offset = int(struct.unpack_from("<H", buffer, vtable + slot)[0]) if slot < size else 0
    return table + offset if offset else None


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if table.column_names.count(name) != 1:
        raise PayloadError(name, table.column_names, f"there has to be one column {name}")
    if not table.num_rows:
        raise PayloadError("", 0, "the stream holds no rows")
    return table.column(name)


def _meters(column: pa.ChunkedArray, rejected: list[Rejected]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if not (types.is_string(kind) or types.is_large_string(kind)):
        raise PayloadError("meter", str(column.type), "meter is a column of texts")
    coded = column.cast(pa.large_string()).dictionary_encode().combine_chunks()
    absent = _named_nulls("meter", column, "no meter has this code", rejected)
    index = np.where(absent, -1, coded.indices.fill_null(0).to_numpy()).astype(np.int32)
    return tuple(coded.dictionary.to_pylist()), index


def _times(column: pa.ChunkedArray, rejected: list[Rejected]) -> NDArray[np.int64]:
    if not types.is_timestamp(column.type) or column.type.tz is None:
        raise PayloadError(
            "time", str(column.type), "time is a column of timestamps with a zone, such as UTC"
        )
    _named_nulls("time", column, "a row needs a time", rejected)
    whole = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    read: NDArray[np.int64] = whole.fill_null(0).to_numpy()
    return read


def _named_nulls(
    name: str, column: pa.ChunkedArray, reason: str, rejected: list[Rejected]
) -> NDArray[np.bool_]:
    absent: NDArray[np.bool_] = column.is_null().to_numpy()
    rejected += [Rejected(row, name, None, reason) for row in np.flatnonzero(absent).tolist()]
    return absent


def _numbers(
    name: str, form: Linear, column: pa.ChunkedArray, rejected: list[Rejected]
) -> NDArray[np.float64]:
    kind = column.type
    if not (types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind)):
        raise PayloadError(name, str(kind), f"{name} is a column of numbers")
    read: NDArray[np.float64] = form(compute.cast(column, pa.float64(), safe=False).to_numpy().copy())
    for row in np.flatnonzero(np.abs(read) > LARGEST).tolist():
        reason = f"no meter shows so much; at most {LARGEST:g}"
        rejected.append(Rejected(row, name, float(read[row]), reason))
        read[row] = np.nan
    return read
