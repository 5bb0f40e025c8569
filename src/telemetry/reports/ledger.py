"""What meters of one carrier showed, laid side by side over the quarter hours of a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from accounting.balance import OPPOSITE, Flows
from accounting.recipes import recipes_of
from telemetry.reports.energy import by_quarter_hour
from telemetry.reports.series import Cells
from telemetry.reports.steps import Steps
from telemetry.storage import seen
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

Stretches = Sequence[tuple[int, int]]
"""Cells lo..hi."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Meters by code."""

    steps: Steps
    ids: Mapping[str, int]
    shown: Mapping[str, frozenset[str]]
    """What is settled for each."""
    cells: Cells
    rows: Mapping[tuple[int, str], int]
    """(Meter, quantity) -> row of the cells."""

    @classmethod
    def read(
        cls, tx: Transaction, meters: Sequence[RegisteredMeter], quantities: Sequence[str], steps: Steps
    ) -> Self:
        """Raises QueryError when they are too many."""
        ids = np.array(sorted(meter.id for meter in meters), np.int32)
        moved = seen.of_meters(tx, ids)
        shown = {
            meter.code: frozenset(
                recipe.target for recipe in recipes_of({*moved.get(meter.id, ()), *meter.declared})
            ).union(*(term.formula or () for term in meter.terms))
            for meter in meters
        }
        both = [*quantities, *(other for name in quantities if (other := OPPOSITE[name]))]
        cells = by_quarter_hour(tx, ids, both, steps)
        pairs = zip(cells.meter_id.tolist(), cells.quantity, strict=True)
        rows = {pair: row for row, pair in enumerate(pairs)}
        return cls(steps, {meter.code: meter.id for meter in meters}, shown, cells, rows)

    def flows(self, rows: Sequence[tuple[str, int, Stretches]], quantity: str) -> Flows:
        """Of meters, each with its sign and where it counts."""
        codes = [code for code, _, _ in rows]
        counts = self.mask([over for _, _, over in rows])
        inwards, measured = self._shown(codes, quantity, counts)
        outwards, measured_out = self._shown(codes, OPPOSITE[quantity], counts)
        neither = [not self.shown[code] & {quantity, OPPOSITE[quantity]} for code in codes]
        inwards[np.array(neither, bool)[:, None] & counts] = np.nan
        sign = np.array([sign for _, sign, _ in rows], np.float64)
        return Flows(inwards, outwards, np.minimum(measured, measured_out), sign)

    def mask(self, stretches: Sequence[Stretches]) -> NDArray[np.bool_]:
        """Cells inside each list of stretches, bool[m, n]."""
        found = np.zeros((len(stretches), self.steps.grid.count), np.bool_)
        for row, each in zip(found, stretches, strict=True):
            for lo, hi in each:
                row[lo:hi] = True
        return found

    @property
    def firsts(self) -> NDArray[np.int64]:
        """Cells at which the intervals begin, int64[k]."""
        return np.searchsorted(self.steps.grid.slots, self.steps.edges[:-1]).astype(np.int64)

    def sums(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[..., n] to float64[..., k]."""
        found: NDArray[np.float64] = np.add.reduceat(cells, self.firsts, axis=-1)
        return found

    def _shown(
        self, codes: Sequence[str], quantity: str | None, counts: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Amounts and coverage, float64[m, n]; 0 and 1 where a meter does not count or never shows it."""
        amount, coverage = np.zeros(counts.shape), np.ones(counts.shape)
        for at, code in enumerate(codes):
            if quantity in self.shown[code]:
                row = self.rows.get((self.ids[code], quantity))
                amount[at] = np.nan if row is None else self.cells.amount[row]
                coverage[at] = 0.0 if row is None else self.cells.coverage[row]
        return np.where(counts, amount, 0.0), np.where(counts, coverage, 1.0)
