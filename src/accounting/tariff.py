"""A tariff: its bands, its calendar, and the prices that were published for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import (
    HALVES,
    NO_BAND,
    STRICT,
    Base,
    DayType,
    Overlay,
    check_overlays,
    compile_days,
    ordinary_days,
)
from accounting.errors import TariffError
from accounting.grid import local_wall
from accounting.holidays import UNKNOWN, Holidays
from accounting.prices import QUARTERS, Label, Prices, PriceTable, Standing, laid

_HALF_US = 1_800_000_000
_QUARTER_US = 900_000_000
_LOOK_AHEAD = 8 * HALVES
_YEAR = 365
_TOLERANCE = Decimal("0.005")
"""Of a ratio of prices that were rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    rank: int
    """0 is the cheapest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What a document says bands cost for one of the flat price, for some months."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    months: tuple[int, ...] = tuple(range(1, 13))
    of_flat: dict[str, Decimal]

    def price(self, band: str, flat: Decimal, decimals: int) -> Decimal:
        """The flat price times the ratio, rounded half up."""
        return (flat * self.of_flat[band]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)

    def doubts(self, table: PriceTable) -> Iterator[str]:
        if table.valid_from.month not in self.months or "flat" not in table.prices:
            return
        for band, ratio in self.of_flat.items():
            share = table.prices.get(band, table.prices["flat"]) / table.prices["flat"]
            low, high = sorted((ratio, Decimal(1)))
            if not low * (1 - _TOLERANCE) <= share <= high * (1 + _TOLERANCE):
                yield f"{table.label}: {band} is {share:.3g} of flat, the document says {ratio}"


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
    valid_from: date | None
    """None: no source tells it, and the contract has to name its own first day."""
    valid_to: date | None
    fictitious: bool = False
    """Its prices are invented; whoever shows them says so."""
    applies_to: Label | None = None
    holidays: str | None = None
    """Country whose free days its rules follow."""
    classes: dict[str, Label] = field(default_factory=dict)
    """Users whom some rules tell apart."""
    bands: tuple[Band, ...]
    base: tuple[Base, ...]
    overlays: tuple[Overlay, ...] = ()
    declared_days: dict[str, tuple[date, ...]] = field(default_factory=dict)
    """Lists that overlays name, such as the days announced as hot."""
    prices: tuple[PriceTable, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    """What price tables are checked by; no price is made of them."""
    source: str
    notes: str = ""
    known: Holidays = UNKNOWN
    """The days of its country, put in by whoever knows them."""

    def __post_init__(self) -> None:
        codes = [band.code for band in self.bands]
        if len(set(codes)) < len(codes) or len({band.rank for band in self.bands}) < len(codes):
            raise TariffError(f"tariff {self.code!r}: two bands share a code or a rank")
        if not self.source.strip():
            raise TariffError(f"tariff {self.code!r}: source is empty")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise TariffError(f"tariff {self.code!r}: there is no zone {self.zone!r}") from error
        ordinary_days(codes, self.base)
        check_overlays(codes, self.overlays)
        for overlay in self.overlays:
            self._check_when(overlay)
        self._check_prices(set(codes))

    def _check_when(self, overlay: Overlay) -> None:
        when = overlay.when
        if when.days is not None and when.days not in self.declared_days:
            raise TariffError(f"overlay {overlay.code!r}: no list {when.days!r} in declared_days")
        for name in when.classes:
            if name not in self.classes:
                raise TariffError(f"overlay {overlay.code!r}: no class {name!r} in classes")
        if (when.holidays or when.free_days) and not self.holidays:
            raise TariffError(f"overlay {overlay.code!r}: holidays names no country")

    def _check_prices(self, codes: set[str]) -> None:
        for table in self.prices:
            wrong = sorted(set(table.prices) - codes) or sorted(self._due(table) - set(table.prices))
            if table.prices and wrong:
                raise TariffError(f"{table.label}: bands {wrong} do not match")
            if (table.standing is Standing.FICTITIOUS) != self.fictitious:
                raise TariffError(f"{table.label}: standing {table.standing}")
            if table.currency != self.currency:
                raise TariffError(f"{table.label}: unit {table.unit} is not of {self.currency}")
        for series in self.series:
            for one, other in pairwise(self.tables(series)):
                if one.valid_to is None or one.valid_to >= other.valid_from:
                    raise TariffError(f"two price tables {series!r} hold on {other.valid_from}")

    def _due(self, table: PriceTable) -> set[str]:
        """Bands that can hold in a table's months."""
        months = _months(table.valid_from, table.valid_to)
        parts = [(part.months, part.intervals) for part in self.base]
        parts += [(overlay.when.months, overlay.intervals) for overlay in self.overlays]
        return {code for held, rows in parts if months & set(held) for _, _, code in rows}

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

    def for_class(self, user_class: str | None) -> "Tariff":
        """The same with the rules for one class of users alone. Raises TariffError when there is none."""
        if user_class is not None and user_class not in self.classes:
            raise TariffError(f"{self.code} has no user class {user_class!r}, only {', '.join(self.classes)}")
        kept = (o for o in self.overlays if not o.when.classes or user_class in o.when.classes)
        return replace(self, overlays=tuple(kept))

    def declaring(self, days: Mapping[str, Sequence[date]]) -> "Tariff":
        """The same with more days declared."""
        both = {name: {*listed, *days.get(name, ())} for name, listed in self.declared_days.items()}
        return replace(self, declared_days={name: tuple(sorted(listed)) for name, listed in both.items()})

    @property
    def by_day_type(self) -> bool:
        """Whether some of its bands depend on which days are free."""
        kinds = any(set(part.day_types) != set(DayType) for part in self.base)
        return self.holidays is not None and (kinds or any(o.when.by_day_type for o in self.overlays))

    def unknown_years(self, years: Iterable[int]) -> list[int]:
        """Those in which some of its bands depend on free days that no source tells yet."""
        return [year for year in years if self.by_day_type and year not in self.known.years]

    def tables(self, series: str) -> list[PriceTable]:
        """Tables of a series, oldest first."""
        return sorted((t for t in self.prices if t.series == series), key=lambda table: table.valid_from)

    def doubts(self) -> list[str]:
        """Prices that the document's ratios do not bear out.

        What is added to the ratio's part, such as funds, only draws a price nearer to the flat one.
        """
        return [doubt for table in self.prices for ratio in self.ratios for doubt in ratio.doubts(table)]

    def year(self, year: int) -> NDArray[np.uint8]:
        """Index into bands of every half hour of a local year, uint8[days, 48]."""
        return _compiled(self, year)

    def bands_at(self, us: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Index into bands at each instant [us], uint8[n]; NO_BAND outside the tariff's validity."""
        if us.size == 0:
            return np.empty(us.shape, dtype=np.uint8)
        halves = local_wall(self.tzinfo, us) // _HALF_US
        first, years = self._years(halves // HALVES)
        table = np.concatenate([self.year(year) for year in years])
        bands: NDArray[np.uint8] = table.ravel()[halves - first * HALVES]
        bands[self._outside(halves // HALVES)] = NO_BAND
        return bands

    def _outside(self, days: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Local days, counted from 1970, on which the tariff does not hold."""
        since = ordinal(self.valid_from or date.min)
        return (days < since) | (days > ordinal(self.valid_to or date.max))

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
        return self._priced(us, name) if us.size else _unpriced(us, None)

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

    def _years(self, days: NDArray[np.int64]) -> tuple[int, range]:
        """The day on which the years of some days begin, and those years."""
        first, last = _day(int(days.min())).year, _day(int(days.max())).year
        return ordinal(date(first, 1, 1)), range(first, last + 1)

    def _priced(self, us: NDArray[np.int64], series: str) -> Prices:
        quarters = local_wall(self.tzinfo, us) // _QUARTER_US
        days = quarters // QUARTERS
        first, years = self._years(days)
        tables = [_price_year(self, series, year) for year in years]
        price = np.concatenate([table for table, _ in tables]).ravel()[quarters - first * QUARTERS]
        own = np.concatenate([table for _, table in tables])[days - first]
        price[self._outside(days)] = np.nan
        return Prices(price, own & ~np.isnan(price), self._missing(us[np.isnan(price)], series))

    def _missing(self, us: NDArray[np.int64], series: str) -> str | None:
        """Why instants have no price."""
        if not len(us):
            return None
        since = self.tables(series)[0].valid_from
        if (local_wall(self.tzinfo, us) // (_HALF_US * HALVES) < ordinal(since)).any():
            return f"no price table before {since}"
        bands = np.unique(self.bands_at(us))
        if NO_BAND in bands:
            return f"{self.code} does not hold on this day"
        return f"no price of {', '.join(self.bands[band].code for band in bands.tolist())} in {self.code}"


def _unpriced(us: NDArray[np.int64], reason: str | None) -> Prices:
    return Prices(np.full(us.shape, np.nan), np.zeros(us.shape, dtype=np.bool_), reason)


@lru_cache(maxsize=256)
def _compiled(tariff: Tariff, year: int) -> NDArray[np.uint8]:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    codes = [band.code for band in tariff.bands]
    table = compile_days(codes, tariff.base, tariff.overlays, days, tariff.declared_days, tariff.known)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=256)
def _price_year(tariff: Tariff, series: str, year: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Price of every quarter hour of a local year, float64[days, 96], and whose is not sure, bool[days]."""
    codes = [band.code for band in tariff.bands]
    price, provisional = laid(tariff.tables(series), codes, tariff.year(year), date(year, 1, 1))
    if tariff.unknown_years([year]):
        provisional[:] = True
    return price, provisional


def ordinal(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _months(first: date, last: date | None) -> set[int]:
    """Months that a stretch of days touches."""
    if last is None or (last - first).days >= _YEAR:
        return set(range(1, 13))
    return {(first + timedelta(days=n)).month for n in range((last - first).days + 1)}
