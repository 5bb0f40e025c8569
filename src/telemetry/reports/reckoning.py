"""What a virtual meter is reckoned from: the formulas that hold, and what is settled of their terms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting import formula
from accounting.formula import Formula, Term
from accounting.grid import SLOT_US, Grid
from accounting.recipes import SETTLED
from telemetry.reports import series
from telemetry.reports.energy import utc_days
from telemetry.reports.series import Cells
from telemetry.storage import energy, formulas
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is settled on a grid, by meter and quantity."""

    cells: Cells
    place: Mapping[_Key, int]
    ids: Mapping[str, int]

    def of(self, term: Term, at: slice) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Amount float64[n] and coverage float32[n] of the quarter hours `at`."""
        return self.at((self.ids.get(term.meter, 0), term.quantity), at)

    def at(self, key: _Key, at: slice) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The same of a meter by number; NaN and 0 where nothing is known."""
        row = self.place.get(key)
        if row is None:
            count = at.stop - at.start
            return np.full(count, np.nan), np.zeros(count, np.float32)
        return self.cells.amount[row, at], self.cells.coverage[row, at].astype(np.float32)

    def combined(self, read: Formula, at: slice) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """What the formula comes to in the quarter hours `at`."""
        amount, coverage = (
            np.stack(column) for column in zip(*(self.of(t, at) for t in read.terms), strict=True)
        )
        return formula.combined(read.factors, amount, coverage)


def known(tx: Transaction, reads: Sequence[Formula], own: NDArray[np.int32], grid: Grid) -> Known:
    """What is settled of the formulas' terms, and of the meters `own` themselves."""
    ids = formulas.ids(tx, sorted({code for read in reads for code in read.meters}))
    named = sorted({term.quantity for read in reads for term in read.terms})
    of_terms = np.array(sorted({*ids.values()} - {*own.tolist()}), np.int32)
    first, last = utc_days(grid.edges)
    parts = [
        energy.select(tx, of_terms, named, first, last),
        energy.select(tx, own, sorted(SETTLED), first, last),
    ]
    cells = series.quarter_hours(
        np.concatenate([part.meter_id for part in parts]),
        [name for part in parts for name in part.quantity],
        np.concatenate([part.day for part in parts]),
        amount=np.concatenate([part.amount for part in parts]),
        coverage=np.concatenate([part.coverage for part in parts]),
        grid=grid,
    )
    keys = zip(cells.meter_id.tolist(), cells.quantity, strict=True)
    return Known(cells, {key: row for row, key in enumerate(keys)}, ids)


def editions(meter: RegisteredMeter, quantity: str, grid: Grid) -> Iterator[tuple[slice, str | None]]:
    """Quarter hours for which the meter has formulas, and the one that tells the quantity then."""
    since = np.array([formulas.since_slot(term) for term in meter.terms])
    edges = np.clip((np.append(since, grid.end_us) - grid.start_us) // SLOT_US, 0, grid.count).tolist()
    for term, lo, hi in zip(meter.terms, edges, edges[1:], strict=False):
        if term.formula is not None and lo < hi:
            yield slice(lo, hi), term.formula.get(quantity)
