"""A batch as bytes, and back: a head that names the columns, then the columns as they lie in memory."""

import struct
from collections.abc import Iterator

import msgspec
import numpy as np

from ingest.batch import Batch, picked
from ingest.errors import PayloadError

VERSION = 1
_PREFIX = struct.Struct("<BI")
"""Version, length of the head."""
_ROW_METER, _TIME, _VALUE = np.dtype("<i4"), np.dtype("<i8"), np.dtype("<f8")
_LONGEST_CODE = 80
"""What a row's meter adds to the head at most, about [bytes]."""


class _Head(msgspec.Struct, array_like=True, frozen=True):
    source: str
    rows: int
    meters: tuple[str, ...]
    quantities: tuple[str, ...]
    edition: str = ""
    unmapped: bool = False


_encode_head = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(_Head).decode


def encode(batch: Batch) -> bytes:
    named = batch.source, len(batch), batch.meters, batch.quantities, batch.edition, batch.unmapped
    head = _encode_head(_Head(*named))
    return b"".join(
        (
            _PREFIX.pack(VERSION, len(head)),
            head,
            batch.row_meter.astype(_ROW_METER).tobytes(),
            batch.time.astype(_TIME).tobytes(),
            batch.values.astype(_VALUE).tobytes(),
        )
    )


def decode(data: bytes) -> Batch:
    """Raises PayloadError for what another version wrote or nobody did."""
    try:
        version, length = _PREFIX.unpack_from(data)
        if version != VERSION:
            raise PayloadError("version", version, f"this ParkWatt reads version {VERSION}")
        head = _decode_head(data[_PREFIX.size : _PREFIX.size + length])
        return _columns(data, _PREFIX.size + length, head)
    except (struct.error, msgspec.MsgspecError, ValueError) as error:
        raise PayloadError("record", data[:16].hex(), f"not a batch: {error}") from error


def _columns(data: bytes, start: int, head: _Head) -> Batch:
    n, k = head.rows, len(head.quantities)
    time = start + n * _ROW_METER.itemsize
    values = time + n * _TIME.itemsize
    return Batch(
        head.source,
        head.meters,
        np.frombuffer(data, _ROW_METER, n, start),
        np.frombuffer(data, _TIME, n, time),
        head.quantities,
        np.frombuffer(data, _VALUE, n * k, values).reshape(n, k),
        head.edition,
        head.unmapped,
    )


def parts(batch: Batch, most: int) -> Iterator[Batch]:
    """The batch in pieces of about `most` bytes, each with its own meters alone."""
    row = _LONGEST_CODE + _ROW_METER.itemsize + _TIME.itemsize + _VALUE.itemsize * len(batch.quantities)
    rows = max(1, most // row)
    if len(batch) <= rows:
        yield batch
        return
    for first in range(0, len(batch), rows):
        yield picked(batch, np.arange(first, min(first + rows, len(batch))))
