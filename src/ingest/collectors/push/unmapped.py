"""Numbers that an edge's templates do not mention, as it posts them to be kept aside at the centre."""

from collections.abc import Container

import msgspec
import numpy as np

from accounting.quantity import LARGEST
from ingest.batch import Batch, numbered
from ingest.errors import PayloadError
from ingest.moment import plausible_times
from ingest.sampling import LONGEST_NAME, MOST_NAMES
from ingest.unmapped import is_address, storable

_MOST_ROWS = 50_000


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """Columns of one length."""

    meter: list[str]
    time: list[int]
    """[us since 1970]"""
    values: dict[str, list[float | None]]
    """By the names of the sender's own."""


_decode = msgspec.json.Decoder(Body).decode


def parse(body: bytes, source: str, known: Container[str], now: float) -> Batch:
    """`known` holds every code that a meter may have; an address may stand in its place.

    Raises PayloadError; then nothing of it is used.
    """
    try:
        read = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("", body[:100].decode(errors="replace"), f"no numbers to keep: {error}") from error
    _check(read, known)
    time = np.array(read.time, np.int64)
    values = np.array(list(read.values.values()), np.float64).reshape(len(read.values), len(time)).T
    if not plausible_times(time, now).all():
        raise PayloadError("time", str(time.min()), "too long ago, or in the future")
    if (np.abs(values) > LARGEST).any():
        raise PayloadError("values", float(np.nanmax(np.abs(values))), "no meter shows so much")
    return Batch(source, *numbered(read.meter), time, tuple(read.values), values, unmapped=True)


def _check(read: Body, known: Container[str]) -> None:
    count = len(read.time)
    if not 0 < count <= _MOST_ROWS or len(read.meter) != count:
        raise PayloadError("time", count, f"one to {_MOST_ROWS} times, as many as meters")
    if strange := next((code for code in read.meter if code not in known and not is_address(code)), None):
        raise PayloadError("meter", strange[:100], "no meter has this code")
    if any(abs(each) >= 1 << 62 for each in read.time):
        raise PayloadError("time", max(map(abs, read.time)), "no time in us since 1970")
    fitting = [name for name in read.values if len(name) <= LONGEST_NAME and storable(name)]
    if len(read.values) > MOST_NAMES or len(fitting) < len(read.values):
        raise PayloadError(
            "values", len(read.values), f"at most {MOST_NAMES} names of {LONGEST_NAME} letters"
        )
    if any(len(column) != count for column in read.values.values()):
        raise PayloadError("values", count, "each column is as long as time")
