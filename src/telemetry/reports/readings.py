"""What one meter showed, raw or by the minute, the quarter hour or the hour."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from telemetry.reports.errors import NoSuchMeter, QueryError
from telemetry.reports.moment import Moment
from telemetry.reports.steps import MOST, Step, Steps, local_time
from telemetry.storage import readings, registry, seen
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

_MINUTE_US = 60_000_000
MOST_ROWS = 500_000
"""Readings that one answer may stand on."""


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
    from_: Moment
    to: Moment
    step: Resolution
    more: Annotated[bool, Meta(description="Earlier rows were left off; ask again up to the first time")]
    times: Annotated[list[Moment], Meta(description="Of the readings, or starts of the intervals")]
    quantities: dict[str, ReadingValues]
    next: Annotated[str | None, Meta(description="Ask with it as `cursor` for those before; null: none")] = (
        None
    )


def edges(resolution: Resolution, zone: ZoneInfo, lo: datetime, hi: datetime) -> NDArray[np.int64]:
    """Edges of the intervals that [lo, hi) touches, int64[k + 1] [us]. Raises QueryError for too many."""
    if resolution is not Resolution.MINUTE:
        return Steps.covering(Step(resolution.value), zone, lo, hi).edges
    first, last = to_us(lo) // _MINUTE_US, -(-to_us(hi) // _MINUTE_US)
    if last - first > MOST:
        raise QueryError("step", resolution.value, f"makes more than {MOST} intervals; choose a longer one")
    return np.arange(first, last + 1, dtype=np.int64) * _MINUTE_US


def binned(
    time: NDArray[np.int64], values: NDArray[np.float64], quantities: Sequence[str], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Readings float64[n, q] in order of time, by intervals float64[k, q]: gauges' means, others' ends."""
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


@dataclass(frozen=True, slots=True)
class Question:
    """Which readings are asked for."""

    meter: str
    lo: datetime
    hi: datetime
    resolution: Resolution
    quantities: tuple[str, ...]
    """Empty: all."""
    zone: ZoneInfo
    primary: bool
    """With the multiplier applied; else as the meter shows them."""
    limit: int


def report(tx: Transaction, question: Question) -> ReadingColumns:
    """Raises NoSuchMeter, QueryError."""
    meter = registry.read(tx).by_code.get(question.meter)
    if meter is None:
        raise NoSuchMeter(question.meter)
    for name in question.quantities:
        if name not in CATALOGUE:
            raise QueryError("quantity", name, "is not in the catalogue; GET /api/v1/site lists it")
    raw = question.resolution is Resolution.RAW
    between = None if raw else edges(question.resolution, question.zone, question.lo, question.hi)
    rows = _select(tx, meter, question, between)
    return _answer(question, _shown(meter, rows, question), rows, between)


def _select(
    tx: Transaction,
    meter: RegisteredMeter,
    question: Question,
    between: NDArray[np.int64] | None,
) -> readings.ReadingColumns:
    ids = np.array([meter.id], dtype=np.int32)
    names = question.quantities or ever_shown(tx, ids)
    if between is None:
        lo, hi = to_us(question.lo), to_us(question.hi)
        return readings.select(tx, ids, lo, hi, names, question.limit + 1)
    rows = readings.select(tx, ids, int(between[0]), int(between[-1]), names, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise QueryError("from", question.lo.isoformat(), f"{MOST_ROWS} readings lie between; ask for less")
    return rows


def ever_shown(tx: Transaction, ids: NDArray[np.int32]) -> tuple[str, ...]:
    """Quantities that these meters ever showed, in the catalogue's order; its first for those never read."""
    found = set().union(*seen.of_meters(tx, ids).values())
    return tuple(name for name in CATALOGUE if name in found) or (next(iter(CATALOGUE)),)


def _shown(meter: RegisteredMeter, rows: readings.ReadingColumns, question: Question) -> NDArray[np.float64]:
    if not question.primary:
        return rows.values
    return in_the_line(meter, rows.time, rows.values, rows.quantities)


def _answer(
    question: Question,
    values: NDArray[np.float64],
    rows: readings.ReadingColumns,
    between: NDArray[np.int64] | None,
) -> ReadingColumns:
    if between is None:
        newest = slice(max(0, len(rows) - question.limit), None)
        time, values = rows.time[newest], values[newest]
    else:
        time, values = between[:-1], binned(rows.time, values, rows.quantities, between)
    return ReadingColumns(
        meter=question.meter,
        from_=question.lo.astimezone(question.zone),
        to=question.hi.astimezone(question.zone),
        step=question.resolution,
        more=between is None and len(rows) > question.limit,
        times=moments(time, question.zone),
        quantities=named(rows.quantities, values),
    )
