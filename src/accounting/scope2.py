"""Scope 2 side by side: location-based by grid factors, market-based by what served each kWh."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accounting.errors import ActivityError
from accounting.scope1 import refuse_below_zero

Floats = NDArray[np.float64]


class Tier(IntEnum):
    """What serves a kWh, in the order of the GHG Protocol's scope 2 guidance, table 6.3."""

    CERTIFICATE = 0
    CONTRACT = 1
    SUPPLIER = 2
    RESIDUAL = 3
    AVERAGE = 4
    NONE = 5
    """Nothing answers: a shortfall."""


_YEAR = len("2026")
_MONTHS_VALID = 24
_INSTRUMENTS = (Tier.CERTIFICATE, Tier.CONTRACT, Tier.SUPPLIER)


@dataclass(frozen=True, slots=True, eq=False)
class Instruments:
    """What consumers hold. Raises ActivityError for one that stands twice, and for values that cannot be."""

    id: tuple[str, ...]
    """Registry number of a certificate, name of a contract; each once, since each counts once."""
    tier: NDArray[np.int8]
    """int8[k]: CERTIFICATE, CONTRACT or SUPPLIER."""
    energy: Floats
    """float64[k] [kWh]; inf: whatever is bought."""
    rate: Floats
    """float64[k] [kg/kWh]."""
    first: NDArray[np.int64]
    """int64[k]: first interval that its vintage may serve."""
    stop: NDArray[np.int64]
    """int64[k]: the first one after them."""
    consumer: NDArray[np.bool_]
    """bool[k, m]: meters that it may serve."""

    def __post_init__(self) -> None:
        twice = next((name for name, times in Counter(self.id).items() if times > 1), None)
        if twice is not None:
            raise ActivityError(f"certificate {twice!r} stands twice; it counts once")
        for name, bad in zip(self.id, np.isnan(self.energy) | (self.energy < 0), strict=True):
            if bad:
                raise ActivityError(f"instrument {name!r}: its energy is not an amount from 0 up")
        for name, bad in zip(self.id, ~(self.rate >= 0), strict=True):
            if bad:
                raise ActivityError(f"instrument {name!r}: its rate is not a number from 0 up")
        if not np.isin(self.tier, _INSTRUMENTS).all():
            raise ActivityError(f"an instrument is of tier {self.tier.max()}, not one of {_INSTRUMENTS}")


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """The market-based figure, and what served it."""

    kg: Floats
    """float64[m, n]; NaN where the load or every rate is unknown."""
    rest: Floats
    """float64[m, n] [kg]: of it what no instrument served; NaN alike."""
    open: Floats
    """float64[m, n] [kWh]: what no instrument served, 0 where the load is unknown."""
    given: Floats
    """float64[k, n] [kWh]: by each instrument in each interval."""
    served: Floats
    """float64[6, m] [kWh]: by Tier; what NONE served has no figure."""
    taken: Floats
    """float64[k, m] [kWh]: of each instrument, by consumer."""
    unused: Floats
    """float64[k] [kWh]: left of each."""


def location(load: Floats, rate: ArrayLike) -> Floats:
    """Emissions float64[m, n] [kg] of loads float64[m, n] [kWh] by the grid's rate [kg/kWh], hourly or not.

    `rate` fits [m, n] by broadcasting: [n] a series of one grid, [m, 1] a factor by meter. NaN stays NaN.
    GHG Protocol, scope 2 guidance, chapter 6. Raises ActivityError for loads below zero.
    """
    refuse_below_zero("load", load)
    found: Floats = load * np.asarray(rate, np.float64)
    return found


def market(load: Floats, instruments: Instruments, residual: ArrayLike, average: ArrayLike) -> Market:
    """Serve loads float64[m, n] [kWh] by instruments in the order of their tiers, the rest by the grid.

    An instrument serves its consumers and intervals alike, in proportion to what is not yet served; never
    more than it holds. The rest takes the `residual` rate [kg/kWh], where there is none (NaN) the `average`
    one, both fit [m, n]; where neither is known the figure is NaN and the energy stands under Tier.NONE.
    Raises ActivityError for loads below zero and for consumers that do not fit.
    """
    refuse_below_zero("load", load)
    if instruments.consumer.shape != (len(instruments.id), len(load)):
        raise ActivityError(f"consumers {instruments.consumer.shape} do not fit {len(load)} meters")
    open_load = np.nan_to_num(load)
    kg = np.zeros_like(open_load)
    taken = np.zeros((len(instruments.id), len(load)))
    given = np.zeros((len(instruments.id), load.shape[1]))
    for at in np.argsort(instruments.tier, kind="stable").tolist():
        taken[at] = _take(open_load, kg, given[at], instruments, at)
    served = np.zeros((len(Tier), len(load)))
    np.add.at(served, instruments.tier, taken)
    rest = _rest(open_load, served, np.asarray(residual, np.float64), np.asarray(average, np.float64))
    rest[np.isnan(load)] = np.nan
    return Market(kg + rest, rest, open_load, given, served, taken, instruments.energy - taken.sum(axis=1))


