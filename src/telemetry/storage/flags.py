"""What settlement found at single readings: resets, rollovers, glitches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries
from telemetry.storage.readings import Ranges

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """Columns of one length."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    """int64[k] [us]."""
    flag: Sequence[str]
    delta: NDArray[np.float64]
    """In the quantity's unit, as the meter shows it."""


def replace(conn: Connection[Any], quantity: str, ranges: Ranges, found: Flags) -> None:
    """Let these flags be the only ones of the quantity in the ranges [lo, hi)."""
    gone = {"meter": ranges.meter_id, "lo": ranges.lo.astype("M8[us]"), "hi": ranges.hi.astype("M8[us]")}
    conn.execute(_SQL["remove"], gone | {"quantity": quantity})
    if len(found.time):
        columns = {
            "meter": found.meter_id,
            "time": found.time.astype("M8[us]"),
            "flag": list(found.flag),
            "delta": found.delta,
        }
        conn.execute(_SQL["put"], columns | {"quantity": quantity})
