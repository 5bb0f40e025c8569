"""The highest demand of a billing month on the contract's window, from measured intervals alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting import multiplier
from accounting.contract import DemandTerms
from accounting.demand import maximum, windows
from accounting.grid import SLOT_US, Grid, to_us
from accounting.intervals import Readings, settle
from telemetry.reports.energy import utc_days
from telemetry.reports.series import quarter_hours
from telemetry.storage import energy, readings
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

COUNTER = "energy_import"
_WHOLE = 1 - 1e-6
_SECOND_US = 1_000_000
_APART = 2
"""Steps of a sliding window that readings may lie apart."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest window, and how many were not measured from end to end."""

    kw: float
    """NaN: none was measured."""
    start_us: int
    windows: int
    unmeasured: int


def imported(
    tx: Transaction, meters: Sequence[RegisteredMeter], grid: Grid, step_s: int = SLOT_US // _SECOND_US
) -> NDArray[np.float64]:
    """Import of meters together by intervals of a grid, float64[n] [kWh]; NaN where one was not measured.

    Steps shorter than a quarter hour are read from the readings themselves.
    """
    if step_s * _SECOND_US == SLOT_US:
        ids = np.array([meter.id for meter in meters], np.int32)
        found = energy.select(tx, ids, [COUNTER], *utc_days(grid.edges))
        cells = quarter_hours(
            found.meter_id,
            found.quantity,
            found.day,
            amount=found.amount,
            coverage=found.coverage,
            grid=grid,
        )
        amount, coverage = cells.amount, cells.coverage
    else:
        settled = settle(_stretched(tx, meters, grid, step_s), _magnified(grid, step_s))
        amount, coverage = settled.amount, settled.coverage.astype(np.float64)
    if len(amount) < len(meters) or not len(meters):
        return np.full(grid.count * SLOT_US // (step_s * _SECOND_US), np.nan)
    whole: NDArray[np.float64] = np.where(coverage >= _WHOLE, amount, np.nan).sum(axis=0)
    return whole


def reached(kwh: NDArray[np.float64], start_us: int, terms: DemandTerms) -> Reached:
    """The maximum of import float64[n] [kWh] by the contract's steps."""
    sliding = terms.sliding_s is not None
    mean = windows(kwh, terms.step_s, terms.window_s, sliding=sliding)
    found = maximum(kwh, terms.step_s, terms.window_s, sliding=sliding)
    start = start_us + found.start * terms.step_s * _SECOND_US
    return Reached(found.kw, start, len(mean), int(np.isnan(mean).sum()))


def _magnified(grid: Grid, step_s: int) -> Grid:
    """A grid whose quarter hours stand for steps."""
    return Grid(grid.start_us, grid.count * SLOT_US // (step_s * _SECOND_US))


def _stretched(tx: Transaction, meters: Sequence[RegisteredMeter], grid: Grid, step_s: int) -> Readings:
    """Counters with time stretched from the grid's start on, so that a step lasts a quarter hour."""
    people = sorted(meters, key=lambda meter: meter.id)
    ids = np.array([meter.id for meter in people], np.int32)
    reach, scale = SLOT_US, SLOT_US // (step_s * _SECOND_US)
    rows = readings.select(tx, ids, grid.start_us - reach, grid.end_us + reach, [COUNTER])
    place = np.searchsorted(ids, rows.meter_id).astype(np.int32)
    return Readings(
        meter=place,
        time=grid.start_us + (rows.time - grid.start_us) * scale,
        value=rows.values[:, 0],
        multiplier=multiplier.of(COUNTER, _multipliers(people, place, rows.time)),
        max_gap=np.full(len(people), float(_APART * step_s * scale)),
        rollover=np.array([meter.rollover.get(COUNTER, np.nan) for meter in people]),
    )


def _multipliers(
    meters: Sequence[RegisteredMeter], place: NDArray[np.int32], time: NDArray[np.int64]
) -> NDArray[np.float64]:
    found = np.ones(len(place))
    for number, meter in enumerate(meters):
        since = np.array([to_us(term.valid_from) for term in meter.terms], np.int64)
        held = np.array([term.multiplier for term in meter.terms])
        at = place == number
        found[at] = held[np.maximum(np.searchsorted(since, time[at], side="right") - 1, 0)]
    return found
