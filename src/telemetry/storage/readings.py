"""Readings as columns: what meters showed in a range, and how far a settlement has to look around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class ReadingColumns:
    """Readings by meter and time."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    """int64[n] [us]."""
    batch_id: NDArray[np.int64]
    quantities: tuple[str, ...]
    values: NDArray[np.float64]
    """float64[n, k], NaN = not read."""

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Stretches of single meters; one meter may have several."""

    meter_id: NDArray[np.int32]
    lo: NDArray[np.int64]
    """int64[m] [us]."""
    hi: NDArray[np.int64]
    """int64[m] [us]."""

    def __len__(self) -> int:
        return len(self.meter_id)


def select(  # noqa: PLR0917  # a range of time travels as two numbers
    conn: Connection[Any],
    meter_ids: NDArray[np.int32],
    lo_us: int,
    hi_us: int,
    quantities: Sequence[str],
    limit: int | None = None,
) -> ReadingColumns:
    """Readings of [lo, hi); with `limit` each meter's newest ones alone."""
    query = queries.expand(_SQL["select"], quantities)
    asked = {
        "meters": np.unique(meter_ids).astype(np.int32),
        "lo": np.datetime64(lo_us, "us").item(),
        "hi": np.datetime64(hi_us, "us").item(),
        "limit": limit,
    }
    row = conn.execute(query, asked, binary=True).fetchone()
    names = tuple(quantities)
    if row is None or row[0] is None:
        nothing = np.empty(0, np.int64)
        return ReadingColumns(np.empty(0, np.int32), nothing, nothing, names, np.empty((0, len(names))))
    meter, time, batch, *columns = row
    order = np.lexsort((time, meter))
    return ReadingColumns(
        meter[order], time.astype(np.int64)[order], batch[order], names, np.column_stack(columns)[order]
    )


def anchors(  # noqa: PLR0917  # a settlement's whole question
    conn: Connection[Any],
    quantity: str,
    ranges: Ranges,
    still: NDArray[np.bool_],
    depth: int,
    told: Ranges | None = None,
) -> Ranges:
    """Widen each range by `depth` readings of the quantity on either side, where there are so many.

    Where bool[m] `still` does not hold, zeros do not count: a zero means what those around it make of it. A
    range that finds too few others reaches to the nearest zero before them and to the last one after them,
    and to the edges of `told`, between which people read its counters; one that finds none reaches to the
    nearest reading withdrawn before it.
    """
    wide = ranges if told is None else told
    edges = {"told_lo": wide.lo.astype("M8[us]"), "told_hi": wide.hi.astype("M8[us]")}
    asked = _bounds(ranges) | edges | {"still": still, "depth": depth}
    row = conn.execute(queries.expand(_SQL["anchors"], [quantity]), asked, binary=True).fetchone()
    if row is None or row[0] is None:
        return ranges
    order = np.argsort(row[0])
    return Ranges(ranges.meter_id, row[1].astype(np.int64)[order], row[2].astype(np.int64)[order])


def series(
    conn: Connection[Any], quantity: str, ranges: Ranges
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Range number int32[n], time int64[n] [us] and value float64[n] where it was read, in order.

    NaN: it was withdrawn.
    """
    rows = conn.execute(queries.expand(_SQL["series"], [quantity]), _bounds(ranges), binary=True).fetchall()
    number = np.repeat(np.arange(len(rows), dtype=np.int32), [len(times) for times, _ in rows])
    time = np.concatenate([np.empty(0, np.int64), *(times.astype(np.int64) for times, _ in rows)])
    value = np.concatenate([np.empty(0), *(values for _, values in rows)])
    if not ((np.diff(time) < 0) & (np.diff(number) == 0)).any():
        return number, time, value
    order = np.lexsort((time, number))
    return number, time[order], value[order]


def _bounds(ranges: Ranges) -> dict[str, object]:
    return {
        "meter": ranges.meter_id,
        "lo": ranges.lo.astype("M8[us]"),
        "hi": ranges.hi.astype("M8[us]"),
    }
