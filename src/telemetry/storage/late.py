"""Readings that came after newer ones of their meter: alerts are judged anew by those of the last hour."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from accounting.grid import moment_of
from telemetry.storage import queries
from telemetry.storage.dirty import Marks

_SQL = queries.beside(__file__)
_STEP_US = 10_000_000
"""Readings closer to their meter's newest than this are as good as in order."""
_REACH_US = 3_600_000_000


def behind(
    meter_id: NDArray[np.int32], time: NDArray[np.int64], newest: NDArray[np.int64], now_us: int
) -> Marks:
    """Of new rows by meter and time those of the last hour that are not their meter's newest.

    `newest` int64[meters] [us] is what each meter had before.
    """
    first = np.flatnonzero(np.diff(meter_id, prepend=-1))
    meter = np.repeat(np.arange(len(first)), np.diff(first, append=len(meter_id)))
    last = np.maximum(newest, time[np.flatnonzero(np.diff(meter_id, append=-1))])
    late = np.flatnonzero((time < last[meter] - _STEP_US) & (time >= now_us - _REACH_US))
    found, begin = np.unique(meter[late], return_index=True)
    end = np.append(begin[1:], len(late))[: len(begin)] - 1
    return Marks(meter_id[first[found]], time[late[begin]], time[late[end]])


def put(conn: Connection[Any], marks: Marks) -> None:
    if len(marks):
        lo, hi = marks.lo.astype("M8[us]"), marks.hi.astype("M8[us]")
        conn.execute(_SQL["put"], {"meter": marks.meter_id, "lo": lo, "hi": hi})


def take(conn: Connection[Any], since_us: int) -> Marks:
    """All of them, which are gone then; without those that lie before `since_us`."""
    row = conn.execute(_SQL["take"], {"since": moment_of(since_us)}, binary=True).fetchone()
    if row is None or row[0] is None:
        nothing = np.empty(0, np.int64)
        return Marks(np.empty(0, np.int32), nothing, nothing)
    return Marks(row[0], row[1].astype(np.int64), row[2].astype(np.int64))
