"""What was found at single readings: doubts as they came, and what settlement made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from accounting.counter import Flag
from telemetry.storage import queries
from telemetry.storage.readings import Ranges

_SQL = queries.beside(__file__)
_SETTLED = [flag.name.lower() for flag in Flag]


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
    """Let these flags be the only ones that settlement left at the quantity in the ranges [lo, hi).

    Where one device took another's place both may have the same flag at one instant: the first one's stays.
    """
    gone = {"meter": ranges.meter_id, "lo": ranges.lo.astype("M8[us]"), "hi": ranges.hi.astype("M8[us]")}
    conn.execute(_SQL["remove"], gone | {"quantity": quantity, "flags": _SETTLED})
    if len(found.time):
        columns = {
            "meter": found.meter_id,
            "time": found.time.astype("M8[us]"),
            "flag": list(found.flag),
            "delta": found.delta,
        }
        conn.execute(_SQL["put"], columns | {"quantity": quantity})


def add(conn: Connection[Any], found: Flags, quantity: Sequence[str]) -> None:
    """Flags of readings as they came, each at its own quantity; one that stands already stays."""
    if not len(found.time):
        return
    order = np.lexsort((np.array(found.flag), np.array(quantity), found.time, found.meter_id))
    columns = {
        "meter": found.meter_id[order],
        "time": found.time[order].astype("M8[us]"),
        "quantity": [quantity[i] for i in order],
        "flag": [str(found.flag[i]) for i in order],
        "delta": found.delta[order],
    }
    conn.execute(_SQL["add"], columns)
