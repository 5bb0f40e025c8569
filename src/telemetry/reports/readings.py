"""What one meter showed, raw or by the minute, the quarter hour or the hour."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting import multiplier
from accounting.grid import to_us
from accounting.quantity import CATALOGUE, Kind
from telemetry.reports.errors import QueryError
from telemetry.reports.steps import MOST, Step, Steps, local_time
from telemetry.storage.registry import RegisteredMeter

_MINUTE_US = 60_000_000


class Resolution(StrEnum):
    RAW = "raw"
    MINUTE = "1min"
    QUARTER = "15min"
    HOUR = "hour"


class ReadingValues(Struct, frozen=True):
    """One quantity along the times."""

    unit: Annotated[str, Meta(examples=["kW"])]
    values: Annotated[list[float | None], Meta(description="null: not read", examples=[[412.5, None]])]


class ReadingColumns(Struct, frozen=True, rename={"from_": "from"}):
    """What a meter showed: gauges as means of the interval, counters as they stood at its last reading."""

    meter: str
    from_: datetime
    to: datetime
    step: Resolution
    more: Annotated[bool, Meta(description="Later rows were left off; ask again from the last time")]
    times: Annotated[list[datetime], Meta(description="Of the readings, or starts of the intervals")]
    quantities: dict[str, ReadingValues]


def edges(resolution: Resolution, zone: ZoneInfo, lo: datetime, hi: datetime) -> NDArray[np.int64]:
    """Edges of the intervals that [lo, hi) touches, int64[k + 1] [us]. Raises QueryError when they are too many."""
    if resolution is not Resolution.MINUTE:
        return Steps.covering(Step(resolution.value), zone, lo, hi).edges
    first, last = to_us(lo) // _MINUTE_US, -(-to_us(hi) // _MINUTE_US)
    if last - first > MOST:
        raise QueryError(
            "step", resolution.value, f"would make more than {MOST} intervals; choose a longer one"
        )
    return np.arange(first, last + 1, dtype=np.int64) * _MINUTE_US


def binned(
    time: NDArray[np.int64], values: NDArray[np.float64], quantities: Sequence[str], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Readings float64[n, q] in order of time, by intervals float64[k, q]: means of gauges, ends of the others."""
    gauge = np.array([CATALOGUE[name].kind is Kind.GAUGE for name in quantities], dtype=np.bool_)
    return np.where(gauge, _means(time, values, edges), _ends(time, values, edges))


def _means(
    time: NDArray[np.int64], values: NDArray[np.float64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    known = ~np.isnan(values)
    total = _sums(time, np.where(known, values, 0.0), edges)
    count = _sums(time, known.astype(np.float64), edges)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _sums(
    time: NDArray[np.int64], values: NDArray[np.float64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    at = np.searchsorted(time, edges)
    padded = np.concatenate([values, np.zeros((1, values.shape[1]))])
    sums: NDArray[np.float64] = np.add.reduceat(padded, at, axis=0)[:-1]
    sums[at[1:] == at[:-1]] = 0.0
    return sums


def _ends(
    time: NDArray[np.int64], values: NDArray[np.float64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The last known value of each interval."""
    rows = np.where(np.isnan(values), -1, np.arange(len(time))[:, None])
    last = np.maximum.accumulate(rows, axis=0) if len(time) else rows
    at = np.searchsorted(time, edges)
    padded = np.concatenate([np.full((1, values.shape[1]), -1), last])
    newest = padded[at[1:]]
    inside = (newest >= at[:-1, None]) & (newest >= 0)
    found = np.take_along_axis(values, np.maximum(newest, 0), axis=0) if len(time) else np.zeros(newest.shape)
    return np.where(inside, found, np.nan)


def in_the_line(
    meter: RegisteredMeter, time: NDArray[np.int64], values: NDArray[np.float64], quantities: Sequence[str]
) -> NDArray[np.float64]:
    """Primary values float64[n, q]: what the meter showed times the multiplier of the moment."""
    since = np.array([to_us(term.valid_from) for term in meter.terms[1:]], dtype=np.int64)
    held = np.array([term.multiplier for term in meter.terms])[np.searchsorted(since, time, side="right")]
    return multiplier.primary(values, quantities, held)


def named(quantities: Sequence[str], values: NDArray[np.float64]) -> dict[str, ReadingValues]:
    """Columns that hold anything at all."""
    return {
        name: ReadingValues(CATALOGUE[name].unit, values[:, column].tolist())
        for column, name in enumerate(quantities)
        if not np.isnan(values[:, column]).all()
    }


def moments(time: NDArray[np.int64], zone: ZoneInfo) -> list[datetime]:
    return [local_time(us, zone) for us in time.tolist()]
