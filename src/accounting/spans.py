"""How what flows between two readings falls on the quarter hours between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.errors import SeriesError
from accounting.grid import SLOT_US, Grid

_AXIS = 2**63


@dataclass(frozen=True, slots=True, eq=False)
class Knots:
    """Readings of many meters on one axis of meter and time, the meters one after another."""

    meter: NDArray[np.int32]
    """int32[n], ascending."""
    time: NDArray[np.int64]
    """int64[n] [us], ascending within a meter."""
    bound: NDArray[np.int64]
    """int64[m + 1]: knots of meter k are bound[k]..bound[k + 1]."""
    origin: int
    """Time at 0 on the axis [us]."""
    stride: int
    """Length of one meter's stretch of the axis [us]."""
    key: NDArray[np.int64]
    """int64[n]: meter * stride + time - origin."""

    @property
    def meters(self) -> int:
        return len(self.bound) - 1

    @property
    def firsts(self) -> NDArray[np.int64]:
        """First knot of every meter that has one, int64[m] at most; no span ends there."""
        return self.bound[:-1][np.diff(self.bound) > 0]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Span i runs from knot i - 1 to knot i; the first knot of a meter ends none."""

    knots: Knots
    total: NDArray[np.float64]
    """float64[n]: what flowed in the span; 0 at each meter's first knot."""
    bend: NDArray[np.float64] | None
    """float64[n]: the part of total that grows with the square of time; None: all flows evenly."""
    unmeasured: NDArray[np.int64]
    """Spans whose total is known and whose course is not."""
    unknown: NDArray[np.int64]
    """Spans of which nothing is known."""


def knots(meter: NDArray[np.int32], time: NDArray[np.int64], meters: int, grid: Grid) -> Knots:
    """Lay readings int32[n], int64[n] [us] on one axis.

    Raises SeriesError when they are not sorted by meter and time, or reach too far.
    """
    if (meter[1:] < meter[:-1]).any():
        raise SeriesError("readings are not sorted by meter")
    bound = np.searchsorted(meter, np.arange(meters + 1))
    some = bound[:-1] < bound[1:]
    origin = min(int(time[bound[:-1][some]].min(initial=grid.start_us)), grid.start_us)
    stride = max(int(time[bound[1:][some] - 1].max(initial=grid.end_us)), grid.end_us) - origin + 1
    if stride * max(meters, 1) >= _AXIS:
        raise SeriesError(f"{meters} meters over {stride} us do not fit one axis: settle fewer at once")
    key = meter.astype(np.int64)
    key *= stride
    key += time
    key -= origin
    if (key[1:] < key[:-1]).any():
        raise SeriesError("readings are not sorted by time")
    return Knots(meter, time, bound, origin, stride, key)


def spread(spans: Spans, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Amount float64[m, s] (NaN where nothing is known) and coverage float32[m, s] of each quarter hour."""
    known = _extent(spans.knots, grid) - _seconds(spans.knots, spans.unknown, grid)
    measured = known - _seconds(spans.knots, spans.unmeasured, grid)
    amount = _amounts(spans, grid)
    amount[known <= 0] = np.nan
    coverage = np.clip(measured / SLOT_US, 0.0, 1.0).astype(np.float32)
    return amount, coverage


def _amounts(spans: Spans, grid: Grid) -> NDArray[np.float64]:
    ends = spans.knots
    if not len(ends.key):
        return np.zeros((ends.meters, grid.count))
    axis = (np.arange(ends.meters)[:, None] * np.int64(ends.stride) + (grid.edges - ends.origin)).ravel()
    at = np.searchsorted(ends.key, axis)
    whole = _sums(spans.total, at).reshape(ends.meters, grid.count + 1)
    before = _before(spans, axis, at).reshape(ends.meters, grid.count + 1)
    return whole[:, :-1] - before[:, :-1] + before[:, 1:]


def _sums(total: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum of total[at[k]:at[k + 1]] for each k; the last is void."""
    sums: NDArray[np.float64] = np.add.reduceat(np.append(total, 0.0), at)
    sums[:-1][at[1:] == at[:-1]] = 0.0
    return sums


def _before(spans: Spans, axis: NDArray[np.int64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    """What of the span around each edge flows before it."""
    key = spans.knots.key
    hi = np.minimum(at, len(key) - 1)
    lo = np.maximum(hi - 1, 0)
    total: NDArray[np.float64] = np.where(at < len(key), spans.total[hi], 0.0)
    inside = np.maximum(key[hi] - key[lo], 1)
    share: NDArray[np.float64] = np.clip((axis - key[lo]) / inside, 0.0, 1.0)
    if spans.bend is None:
        return total * share
    bend: NDArray[np.float64] = np.where(at < len(key), spans.bend[hi], 0.0)
    return (total - bend) * share + bend * share**2


def _extent(ends: Knots, grid: Grid) -> NDArray[np.int64]:
    """Time of each quarter hour between a meter's first and last knot, int64[m, s] [us]."""
    first = np.full(ends.meters, grid.end_us)
    last = np.full(ends.meters, grid.start_us)
    some = np.diff(ends.bound) > 0
    first[some] = ends.time[ends.bound[:-1][some]]
    last[some] = ends.time[ends.bound[1:][some] - 1]
    edges = grid.edges
    lo = np.maximum(edges[:-1], first[:, None])
    extent: NDArray[np.int64] = np.maximum(np.minimum(edges[1:], last[:, None]) - lo, 0)
    return extent


def _seconds(ends: Knots, which: NDArray[np.int64], grid: Grid) -> NDArray[np.int64]:
    """Time that the spans `which` take of each quarter hour, int64[m, s] [us]."""
    taken = np.zeros(ends.meters * grid.count, dtype=np.int64)
    start = np.clip(ends.time[which - 1], grid.start_us, grid.end_us)
    end = np.clip(ends.time[which], grid.start_us, grid.end_us)
    some = end > start
    start, end, meter = start[some], end[some], ends.meter[which][some].astype(np.int64)
    first = (start - grid.start_us) // SLOT_US
    pieces = (end - 1 - grid.start_us) // SLOT_US - first + 1
    span = np.repeat(np.arange(len(first)), pieces)
    slot = first[span] + np.arange(len(span)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    edge = grid.start_us + slot * SLOT_US
    length = np.minimum(end[span], edge + SLOT_US) - np.maximum(start[span], edge)
    np.add.at(taken, meter[span] * grid.count + slot, length)
    return taken.reshape(ends.meters, grid.count)
