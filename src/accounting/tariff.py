"""A tariff: its bands, its calendar, and the prices that were published for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import (
    HALVES,
    NO_BAND,
    STRICT,
    Base,
    Overlay,
    check_overlays,
    compile_days,
    ordinary_days,
)
from accounting.errors import TariffError
from accounting.grid import local_wall

_HALF_US = 1_800_000_000
_PER_KWH = MappingProxyType({"CNY/kWh": Decimal(1), "fen/kWh": Decimal("0.01")})
_LOOK_AHEAD = 8 * HALVES


@dataclass(frozen=True, slots=True)
class Label:
    """A name in both languages."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    rank: int
    """0 is the cheapest."""


class Standing(StrEnum):
    """How a price table came to be."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"
    """Announced as such by its publisher."""
    FICTITIOUS = "fictitious"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices of all bands for a stretch of days, one series of tables per price zone and user class."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    series: str
    name: Label
    valid_from: date
    valid_to: date | None
    """Last day; later days without a table of their own take this one, flagged provisional."""
    unit: str
    prices: dict[str, Decimal]
    """Band -> price as it was printed."""
    funds_included: bool
    """With government funds and surcharges."""
    standing: Standing
    source: str

    def __post_init__(self) -> None:
        if self.unit not in _PER_KWH:
            raise TariffError(f"unit {self.unit!r} is none of {list(_PER_KWH)}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise TariffError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if not self.source.strip():
            raise TariffError(f"price table {self.series!r} of {self.valid_from} has no source")

    def per_kwh(self, band: str) -> Decimal:
        return self.prices[band] * _PER_KWH[self.unit]


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices of instants, or why there are none."""

    price: NDArray[np.float64]
    """float64[n] [currency/kWh]; NaN: unpriced."""
    provisional: NDArray[np.bool_]
    """bool[n]: the table is a provisional one, or that of an earlier month."""
    unpriced: str | None
    """Why some are NaN."""


