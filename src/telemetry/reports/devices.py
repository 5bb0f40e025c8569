"""Readings of devices that stood behind a meter in turn, with both counters where one took over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.storage.readings import Ranges

Replacements = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Series:
    """What devices showed, by range and time."""

    number: NDArray[np.int32]
    """int32[n]: of the range."""
    time: NDArray[np.int64]
    """int64[n] [us]."""
    value: NDArray[np.float64]
    """float64[n], before the multiplier."""
    device: NDArray[np.int32] | None = None
    """int32[n]: which of the meter's devices; None: always the same."""


def apart(read: Series, quantity: str, of: Sequence[Replacements], window: Ranges, now_us: int) -> Series:
    """With the device at each reading, and with both counters at each replacement within a window.

    `of` has the replacements of each range's meter, in the order of time. One that is planned for after
    `now_us` tells nothing yet, unless a reading stands beyond it.
    """
    if not any(of):
        return read
    device = np.zeros(len(read.time), np.int32)
    for place, those in enumerate(of):
        if not those:
            continue
        at = np.flatnonzero(read.number == place)
        moments = np.array([each["us"] for each in those], np.int64)
        device[at] = np.searchsorted(moments, read.time[at], side="right")
    over = np.full(len(of), now_us, np.int64)
    np.maximum.at(over, read.number, read.time)
    past = Ranges(window.meter_id, window.lo, np.minimum(window.hi, over))
    told = list(_told(quantity, of, past))
    number = np.concatenate([np.array([each[0] for each in told], np.int32), read.number])
    time = np.concatenate([np.array([each[1] for each in told], np.int64), read.time])
    value = np.concatenate([np.array([each[2] for each in told], np.float64), read.value])
    shown_by = np.concatenate([np.array([each[3] for each in told], np.int32), device])
    # Stable: what people read stands before what the device showed at that instant.
    order = np.lexsort((shown_by, time, number))
    return Series(number[order], time[order], value[order], shown_by[order])


def told(quantity: str, of: Sequence[Replacements], ranges: Ranges, now_us: int) -> Ranges:
    """The ranges, widened to the first and last replacement at which people read the quantity's counters."""
    moments = [
        [each["us"] for each in those if quantity in each["ends"] and each["us"] <= now_us] for those in of
    ]
    lo = [min([start, *those]) for start, those in zip(ranges.lo.tolist(), moments, strict=True)]
    hi = [max([end, *those]) for end, those in zip(ranges.hi.tolist(), moments, strict=True)]
    return Ranges(ranges.meter_id, np.array(lo, np.int64), np.array(hi, np.int64))


def _told(quantity: str, of: Sequence[Replacements], window: Ranges) -> Iterator[tuple[int, int, float, int]]:
    """Range, time, value and device of each counter that people read at a replacement."""
    for number, those in enumerate(of):
        for index, each in enumerate(those):
            if quantity in each["ends"] and window.lo[number] <= each["us"] <= window.hi[number]:
                yield number, each["us"], each["ends"][quantity], index
                yield number, each["us"], each["starts"][quantity], index + 1
