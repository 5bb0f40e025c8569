"""What a load will draw, from the same kinds of days before, and how wrong that would have been lately.

The middle value of like days is what load forecasting measures itself by (naive seasonal method; Hyndman and
Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
LIKE_DAYS = 6
"""The newest days of a kind that are looked at."""
TESTED_DAYS = 14


@dataclass(frozen=True, slots=True)
class Error:
    """What forecasts of past days missed by, each made from the days before it alone."""

    days: int
    mean_kw: float
    """Mean of the absolute errors [kW]."""
    share: float
    """Of the load."""
    bias_kw: float
    """Mean of forecast less load [kW]."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """A load by local day and quarter hour of the clock."""

    load: _Floats
    """float64[d, 96] [kW]; NaN where nothing is known."""
    kind: _Ints
    """int64[d]: days of the same kind are alike."""
    coarse: _Ints
    """int64[d]: the same more coarsely, for kinds that were not there yet."""


def by_kind(history: History, kind: int, coarse: int, until: int | None = None) -> _Floats:
    """Middle value of the newest like days before day `until`, float64[96] [kW]; NaN where there is none."""
    load, kinds, coarser = history.load[:until], history.kind[:until], history.coarse[:until]
    profile = _middle(load, kinds == kind)
    wider = np.isnan(profile)
    if wider.any():
        profile[wider] = _middle(load, coarser == coarse)[wider]
    return profile


def _middle(load: _Floats, like: NDArray[np.bool_]) -> _Floats:
    """By quarter hour, over the newest days in which it is known."""
    chosen = load[like][::-1]
    known = ~np.isnan(chosen)
    chosen = np.where(known & (np.cumsum(known, axis=0) <= LIKE_DAYS), chosen, np.nan)
    found = np.full(DAY_SLOTS, np.nan)
    some = ~np.isnan(chosen).all(axis=0) if len(chosen) else np.zeros(DAY_SLOTS, np.bool_)
    found[some] = np.nanmedian(chosen[:, some], axis=0)
    return found


def back_test(history: History, days: int = TESTED_DAYS) -> Error | None:
    """The error over the newest days; None without any that can be forecast."""
    lasts = range(max(len(history.load) - days, 1), len(history.load))
    made = [
        (by_kind(history, int(history.kind[d]), int(history.coarse[d]), d), history.load[d]) for d in lasts
    ]
    return missed(made)


def missed(made: Sequence[tuple[_Floats, _Floats]]) -> Error | None:
    """By forecasts and loads of days, float64[96] [kW] each; None without a day in which both are known."""
    rows = [(made_, load) for made_, load in made if not np.isnan(made_ - load).all()]
    if not rows:
        return None
    off = np.concatenate([forecast - load for forecast, load in rows])
    load = np.concatenate([load for _, load in rows])[~np.isnan(off)]
    off = off[~np.isnan(off)]
    mean, whole = float(np.abs(off).mean()), float(np.abs(load).mean())
    return Error(len(rows), mean, mean / whole if whole else np.nan, float(off.mean()))


@dataclass(frozen=True, slots=True)
class Warmth:
    """How a load follows the outside temperature above or below what a quarter hour had on like days."""

    kw_per_k: float
    balance_c: float
    """Temperature above which it rises."""


_BALANCES = np.arange(10.0, 27.0)
_ENOUGH = 4 * DAY_SLOTS


def follows(history: History, outside: _Floats) -> Warmth | None:
    """Least squares of what the load had above its kind's profile, outside float64[d, 96] [degC].

    By the balance temperature that explains most (change-point model, ASHRAE Guideline 14, annex D); None
    where too little is known or warmth explains nothing.
    """
    best: tuple[float, Warmth] | None = None
    rest = _above_kind(history.kind, history.load)
    for balance in _BALANCES.tolist():
        excess = _above_kind(history.kind, np.maximum(outside - balance, 0.0))
        known = ~np.isnan(rest + excess)
        square = float((excess[known] ** 2).sum())
        if known.sum() < _ENOUGH or square <= 0:
            continue
        slope = float((excess[known] * rest[known]).sum()) / square
        gain = slope**2 * square
        if slope > 0 and (best is None or gain > best[0]):
            best = gain, Warmth(slope, balance)
    return best[1] if best else None


def _above_kind(kind: _Ints, values: _Floats) -> _Floats:
    """Less the mean of the same quarter hour on days of the kind."""
    found = np.full(values.shape, np.nan)
    for each in np.unique(kind):
        like = values[kind == each]
        some = ~np.isnan(like).all(axis=0)
        rows = np.full(like.shape, np.nan)
        rows[:, some] = like[:, some] - np.nanmean(like[:, some], axis=0)
        found[kind == each] = rows
    return found


def warmer(warmth: Warmth, usual: _Floats, expected: _Floats) -> _Floats:
    """What is to be added to a profile when it is not as warm as usual, float64[n] [kW]."""
    excess = np.maximum(expected - warmth.balance_c, 0.0) - np.maximum(usual - warmth.balance_c, 0.0)
    return warmth.kw_per_k * excess