@dataclass(frozen=True, slots=True)
class Now:
    """The band that holds, and what follows it."""

    band: Band
    until_us: int | None
    """None: no other band within eight days."""
    next: Band | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Tariff:
    """Raises TariffError, a ValueError, when a half hour has no band or two, or a table lacks a price."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    region: str
    document: str
    zone: str
    currency: str
    valid_from: date
    valid_to: date | None
    fictitious: bool = False
    """Its prices are invented; whoever shows them says so."""
    applies_to: Label | None = None
    bands: tuple[Band, ...]
    base: tuple[Base, ...]
    overlays: tuple[Overlay, ...] = ()
    declared_days: dict[str, tuple[date, ...]] = field(default_factory=dict)
    """Lists that overlays name, such as the days announced as hot."""
    prices: tuple[PriceTable, ...] = ()
    source: str
    notes: str = ""

    def __post_init__(self) -> None:
        codes = [band.code for band in self.bands]
        if len(set(codes)) < len(codes) or len({band.rank for band in self.bands}) < len(codes):
            raise TariffError(f"tariff {self.code!r}: two bands share a code or a rank")
        if not self.source.strip():
            raise TariffError(f"tariff {self.code!r}: source is empty")
        ordinary_days(codes, self.base)
        check_overlays(codes, self.overlays)
        for overlay in self.overlays:
            if overlay.when.days is not None and overlay.when.days not in self.declared_days:
                raise TariffError(f"overlay {overlay.code!r}: no list {overlay.when.days!r} in declared_days")
        self._check_prices(set(codes))

    def _check_prices(self, codes: set[str]) -> None:
        for table in self.prices:
            if set(table.prices) != codes:
                wrong = sorted(set(table.prices) ^ codes)
                raise TariffError(
                    f"price table {table.series!r} of {table.valid_from}: bands {wrong} do not match"
                )
            if (table.standing is Standing.FICTITIOUS) != self.fictitious:
                raise TariffError(
                    f"price table {table.series!r} of {table.valid_from}: standing {table.standing}"
                )
        for series in self.series:
            for one, other in pairwise(self.tables(series)):
                if one.valid_to is None or one.valid_to >= other.valid_from:
                    raise TariffError(f"two price tables {series!r} hold on {other.valid_from}")

    @cached_property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def series(self) -> tuple[str, ...]:
        """Price zones and user classes that have tables."""
        return tuple(dict.fromkeys(table.series for table in self.prices))

    def of(self, series: str) -> "Tariff":
        """The same with the prices of one series alone. Raises TariffError when it has none."""
        if series not in self.series:
            raise TariffError(f"{self.code} has no price series {series!r}, only {', '.join(self.series)}")
        return replace(self, prices=tuple(self.tables(series)))

    def tables(self, series: str) -> list[PriceTable]:
        """Tables of a series, oldest first."""
        return sorted((t for t in self.prices if t.series == series), key=lambda table: table.valid_from)

    def year(self, year: int) -> NDArray[np.uint8]:
        """Index into bands of every half hour of a local year, uint8[days, 48]."""
        return _compiled(self, year)

    def bands_at(self, us: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Index into bands at each instant [us], uint8[n]; NO_BAND outside the tariff's validity."""
        if us.size == 0:
            return np.empty(us.shape, dtype=np.uint8)
        halves = local_wall(self.tzinfo, us) // _HALF_US
        days = halves // HALVES
        table, first = self._years(int(days.min()), int(days.max()))
        bands: NDArray[np.uint8] = table[days - first, halves % HALVES]
        outside = days < _ordinal(self.valid_from)
        if self.valid_to is not None:
            outside |= days > _ordinal(self.valid_to)
        bands[outside] = NO_BAND
        return bands

    def prices_at(self, us: NDArray[np.int64], series: str | None = None) -> Prices:
        """Price of each instant [us]; `series` may be left out when the tariff has one alone."""
        if series is None and len(self.series) != 1:
            return _unpriced(
                us, f"{self.code} has {len(self.series)} price series and the contract names none"
            )
        name = series or self.series[0]
        tables = self.tables(name)
        if not tables:
            return _unpriced(us, f"{self.code} has no price series {name!r}")
        return self._priced(us, tables)

    def now(self, us: int) -> Now | None:
        """The band at an instant, until when it holds, and the next; None outside the tariff's validity."""
        here = np.array([us], dtype=np.int64)
        start = us - int(local_wall(self.tzinfo, here)[0] % _HALF_US)
        ahead = start + _HALF_US * np.arange(_LOOK_AHEAD, dtype=np.int64)
        bands = self.bands_at(ahead)
        if bands[0] == NO_BAND:
            return None
        change = np.flatnonzero(bands != bands[0])
        if not len(change):
            return Now(self.bands[bands[0]], None, None)
        following = bands[change[0]]
        then = None if following == NO_BAND else self.bands[following]
        return Now(self.bands[bands[0]], int(ahead[change[0]]), then)

    def _years(self, first_day: int, last_day: int) -> tuple[NDArray[np.uint8], int]:
        first, last = _day(first_day).year, _day(last_day).year
        table = np.concatenate([self.year(year) for year in range(first, last + 1)])
        return table, _ordinal(date(first, 1, 1))

    def _priced(self, us: NDArray[np.int64], tables: Sequence[PriceTable]) -> Prices:
        days = local_wall(self.tzinfo, us) // (_HALF_US * HALVES)
        since = np.array([_ordinal(table.valid_from) for table in tables])
        until = np.array([_ordinal(table.valid_to or date.max) for table in tables])
        at = np.searchsorted(since, days, side="right") - 1
        bands = self.bands_at(us)
        void = (at < 0) | (bands == NO_BAND)
        rows = np.array([[float(t.per_kwh(b.code)) for b in self.bands] for t in tables])
        price = np.where(void, np.nan, rows[at, np.minimum(bands, len(self.bands) - 1)])
        announced = np.array([table.standing is Standing.PROVISIONAL for table in tables])
        provisional = ~void & (announced[at] | (days > until[at]))
        reason = f"no price table before {tables[0].valid_from}" if void.any() else None
        return Prices(price, provisional, reason)


def _unpriced(us: NDArray[np.int64], reason: str) -> Prices:
    return Prices(np.full(us.shape, np.nan), np.zeros(us.shape, dtype=np.bool_), reason)


@lru_cache(maxsize=256)
def _compiled(tariff: Tariff, year: int) -> NDArray[np.uint8]:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    codes = [band.code for band in tariff.bands]
    table = compile_days(codes, tariff.base, tariff.overlays, days, tariff.declared_days)
    table.setflags(write=False)
    return table


def _ordinal(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _day(ordinal: int) -> date:
    return date(1970, 1, 1) + timedelta(days=ordinal)
