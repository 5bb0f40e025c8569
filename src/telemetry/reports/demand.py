"""Demand at the billing point: the 15 minutes that run, and the highest of the month."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.demand import forecast, maximum
from accounting.grid import HOUR_US, SLOT_US, Grid, floor_slot, to_us
from accounting.intervals import Readings, settle
from telemetry.reports.picture import Demand
from telemetry.reports.series import Cells
from telemetry.reports.steps import local_time

_WHOLE = 1 - 1e-6
_SHARE = 0.9
"""Of the block's elapsed part that has to be measured before it is worth a projection."""
_BLOCK_H = SLOT_US / HOUR_US
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest fully measured block; None before there is one."""

    kw: float | None
    start_us: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """Import since the block began [kWh] and the power that holds now [kW]; NaN: not known."""

    so_far_kwh: float
    power_kw: float


def highest(cells: Cells, grid: Grid) -> Highest:
    """The quarter hour of the highest sum over all meters; estimated ones do not count."""
    measured = (cells.coverage >= _WHOLE) & ~np.isnan(cells.amount)
    if not len(cells.meter_id):
        return Highest(None, None)
    found = maximum(np.where(measured, cells.amount, np.nan).sum(axis=0), SLOT_US // _SECOND_US)
    if np.isnan(found.kw):
        return Highest(None, None)
    return Highest(found.kw, grid.start_us + found.start * SLOT_US)


def running(
    readings: Readings, power_kw: NDArray[np.float64], now_us: int, sign: NDArray[np.float64]
) -> Block:
    """The block that holds `now_us`, from the import counters of all meters at the billing point.

    `power_kw` float64[m] carries each on from its last reading; what is fed out is no import. `sign`
    float64[m]: -1 for a meter that is taken off.
    """
    start = floor_slot(now_us)
    settled = settle(readings, Grid(start, 1))
    last = np.full(readings.meters, start)
    np.maximum.at(last, readings.meter, np.minimum(readings.time, now_us))
    elapsed = last - start
    imported = np.maximum(power_kw, 0.0)
    seen = settled.coverage[:, 0] * SLOT_US >= _SHARE * elapsed
    amount = np.where(elapsed > 0, settled.amount[:, 0], 0.0)
    so_far = np.where(seen, amount + imported * (now_us - last) / HOUR_US, np.nan)
    if not readings.meters:
        return Block(np.nan, np.nan)
    return Block(float(np.maximum(so_far @ sign, 0.0)), float(np.maximum(imported @ sign, 0.0)))


def picture(block: Block, month: Highest, now_us: int, zone: ZoneInfo) -> Demand:
    """The block as kW over its whole 15 minutes, so far and when the power stays as it is.

    Of a block that was not seen from its start the projection is the power that holds now.
    """
    start = floor_slot(now_us)
    left_s = (start + SLOT_US - now_us) / _SECOND_US
    end = forecast(np.array([block.so_far_kwh]), np.array([block.power_kw]), left_s)
    return Demand(
        block_start=local_time(start, zone),
        block_end=local_time(start + SLOT_US, zone),
        so_far_kw=_known(block.so_far_kwh / _BLOCK_H),
        projected_kw=_known(float(end[0])),
        month_max_kw=month.kw,
        month_max_at=None if month.start_us is None else local_time(month.start_us, zone),
    )


def month_grid(first: date, now: datetime) -> Grid:
    """The closed quarter hours of the billing month that holds `now`, from its first day on."""
    start = to_us(datetime.combine(first, time(), now.tzinfo))
    return Grid.covering(start, floor_slot(to_us(now)))


def _known(kw: float) -> float | None:
    return None if np.isnan(kw) else kw
