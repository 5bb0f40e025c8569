"""Settlement of counters: 1 000 meters x 30 days, a reading a minute, none wrong and a tenth of them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accounting.grid import Grid
from accounting.intervals import Readings, settle
from bench.measure import Measure, in_turn

METERS = 1000
DAYS = 30
MINUTE_US = 60_000_000
FIRST_US = 1_761_955_200_000_000
MAX_GAP_S = 900.0
NOISE = 0.1

Floats = NDArray[np.float64]


def readings(meters: int, days: int) -> Readings:
    """Counters that rise unevenly, read a few seconds off the minute, each with a reset and 3 h missing."""
    rng = np.random.default_rng(1)
    count = days * 1440 + 1
    time = FIRST_US + np.arange(count, dtype=np.int64) * MINUTE_US
    time = time + rng.integers(0, 5_000_000, (meters, count))
    value = rng.uniform(0, 1, (meters, count)).cumsum(axis=1)
    gap, reset = rng.integers(2000, count - 2000, meters), rng.integers(1, count - 1, meters)
    for meter in range(meters):
        value[meter, reset[meter] :] -= value[meter, reset[meter] - 1]
        value[meter, gap[meter] : gap[meter] + 180] = np.nan
    return Readings(
        np.repeat(np.arange(meters, dtype=np.int32), count),
        time.ravel(),
        value.ravel(),
        np.full(meters * count, 80.0),
        np.full(meters, MAX_GAP_S),
        np.full(meters, np.nan),
    )


def noisy(shown: Readings) -> Readings:
    """A share of the readings wrong: zeros, and values far below and above."""
    rng = np.random.default_rng(2)
    wrong = rng.random(len(shown.value)) < NOISE
    factor = rng.choice([0.0, 0.5, 1.1, 100.0], len(wrong))
    return replace(shown, value=np.where(wrong, shown.value * factor, shown.value))


def loop(shown: Readings, grid: Grid) -> tuple[Floats, Floats]:
    """A loop over meters: drop what was not read, mend falls, np.interp energy and measured time."""
    amount, coverage = np.empty((2, shown.meters, grid.count))
    bound = np.searchsorted(shown.meter, np.arange(shown.meters + 1))
    for meter in range(shown.meters):
        part = slice(bound[meter], bound[meter + 1])
        read = np.isfinite(shown.value[part])
        time, value = shown.time[part][read], shown.value[part][read]
        step, span = np.diff(value), np.diff(time)
        reset = step < 0
        energy = np.where(reset, value[1:], step) * shown.multiplier[part][read][:-1]
        good = np.where(reset | (span > shown.max_gap[meter] * 1e6), 0, span)
        edges = grid.edges
        amount[meter] = np.diff(np.interp(edges, time, np.concatenate(([0.0], np.cumsum(energy)))))
        coverage[meter] = np.diff(np.interp(edges, time, np.concatenate(([0.0], np.cumsum(good))))) / 9e8
    return amount, coverage


def measure() -> Iterator[Measure]:
    shown, grid = readings(METERS, DAYS), Grid(FIRST_US, DAYS * 96)
    settled, plain = settle(shown, grid), loop(shown, grid)
    np.testing.assert_allclose(settled.amount[:, 1:-1], plain[0][:, 1:-1], rtol=1e-6)
    np.testing.assert_allclose(settled.coverage[:, 1:-1], plain[1][:, 1:-1], atol=1e-6)
    spoilt = noisy(shown)
    ours, reference, mended = in_turn(
        lambda: settle(shown, grid), lambda: loop(shown, grid), lambda: settle(spoilt, grid)
    )
    intervals = METERS * DAYS * 96 / 1e6
    unit = "M meter-intervals/s/core"
    what = "numpy loop over meters: diff, cumsum, two np.interp; without glitches, rollovers, repeats"
    yield Measure("settle", intervals / ours, intervals / reference, unit, what)
    noise = f"{what}; ours: a tenth of the readings wrong; reference: none"
    yield Measure("settle.noisy", intervals / mended, intervals / reference, unit, noise)
