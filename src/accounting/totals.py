"""Emissions of meters x intervals by month and basis, in one pass over the amounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accounting.errors import ActivityError

Floats = NDArray[np.float64]

_ROWS = 16
"""Meters at a time: what of them is copied stays in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Sums over the intervals of each month."""

    kg: Floats
    """float64[b, m, k] by basis, meter and month: what has both an amount and a rate."""
    unrated: Floats
    """float64[b, m, k]: amounts that no rate answers for."""
    coverage: Floats
    """float64[m, k]: share of the month's intervals that have an amount."""


def by_month(amount: Floats, rates: Floats, which: NDArray[np.integer], edges: NDArray[np.integer]) -> Totals:
    """Sum amounts float64[m, n] [unit] x rates float64[b, g, n] [kg/unit] over edges[k]..edges[k + 1].

    `rates` stand by basis and set of factors, a series each; which[m] is the set of a meter. NaN amounts
    lower the coverage, NaN rates leave their amounts unrated; neither counts as zero emissions. Amount x
    factor, GHG Protocol. Raises ActivityError for shapes that do not fit.
    """
    if rates.shape[2:] != amount.shape[1:] or which.shape != amount.shape[:1]:
        raise ActivityError(f"amounts {amount.shape}, rates {rates.shape} and sets {which.shape} do not fit")
    months = [slice(lo, hi) for lo, hi in pairwise(edges.tolist())]
    bases = len(rates)
    sums = np.empty((len(amount), len(months), 2 * bases))
    missing = np.empty((len(amount), len(months)))
    for group in np.unique(which).tolist():
        weights = _weights(rates[:, group])
        for rows in _blocks(np.flatnonzero(which == group)):
            sums[rows], missing[rows] = _sums(amount[rows], weights, months)
    kg, unrated = np.moveaxis(sums, 2, 0).reshape(2, bases, *missing.shape)
    return Totals(kg, unrated, 1.0 - missing / np.diff(edges))


def total_by(sums: Floats, group: NDArray[np.integer], groups: int) -> Floats:
    """Add float64[b, m, k] over the meters of each group[m], 0..g - 1, such as scopes: float64[b, g, k]."""
    found: Floats = (np.arange(groups)[:, None] == group).astype(np.float64) @ sums
    return found


def _weights(rates: Floats) -> Floats:
    """float64[n, 2b]: each basis' rate, and 1 where it has none."""
    none = np.isnan(rates)
    return np.ascontiguousarray(np.concatenate((np.where(none, 0.0, rates), none)).T)


def _blocks(rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    return (rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS))


def _sums(part: Floats, weights: Floats, months: list[slice]) -> tuple[Floats, Floats]:
    """Sums float64[r, k, 2b] and missing intervals float64[r, k] of a few meters; writes to `part`."""
    unknown = np.isnan(part)
    np.copyto(part, 0.0, where=unknown)
    sums = np.stack([part[:, span] @ weights[span] for span in months], axis=1)
    missing = np.stack([unknown[:, span].sum(axis=1) for span in months], axis=1)
    return sums, missing.astype(np.float64)