def _take(open_load: Floats, kg: Floats, given: Floats, instruments: Instruments, at: int) -> Floats:
    """Let one instrument serve what is open; what it gave each meter, float64[m]."""
    span = slice(int(instruments.first[at]), int(instruments.stop[at]))
    rows = np.flatnonzero(instruments.consumer[at])
    part = open_load[rows, span]
    wanted, gave = part.sum(), np.zeros(len(open_load))
    if wanted:
        share = 1.0 if wanted <= instruments.energy[at] else instruments.energy[at] / wanted
        gave[rows] = part.sum(axis=1) * share
        given[span] = part.sum(axis=0) * share
        kg[rows, span] += part * (share * instruments.rate[at])
        open_load[rows, span] = part * (1.0 - share)
    return gave


def _rest(open_load: Floats, served: Floats, residual: Floats, average: Floats) -> Floats:
    """Emissions [kg] of what no instrument served: by the residual rate, else the average one."""
    by_residual, by_average = ~np.isnan(residual), np.isnan(residual) & ~np.isnan(average)
    served[Tier.RESIDUAL] = (open_load * by_residual).sum(axis=1)
    served[Tier.AVERAGE] = (open_load * by_average).sum(axis=1)
    served[Tier.NONE] = (open_load * ~(by_residual | by_average)).sum(axis=1)
    rate = np.where(by_residual, residual, average)
    return np.where(open_load > 0, open_load * rate, 0.0)


def vintage_fits(vintage: str, first: date, last: date) -> bool:
    """Whether power made in `vintage`, a year or a month, may serve consumption on the days first..last.

    Not before it was made, and within two years of it (Chinese green certificates, 发改能源 [2025] 262).
    """
    try:
        made = date.fromisoformat(f"{vintage}-01-01" if len(vintage) == _YEAR else f"{vintage}-01")
    except ValueError:
        return False
    whole_year = len(vintage) == _YEAR
    began = first >= made or (whole_year and first.year == made.year)
    return began and (last.year - made.year) * 12 + last.month - made.month <= _MONTHS_VALID + 11 * whole_year


def unbacked(own: Floats, sold: ArrayLike) -> Floats:
    """Self-used generation float64[m, n] [kWh] that counts as bought, because its certificates were sold.

    `own` float64[m, n] [kWh] is generated and used on site, `sold` [m] [kWh] how much of it certificates of
    others claim: its attributes are theirs (GHG Protocol, scope 2 guidance, chapter 6). Add it to the load of
    the market-based figure. Raises ActivityError below zero.
    """
    refuse_below_zero("own generation", own)
    refuse_below_zero("sold certificates", sold)
    generated = np.nansum(own, axis=1)
    share = np.divide(
        np.asarray(sold, np.float64), generated, out=np.zeros_like(generated), where=generated > 0
    )
    found: Floats = own * np.minimum(share, 1.0)[:, None]
    return found


def matching(load: Floats, clean: Floats) -> tuple[Floats, Floats]:
    """The 24/7 score float64[m] of hourly loads float64[m, n] [kWh] and clean supply, and its coverage.

    Sum of min(load, clean) over the sum of loads, hour by hour, so that a surplus helps no other hour
    (Google, 24/7 Carbon-Free Energy, 2021). Hours in which either is unknown count in neither sum; coverage
    float64[m] is the share of hours that count. NaN where there is no load. Raises ActivityError below zero.
    """
    refuse_below_zero("load", load)
    refuse_below_zero("clean supply", clean)
    known = ~(np.isnan(load) | np.isnan(clean))
    wanted = np.where(known, load, 0.0).sum(axis=1)
    met = np.where(known, np.minimum(load, clean), 0.0).sum(axis=1)
    score = np.divide(met, wanted, out=np.full_like(wanted, np.nan), where=wanted > 0)
    return score, known.mean(axis=1)


def unmatched(load: Floats, clean: Floats, rate: ArrayLike) -> tuple[Floats, Floats]:
    """Emissions float64[m] [kg] of hourly loads that clean supply did not meet in the hour, and their score.

    Loads and clean supply float64[m, n] [kWh], the grid's `rate` [kg/kWh] fits them. The score float64[m]
    is 1 less those emissions over those of the whole load: the 24/7 score weighed by the carbon of each
    hour. Hours in which anything is unknown count in neither; NaN where none is known. Raises ActivityError
    below zero.
    """
    refuse_below_zero("load", load)
    refuse_below_zero("clean supply", clean)
    by_hour = np.broadcast_to(np.asarray(rate, np.float64), load.shape)
    known = ~(np.isnan(load) | np.isnan(clean) | np.isnan(by_hour))
    rest = np.where(known, (load - np.minimum(load, clean)) * by_hour, 0.0).sum(axis=1)
    whole = np.where(known, load * by_hour, 0.0).sum(axis=1)
    share = np.divide(rest, whole, out=np.full_like(whole, np.nan), where=whole > 0)
    return np.where(known.any(axis=1), rest, np.nan), 1.0 - share


def lost(load: Floats, share: ArrayLike) -> Floats:
    """Energy float64[m, n] [kWh] that transmission and distribution lost on the way to loads float64[m, n].

    `share` [1] is lost over sent out: load x share / (1 - share). It is scope 3 (category 3) of the buyer.
    Raises ActivityError for loads below zero and shares outside 0..1.
    """
    refuse_below_zero("load", load)
    part = np.asarray(share, np.float64)
    if ((part < 0) | (part >= 1)).any():
        raise ActivityError(f"share of losses {part.max():g} is not from 0 up to 1")
    found: Floats = load * (part / (1.0 - part))
    return found
