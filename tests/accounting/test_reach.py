"""A range settles from the readings around it as it would from all of them, whatever they are."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray

from accounting.grid import SLOT_US, Grid
from accounting.intervals import ANCHORS, Readings, Settled, settle

SERIES, LENGTH = 250, 120
MINUTE_US = 60_000_000
Floats = NDArray[np.float64]


def _few_values(rng: Generator) -> Floats:
    return rng.integers(0, rng.integers(2, 9), (SERIES, LENGTH)).astype(np.float64)


def _around_a_counter(rng: Generator) -> Floats:
    value = 100.0 + rng.integers(0, 4, (SERIES, LENGTH)).cumsum(axis=1)
    wrong = rng.random((SERIES, LENGTH)) < rng.random((SERIES, 1))
    return np.where(wrong, value + rng.integers(-12, 12, value.shape), value)


def _flickering(rng: Generator) -> Floats:
    value = 100.0 + rng.integers(0, 3, (SERIES, LENGTH)).cumsum(axis=1)
    wrong = rng.random((SERIES, LENGTH)) < rng.random((SERIES, 1))
    return np.where(wrong, rng.choice([0.0, 0.0, 3.0, 90.0, 500.0, 9e5], value.shape), value)


def _falling(rng: Generator) -> Floats:
    """Resets, rollovers and steps back among runs of zeros."""
    value = rng.integers(0, 40, (SERIES, LENGTH)).cumsum(axis=1) % rng.integers(50, 600, (SERIES, 1))
    zero = np.repeat(rng.random((SERIES, LENGTH // 4)) < 0.2, 4, axis=1)
    return np.where(zero, 0.0, value.astype(np.float64))


def _noise(kind: Callable[[Generator], Floats], seed: int) -> Readings:
    """Many meters, each read at uneven times, some of whose readings were withdrawn."""
    rng = np.random.default_rng(seed)
    value = kind(rng)
    value[rng.random(value.shape) < rng.choice([0.0, 0.3])] = np.nan
    time = rng.integers(1, 40, value.shape).cumsum(axis=1) * MINUTE_US
    limit = rng.choice([np.nan, 150.0, 600.0], SERIES)
    return Readings(
        np.repeat(np.arange(SERIES, dtype=np.int32), LENGTH),
        time.ravel(),
        value.ravel(),
        rng.choice([1.0, 80.0], value.size),
        np.full(SERIES, 900.0),
        limit,
    )


def _bounds(time: NDArray[np.int64], value: Floats, grid: Grid) -> tuple[int, int]:
    """From and to which of one meter's readings that were read a settlement of `grid` looks."""
    solid = np.flatnonzero(value) if value.any() else np.arange(len(value))
    before, after = solid[time[solid] < grid.start_us], solid[time[solid] > grid.end_us]
    first = before[-ANCHORS:][0] if len(before) else np.searchsorted(time, grid.start_us)
    last = after[:ANCHORS][-1] if len(after) else np.searchsorted(time, grid.end_us, side="right") - 1
    if len(before) < ANCHORS:
        first = max(first - 1, 0)
    if len(after) < ANCHORS:
        last = len(time) - 1
    return int(first), int(last)


def _near(shown: Readings, grid: Grid) -> Readings:
    kept = np.zeros(len(shown.time), bool)
    for meter in range(SERIES):
        read = np.flatnonzero((shown.meter == meter) & np.isfinite(shown.value))
        first, last = _bounds(shown.time[read], shown.value[read], grid)
        kept[read[first : last + 1]] = True
    return Readings(
        shown.meter[kept],
        shown.time[kept],
        shown.value[kept],
        shown.multiplier[kept],
        shown.max_gap,
        shown.rollover,
    )


def _events(settled: Settled, grid: Grid) -> list[tuple[int, int, int, float]]:
    found = settled.events
    rows = zip(*(each.tolist() for each in (found.meter, found.time, found.flag, found.delta)), strict=True)
    return sorted(row for row in rows if grid.start_us <= row[1] < grid.end_us)


@pytest.mark.parametrize("kind", [_few_values, _around_a_counter, _flickering, _falling])
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    first=st.integers(0, LENGTH),
    count=st.integers(1, 12),
)
def test_a_range_settles_as_the_whole_does(
    kind: Callable[[Generator], Floats], seed: int, first: int, count: int
) -> None:
    shown = _noise(kind, seed)
    grid, whole_grid = Grid(first * SLOT_US, count), Grid(0, LENGTH + 12)
    whole, part = settle(shown, whole_grid), settle(_near(shown, grid), grid)
    inside = slice(first, first + count)
    np.testing.assert_allclose(part.amount, whole.amount[:, inside], rtol=1e-9, atol=1e-6)
    np.testing.assert_array_equal(part.coverage, whole.coverage[:, inside])
    assert _events(part, grid) == _events(whole, grid)
