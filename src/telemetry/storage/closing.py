"""When rows dirty quarter hours: as they close one, or come late."""

import numpy as np
from numpy.typing import NDArray

from accounting.grid import floor_slot
from telemetry.storage.dirty import Marks
from telemetry.storage.latest import NEVER


def marks(
    meter_id: NDArray[np.int32], time: NDArray[np.int64], newest: NDArray[np.int64], now_us: int
) -> Marks:
    """Marks of new rows sorted by meter and time; `newest` int64[meters] [us] is what each meter had before.

    A meter whose rows lie in the open quarter hour, as its newest one does, needs none: the row that closes
    it will mark from the newest one on.
    """
    starts = _starts(meter_id)
    first, last = time[starts], time[np.flatnonzero(np.diff(meter_id, append=-1))]
    known = newest != NEVER
    crosses = known & (floor_slot(last) > floor_slot(np.where(known, newest, 0)))
    late = known & (first < floor_slot(np.maximum(newest, now_us)))
    lo = np.where(crosses, np.minimum(first, newest), first)
    marked = late | crosses | ~known
    return Marks(meter_id[starts][marked], lo[marked], last[marked])


def meters(meter_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each meter of rows sorted by meter."""
    return meter_id[_starts(meter_id)]


def _starts(meter_id: NDArray[np.int32]) -> NDArray[np.int64]:
    first = np.ones(len(meter_id), bool)
    first[1:] = meter_id[1:] != meter_id[:-1]
    return np.flatnonzero(first)
