"""Sums over whole months, read from the months of the statement."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.grid import to_us
from telemetry.reports.series import Stretches, Sums
from telemetry.reports.steps import Steps
from telemetry.storage.monthly import MonthAmounts, MonthMasses
from telemetry.storage.registry import RegisteredMeter


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """Amounts of rows (a meter's quantity each) in months; a row counts in one group all the time."""

    meter_id: NDArray[np.int32]
    """int32[r]"""
    quantity: list[str]
    amount: NDArray[np.float64]
    """float64[r, k]"""
    known: NDArray[np.float64]
    """Days with an amount, float64[r, k]."""
    measured: NDArray[np.float64]
    """Coverage of the days, added up, float64[r, k]."""
    days: int
    """All that there are."""

    def total(self, stretches: Stretches, firsts: NDArray[np.int64], groups: int) -> Sums:
        """Sums over the months that begin at days `firsts` int64[k], by group."""
        ends = np.append(firsts[1:], self.days)
        inside = np.minimum(stretches.hi[:, None], ends) - np.maximum(stretches.lo[:, None], firsts)
        inside = np.maximum(inside, 0).astype(np.float64)
        parts = (self.amount, self.known, self.measured)
        amount, known, measured = (np.where(inside > 0, part[stretches.row], 0.0) for part in parts)
        return Sums(amount, known, measured, inside).grouped(stretches.label, groups)


def steady(meter: RegisteredMeter, steps: Steps) -> bool:
    """Whether the meter is one thing throughout, so that its months need not be taken apart."""
    lo, hi = int(steps.edges[0]), int(steps.edges[-1])
    ends = [term.valid_from for term in meter.terms[1:]] + [meter.removed_at] * (meter.removed_at is not None)
    return not any(lo < to_us(moment) < hi for moment in ends if moment is not None)


def laid(
    found: Sequence[MonthAmounts] | Sequence[MonthMasses], steps: Steps
) -> tuple[Months, NDArray[np.intp]]:
    """What was found on the months of `steps`; and the row of each of it, in turn."""
    index: dict[tuple[str, int], int] = {}
    rows = np.concatenate([np.empty(0, np.intp), *(_rows(part, index) for part in found)])
    month = np.concatenate([np.empty(0, "M8[D]"), *(part.month for part in found)])
    cell = rows * len(steps) + (month.astype("M8[M]") - np.datetime64(steps.days[0], "M")).astype(np.int64)
    amount, known, measured = (
        np.bincount(cell, np.nan_to_num(values), len(index) * len(steps))
        .reshape(-1, len(steps))
        .astype(np.float64)
        for values in (
            np.concatenate([np.empty(0), *(getattr(part, name) for part in found)])
            for name in ("amount", "days", "measured")
        )
    )
    ids = np.array([meter for _, meter in index], np.int32)
    names = [quantity for quantity, _ in index]
    return Months(ids, names, amount, known, measured, len(steps.day_edges) - 1), rows


def _rows(part: MonthAmounts | MonthMasses, index: dict[tuple[str, int], int]) -> NDArray[np.intp]:
    """The row of each month, by number in `index`, to which new pairs of quantity and meter are added."""
    meters, of_each = np.unique(part.meter_id, return_inverse=True)
    row = [index.setdefault((part.quantity, meter), len(index)) for meter in meters.tolist()]
    return np.array(row, np.intp)[of_each]
