"""Loads that ran in dear hours though their shape says that they could have run in cheap ones."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS

_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]
_QUARTER_H = 0.25
_LEAST_DAYS = 5
_STANDS, _RUNS = 10.0, 98.0
"""Percentiles of a load that stand for its rest and for its running."""
_THRESHOLD = 0.3
"""Of the way from rest to running: above it a load runs."""
_RESTS = 0.35
"""A load that keeps more than this of its power while it rests is none that is switched."""
_LONGEST = 40
"""Quarter hours: what runs longer than ten hours a day has nowhere to go."""


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """m loads over d local days by quarter hour of the clock."""

    load: _Floats
    """float64[m, d, 96] [kW]; NaN where nothing is known."""
    price: _Floats
    """float64[d, 96] [currency/kWh]; NaN: unpriced."""
    dear: _Flags
    """bool[d, 96]: peak and sharp hours."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One load: its usual block, and where that would have cost least."""

    load: int
    first: int
    """Quarter hour of the day with which the block begins."""
    end: int
    by: int
    """Quarter hours by which it moves; below 0: earlier."""
    energy_kwh: float
    dear_kwh: float
    """Of it in peak and sharp hours."""
    saves: float
    regularity: float = 1.0
    """Mean overlap of the days' runs with the block, 0 to 1."""
    days: int = 0
    """Days on which it ran."""


def shifts(days: Days, least_regular: float = 0.5) -> list[Shift]:
    """Movable loads, the largest saving first; those that save nothing are left out."""
    rest, full = _levels(days.load)
    runs: _Flags = days.load > (rest + _THRESHOLD * (full - rest))[:, None, None]
    ran: _Flags = np.asarray(runs.any(axis=2))
    often = np.divide(
        runs.sum(axis=1),
        ran.sum(axis=1)[:, None],
        out=np.zeros((len(runs), DAY_SLOTS)),
        where=ran.sum(axis=1)[:, None] > 0,
    )
    block = _longest(often >= 1 / 2)
    regular = _overlap(runs, block, ran)
    switched = (full > 0) & (rest <= _RESTS * full)
    length = block.sum(axis=1)
    movable = switched & (length > 0) & (length <= _LONGEST) & (ran.sum(axis=1) >= _LEAST_DAYS)
    chosen = np.flatnonzero(movable & (regular >= least_regular))
    found = [
        replace(
            _moved(int(at), days, block[at], float(rest[at])),
            regularity=float(regular[at]),
            days=int(ran[at].sum()),
        )
        for at in chosen
    ]
    return sorted((each for each in found if each.saves > 0), key=lambda each: -each.saves)


def _levels(load: _Floats) -> tuple[_Floats, _Floats]:
    """Power at rest and while running, float64[m] each [kW]; NaN where nothing is known."""
    flat = load.reshape(len(load), load.shape[1] * load.shape[2])
    known: _Flags = np.asarray(~np.isnan(flat).all(axis=1))
    rest, full = np.full(len(load), np.nan), np.full(len(load), np.nan)
    if known.any():
        rest[known], full[known] = np.nanpercentile(flat[known], [_STANDS, _RUNS], axis=1)
    return np.maximum(rest, 0.0), full


def _longest(marked: _Flags) -> _Flags:
    """The longest run of each row alone, bool[m, 96]."""
    at = np.arange(marked.shape[1])
    length = at - np.maximum.accumulate(np.where(marked, -1, at), axis=1)
    end = length.argmax(axis=1)
    first = end - length.max(axis=1, initial=0) + 1
    longest: _Flags = marked & (at >= first[:, None]) & (at <= end[:, None])
    return longest


def _overlap(runs: _Flags, block: _Flags, ran: _Flags) -> _Floats:
    """Mean over the days on which it ran: both by either, float64[m]."""
    both = (runs & block[:, None]).sum(axis=2)
    either = (runs | block[:, None]).sum(axis=2)
    share = np.divide(both, either, out=np.zeros(both.shape), where=either > 0)
    days = ran.sum(axis=1)
    mean: _Floats = np.divide((share * ran).sum(axis=1), days, out=np.zeros(len(days)), where=days > 0)
    return mean


def _moved(at: int, days: Days, block: _Flags, rest: float) -> Shift:
    """By the same time on all days, within the day."""
    slots = np.flatnonzero(block)
    energy = np.nan_to_num(np.maximum(days.load[at][:, slots] - rest, 0.0)) * _QUARTER_H
    first, end = int(slots[0]), int(slots[-1]) + 1
    known = ~np.isnan(days.price).any(axis=1)
    steps = np.arange(-first, DAY_SLOTS - end + 1)
    prices = days.price[known][:, slots[None, :] + steps[:, None]]
    costs = np.einsum("ds,dks->k", energy[known], prices)
    best = int(costs.argmin())
    return Shift(
        load=at,
        first=first,
        end=end,
        by=int(steps[best]),
        energy_kwh=float(energy.sum()),
        dear_kwh=float(energy[days.dear[:, slots]].sum()),
        saves=float(costs[first] - costs[best]),
    )
