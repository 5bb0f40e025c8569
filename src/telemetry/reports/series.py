"""Sums of settled amounts over intervals and groups, with the share of them that was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from telemetry.reports.errors import QueryError

MOST_CELLS = 20_000_000
"""Quarter hours times rows that one answer may stand on."""
_WHOLE = 1 - 1e-6  # coverage is float32


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Amounts of rows (a meter's quantity each) on one run of equal cells: quarter hours or local days."""

    meter_id: NDArray[np.int32]
    """int32[r]"""
    quantity: list[str]
    amount: NDArray[np.float64]
    """float64[r, n]; NaN where nothing is known."""
    coverage: NDArray[np.float64]
    """float64[r, n]"""

    def total(self, stretches: "Stretches", firsts: NDArray[np.int64], groups: int) -> "Sums":
        """Sums over the intervals that begin at cells `firsts` int64[k], by group."""
        at = np.arange(self.amount.shape[1])
        inside = (at >= stretches.lo[:, None]) & (at < stretches.hi[:, None])
        amount = self.amount[stretches.row]
        known = inside & ~np.isnan(amount)
        parts = (
            np.where(known, amount, 0.0),
            known.astype(np.float64),
            np.where(inside, self.coverage[stretches.row], 0.0),
            inside.astype(np.float64),
        )
        sums = Sums(*(np.add.reduceat(part, firsts, axis=1) for part in parts))
        return sums.grouped(stretches.label, groups)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What adds up over cells and rows alike, each float64[r, k]."""

    amount: NDArray[np.float64]
    known: NDArray[np.float64]
    """Cells with an amount."""
    measured: NDArray[np.float64]
    """Cells' coverage."""
    cells: NDArray[np.float64]
    """Cells that should have an amount."""

    def grouped(self, label: NDArray[np.intp], groups: int) -> "Sums":
        """Rows with the same label together, each float64[groups, k]."""
        order = np.argsort(label, kind="stable")
        heads = np.flatnonzero(np.diff(label[order], prepend=-1))
        sums = np.zeros((4, groups, self.amount.shape[1]))
        if len(heads):
            for out, part in zip(sums, self._parts(), strict=True):
                out[label[order[heads]]] = np.add.reduceat(part[order], heads, axis=0)
        return Sums(*sums)

    def __add__(self, other: "Sums") -> "Sums":
        """What both come to, interval by interval."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return Sums(*(one + two for one, two in pairs))

    def values(self) -> NDArray[np.float64]:
        """Amounts, NaN where no cell is known."""
        return np.where(self.known > 0, self.amount, np.nan)

    def coverage(self) -> NDArray[np.float64]:
        """Share of the cells that was measured, 0 where there was nothing to measure."""
        return np.divide(self.measured, self.cells, out=np.zeros_like(self.cells), where=self.cells > 0)

    def estimated(self) -> NDArray[np.bool_]:
        """Where an amount is known and not fully measured."""
        return (self.known > 0) & (self.coverage() < _WHOLE)

    def _parts(self) -> tuple[NDArray[np.float64], ...]:
        return self.amount, self.known, self.measured, self.cells


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Cells lo..hi of a row that belong to a group: what a meter was, was so from then to then."""

    row: NDArray[np.intp]
    """intp[p], index into Cells."""
    lo: NDArray[np.int64]
    hi: NDArray[np.int64]
    label: NDArray[np.intp]
    """intp[p], the group."""

    @classmethod
    def whole(cls, rows: int, cells: int) -> Self:
        """Every row in a group of its own, all the time."""
        every = np.arange(rows)
        return cls(every, np.zeros(rows, np.int64), np.full(rows, cells, np.int64), every)


def quarter_hours(
    meter_id: NDArray[np.int32],
    quantity: Sequence[str],
    day: NDArray[np.datetime64],
    *,
    amount: NDArray[np.float64],
    coverage: NDArray[np.float32],
    grid: Grid,
) -> Cells:
    """Day arrays float64[r, 96] of UTC days, laid on the grid. Raises QueryError when they are too many."""
    ids, names, row = _rows(meter_id, quantity)
    first_day = grid.start_us // (DAY_SLOTS * SLOT_US)
    last_day = -(-grid.end_us // (DAY_SLOTS * SLOT_US))
    days = last_day - first_day
    require_few(len(ids) * days * DAY_SLOTS)
    at = day.astype("datetime64[D]").astype(np.int64) - first_day
    begin = (grid.start_us - first_day * DAY_SLOTS * SLOT_US) // SLOT_US
    part = slice(begin, begin + grid.count)
    return Cells(
        ids,
        names,
        _laid(amount, row, at, (len(ids), days, DAY_SLOTS), np.nan)[:, part],
        _laid(coverage, row, at, (len(ids), days, DAY_SLOTS), 0.0)[:, part],
    )


def local_days(
    meter_id: NDArray[np.int32],
    quantity: Sequence[str],
    day: NDArray[np.datetime64],
    *,
    amount: NDArray[np.float64],
    coverage: NDArray[np.float64],
    first: np.datetime64,
    days: int,
) -> Cells:
    """Rows of the daily statement, one cell a local day from `first` on."""
    ids, names, row = _rows(meter_id, quantity)
    require_few(len(ids) * days)
    at = (day - first).astype(np.int64)
    shape = (len(ids), days, 1)
    return Cells(
        ids,
        names,
        _laid(amount[:, None], row, at, shape, np.nan),
        _laid(coverage[:, None], row, at, shape, 0.0),
    )


def require_few(cells: int) -> None:
    if cells > MOST_CELLS:
        raise QueryError("step", None, "would touch too many values; choose a longer step, or fewer meters")


def _rows(
    meter_id: NDArray[np.int32], quantity: Sequence[str]
) -> tuple[NDArray[np.int32], list[str], NDArray[np.intp]]:
    """Meters and quantities of the rows that (meter, quantity) pairs make, and each pair's row."""
    names = np.array(quantity, object)
    first = np.ones(len(names), bool)
    first[1:] = (meter_id[1:] != meter_id[:-1]) | (names[1:] != names[:-1])
    heads = np.flatnonzero(first)
    index: dict[tuple[int, str], int] = {}
    pairs = zip(meter_id[heads].tolist(), names[heads].tolist(), strict=True)
    row = np.array([index.setdefault(pair, len(index)) for pair in pairs], dtype=np.intp)
    of_each = row[np.cumsum(first) - 1] if len(row) else row
    return np.array([pair[0] for pair in index], dtype=np.int32), [pair[1] for pair in index], of_each


def _laid(
    parts: NDArray[np.float64] | NDArray[np.float32],
    row: NDArray[np.intp],
    at: NDArray[np.int64],
    shape: tuple[int, int, int],
    empty: float,
) -> NDArray[np.float64]:
    """`parts` float[p, w] written at (row, at) of an array that is otherwise `empty`, float64[r, n * w]."""
    laid = np.full(shape, empty)
    inside = (at >= 0) & (at < shape[1])
    laid[row[inside], at[inside]] = parts[inside]
    return laid.reshape(shape[0], shape[1] * shape[2])
