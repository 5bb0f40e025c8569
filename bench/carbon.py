"""CO2 of 1 000 meters x a year of quarter hours by scope and month: two bases, sets by meter, 2 % missing."""

import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from accounting.totals import by_month, total_by
from bench.measure import Measure, in_turn

METERS, SETS, SCOPES = 1000, 12, 2
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MISSING = 0.02
GOAL_S = 0.8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Year:
    amount: Floats
    rates: Floats
    which: NDArray[np.int64]
    scope: NDArray[np.int64]
    edges: NDArray[np.int64]

    @property
    def month(self) -> NDArray[np.int8]:
        return np.repeat(np.arange(12, dtype=np.int8), np.diff(self.edges))


def year() -> Year:
    """A location-based factor by the hour and set, a market-based one by the set."""
    rng = np.random.default_rng(1)
    edges = np.concatenate(([0], np.cumsum(DAYS) * 96))
    amount = rng.uniform(0, 10, (METERS, edges[-1]))
    amount[rng.random(amount.shape) < MISSING] = np.nan
    hourly = np.repeat(rng.uniform(0.2, 0.8, (SETS, edges[-1] // 4)), 4, axis=1)
    yearly = np.repeat(rng.uniform(0.2, 0.8, (SETS, 1)), edges[-1], axis=1)
    which, scope = rng.integers(0, SETS, METERS), rng.integers(0, SCOPES, METERS)
    return Year(amount, np.stack([hourly, yearly]), which, scope, edges)


def ours(of: Year) -> tuple[Floats, Floats]:
    found = by_month(of.amount, of.rates, of.which, of.edges)
    return total_by(found.kg, of.scope, SCOPES), found.coverage


def in_pandas(wide: pd.DataFrame, of: Year) -> tuple[Floats, Floats]:
    """Meters as columns: multiply each by its set's series, group the rows by month, the columns by scope."""
    month = of.month
    sums = []
    for rates in of.rates:
        kg = wide.mul(rates[of.which].T).groupby(month).sum()
        sums.append(kg.T.groupby(of.scope).sum().to_numpy())
    return np.stack(sums), wide.notna().groupby(month).mean().to_numpy().T


def in_polars(wide: pl.DataFrame, of: Year) -> tuple[Floats, Floats]:
    """Meters and series as columns: products summed by month, then added by scope."""
    names, count = [f"m{n}" for n in range(METERS)], wide.height
    asked = [pl.lit(0).alias("_")]
    for basis in range(2):
        asked += [
            (pl.col(name) * pl.col(f"r{basis}_{of.which[n]}")).sum().alias(f"{name}_{basis}")
            for n, name in enumerate(names)
        ]
    asked += [pl.col(name).count().alias(f"{name}_n") for name in names]
    found = wide.group_by("month", maintain_order=True).agg(asked)
    kg = np.stack([found.select([f"{name}_{b}" for name in names]).to_numpy().T for b in range(2)])
    assert count == of.edges[-1]
    known = found.select([f"{name}_n" for name in names]).to_numpy().T
    return total_by(kg, of.scope, SCOPES), known / np.diff(of.edges)


def polars_frame(of: Year) -> pl.DataFrame:
    columns = {f"m{n}": pl.Series(row, nan_to_null=True) for n, row in enumerate(of.amount)}
    series = {f"r{b}_{g}": of.rates[b, g] for b in range(2) for g in range(SETS)}
    return pl.DataFrame({"month": of.month} | columns | series)


def peak(of: Year) -> float:
    """What the computation holds at its highest beside its input [bytes]."""
    tracemalloc.start()
    ours(of)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(highest)


def measure() -> Iterator[Measure]:
    of = year()
    wide, columns = pd.DataFrame(of.amount.T), polars_frame(of)
    expected = ours(of)
    for found in (in_pandas(wide, of), in_polars(columns, of)):
        np.testing.assert_allclose(found[0], expected[0])
        np.testing.assert_allclose(found[1], expected[1])
    mine, pandas, polars = in_turn(
        lambda: ours(of), lambda: in_pandas(wide, of), lambda: in_polars(columns, of), rounds=3
    )
    year_of = "1 000 meters x a year of quarter hours, two bases, by scope and month"
    yield Measure("carbon-pandas", mine, pandas, "s, processor", f"pandas, meters as columns: {year_of}")
    yield Measure("carbon-polars", mine, polars, "s, processor", f"polars, one thread, the same: {year_of}")
    yield Measure("carbon-goal", mine, GOAL_S, "s, processor", "the goal")
    size = of.amount.nbytes
    yield Measure("carbon-memory", (size + peak(of)) / 1e6, 2 * size / 1e6, "MB", "twice the input")
