"""Hourly series of grid factors, and what they say of each quarter hour."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from accounting.errors import FactorError
from accounting.factors import FactorSet
from accounting.grid import HOUR_US, to_us


@dataclass(frozen=True, slots=True, eq=False)
class HourlySeries:
    """Factors of one grid by the hour."""

    region: str
    hour: NDArray[np.int64]
    """int64[h], ascending: hours since 1970-01-01 UTC."""
    kg: NDArray[np.float64]
    """float64[h] [kgCO2/kWh]."""
    edition: str
    source: str

    def at(self, slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rate of instants int64[n] [us], float64[n] [kgCO2/kWh]; NaN in hours that the series leaves out."""
        hour = slots // HOUR_US
        where = np.minimum(np.searchsorted(self.hour, hour), len(self.hour) - 1)
        return np.where(self.hour[where] == hour, self.kg[where], np.nan)


def parse(header: FactorSet, rows: Iterable[Mapping[str, str]]) -> tuple[HourlySeries, ...]:
    """Series by region from rows of region, start (RFC 3339, an hour with its zone), value [kgCO2/kWh].

    Raises FactorError that names the set, the line, the column and the value, or an hour that stands twice.
    """
    found: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for line, row in enumerate(rows, 2):
        try:
            hour, value = hour_of(row["start"]), _value(row["value"])
        except (KeyError, ValueError) as error:
            raise FactorError(f"{header.code}, line {line}: {error}") from error
        if hour in found[row["region"]]:
            raise FactorError(f"{header.code}, line {line}: start {row['start']!r} stands twice")
        found[row["region"]][hour] = value
    return tuple(_series(header, region, hours) for region, hours in found.items())


def check(series: Sequence[HourlySeries]) -> None:
    """Raise FactorError when two series answer for one hour of a region."""
    for at, one in enumerate(series):
        for other in series[:at]:
            if one.region == other.region and np.intersect1d(one.hour, other.hour).size:
                editions = f"{other.edition!r} and {one.edition!r}"
                raise FactorError(f"hourly factors of {one.region}: {editions} answer for the same hours")


def _series(header: FactorSet, region: str, hours: Mapping[int, float]) -> HourlySeries:
    order = sorted(hours)
    values = np.array([hours[hour] for hour in order])
    return HourlySeries(region, np.array(order, np.int64), values, header.edition, header.source)


def gaps(hour: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs that ascending hours int64[h] leave out between first and last, int64[g, 2]: from, up to."""
    before = np.flatnonzero(np.diff(hour) > 1)
    return np.stack([hour[before] + 1, hour[before + 1]], axis=1)


def runs(hour: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs of ascending hours int64[h] without a gap, int64[g, 2]: from, up to."""
    between = gaps(hour)
    lo, hi = np.append(hour[:1], between[:, 1]), np.append(between[:, 0], hour[-1:] + 1)
    return np.stack([lo, hi], axis=1)


def hour_of(text: str) -> int:
    """The hour, counted since 1970-01-01 UTC, that a moment with its zone begins. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or to_us(moment) % HOUR_US:
        raise ValueError(f"start {text!r} is not an hour with its zone, such as 2026-05-01T00:00:00+08:00")
    return to_us(moment) // HOUR_US


def _value(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"value {text!r} is not a number from 0 up")
    return value
