"""Ranges of meters: joined where they touch, cut into groups that are settled in one go."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS, SLOT_US
from telemetry.storage.readings import Ranges

DAY_US = DAY_SLOTS * SLOT_US


def joined(ranges: Ranges, gap_us: int) -> Ranges:
    """Ranges of one meter that overlap or lie less than `gap_us` apart become one."""
    if not len(ranges):
        return ranges
    order = np.lexsort((ranges.lo, ranges.meter_id))
    meter, lo, hi = ranges.meter_id[order], ranges.lo[order], ranges.hi[order]
    stride = int(hi.max() - lo.min()) + gap_us + 1
    shift = np.cumsum(np.diff(meter, prepend=meter[0]) != 0) * stride - int(lo.min())
    reach = np.maximum.accumulate(hi + shift)
    first = np.append(True, (lo + shift)[1:] >= reach[:-1] + gap_us)  # numpy's own order
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(lo)) - 1
    return Ranges(meter[starts], lo[starts], (reach - shift)[ends])


def picked(ranges: Ranges, which: NDArray[np.int64]) -> Ranges:
    return Ranges(ranges.meter_id[which], ranges.lo[which], ranges.hi[which])


def pieces(ranges: Ranges, slots: int) -> Ranges:
    """The same, cut at midnights of UTC into ranges of at most about `slots` quarter hours."""
    step = max(slots // DAY_SLOTS, 1) * DAY_US
    first, last = ranges.lo // step, np.maximum(ranges.hi - 1, ranges.lo) // step
    each = np.repeat(np.arange(len(ranges)), last - first + 1)
    nth = np.arange(len(each)) - np.repeat(np.cumsum(last - first + 1) - (last - first + 1), last - first + 1)
    cut = (first[each] + nth) * step
    return Ranges(
        ranges.meter_id[each], np.maximum(ranges.lo[each], cut), np.minimum(ranges.hi[each], cut + step)
    )


def groups(ranges: Ranges, slots: int) -> Iterator[NDArray[np.int64]]:
    """Indices of ranges that lie together, each group a block of about `slots` meter-slots at most."""
    order = np.argsort(ranges.lo, kind="stable")
    group: list[int] = []
    lo = hi = 0
    for index in order.tolist():
        low, high = int(ranges.lo[index]), int(ranges.hi[index])
        lo, hi = (min(lo, low), max(hi, high)) if group else (low, high)
        if group and (len(group) + 1) * (hi - lo) > slots * SLOT_US:
            yield np.array(group, np.int64)
            group, lo, hi = [], low, high
        group.append(index)
    if group:
        yield np.array(group, np.int64)
