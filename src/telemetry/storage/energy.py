"""Settled amounts of quarter hours: a row of 96 per meter, quantity and UTC day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from telemetry.storage import encode, queries, staging
from telemetry.storage.readings import Ranges

_SQL = queries.beside(__file__)
_DAY_US = DAY_SLOTS * SLOT_US


@dataclass(frozen=True, slots=True, eq=False)
class EnergyDays:
    """One row per meter, quantity and UTC day that has anything."""

    meter_id: NDArray[np.int32]
    quantity: list[str]
    day: NDArray[np.datetime64]
    """datetime64[D][r]."""
    amount: NDArray[np.float64]
    """float64[r, 96] in the quantity's unit, NaN where nothing is known."""
    coverage: NDArray[np.float32]
    """float32[r, 96]: share of the quarter hour that was measured."""

    def __len__(self) -> int:
        return len(self.meter_id)


def select(
    conn: Connection[Any],
    meter_ids: NDArray[np.int32],
    quantities: Sequence[str],
    first_day: date,
    last_day: date,
) -> EnergyDays:
    """Rows of the UTC days first..last."""
    asked = {
        "meters": meter_ids.astype(np.int32),
        "quantities": list(quantities),
        "first": first_day,
        "last": last_day,
    }
    row = conn.execute(_SQL["select"], asked, binary=True).fetchone()
    if row is None or row[0] is None:
        none = np.empty((0, DAY_SLOTS))
        return EnergyDays(np.empty(0, np.int32), [], np.empty(0, "M8[D]"), none, none.astype(np.float32))
    return EnergyDays(*row)


@dataclass(frozen=True, slots=True, eq=False)
class QuarterHours:
    """Settled quarter hours of a grid, one row a range."""

    grid: Grid
    amount: NDArray[np.float64]
    """float64[m, grid.count], NaN where nothing is known."""
    coverage: NDArray[np.float32]
    """float32[m, grid.count]."""


def write(conn: Connection[Any], quantity: str, ranges: Ranges, settled: QuarterHours) -> None:
    """Replace the quarter hours of each range [lo, hi), slot by slot.

    All ranges lie inside the grid, and no two of one meter touch the same UTC day.
    """
    start = settled.grid.start_us // _DAY_US
    before = (settled.grid.start_us - start * _DAY_US) // SLOT_US
    days = -(-(before + settled.grid.count) // DAY_SLOTS)
    midnight = (start + np.arange(days)) * DAY_SLOTS
    first = np.clip(ranges.lo[:, None] // SLOT_US - midnight, 0, DAY_SLOTS)
    last = np.clip(ranges.hi[:, None] // SLOT_US - midnight, 0, DAY_SLOTS)
    at, day = np.nonzero(last > first)
    if not len(at):
        return
    since, until = first[at, day].astype(np.int16), last[at, day].astype(np.int16)
    amount = _by_day(settled.amount, before, days, np.nan)[at, day]
    coverage = _by_day(settled.coverage, before, days, 0.0)[at, day]
    slot = np.arange(DAY_SLOTS)
    outside = (slot < since[:, None]) | (slot >= until[:, None])
    amount[outside], coverage[outside] = np.nan, 0.0
    rows = [ranges.meter_id[at], (start + day).astype("M8[D]"), since, until, amount, coverage]
    _merge(conn, quantity, rows)


def _by_day(values: NDArray[Any], before: int, days: int, void: float) -> NDArray[Any]:
    """[m, s] laid on whole days, [m, days, 96]."""
    whole = np.full((len(values), days * DAY_SLOTS), void, values.dtype)
    whole[:, before : before + values.shape[1]] = values
    return whole.reshape(len(values), days, DAY_SLOTS)


def _merge(conn: Connection[Any], quantity: str, rows: list[NDArray[Any]]) -> None:
    """Put rows of meter, day, first slot, last, amount and coverage in the place of what stands."""
    staging.create(conn)
    conn.execute(_SQL["clear"])
    with conn.cursor().copy(_SQL["copy_settled"]) as copy:
        copy.write(encode.binary(rows))
    conn.execute(_SQL["by_index"])
    stood = conn.execute(_SQL["replace"], {"quantity": quantity}).rowcount
    if stood and np.isnan(rows[4]).all(axis=1).any():
        conn.execute(_SQL["empty"], {"quantity": quantity})
    if stood < len(rows[0]):
        conn.execute(_SQL["insert"], {"quantity": quantity})
