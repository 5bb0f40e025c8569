"""Price tables as they were published, laid out over the quarter hours of local days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import HALVES, STRICT
from accounting.errors import TariffError

QUARTERS = 2 * HALVES
_UNITS = MappingProxyType(
    {
        "CNY/kWh": ("CNY", Decimal(1)),
        "fen/kWh": ("CNY", Decimal("0.01")),
        "EUR/kWh": ("EUR", Decimal(1)),
        "ct/kWh": ("EUR", Decimal("0.01")),
        "USD/kWh": ("USD", Decimal(1)),
    }
)
_CURVES = (24, 48, 96)


@dataclass(frozen=True, slots=True)
class Label:
    """A name in both languages."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    en: str
    zh: str


class Standing(StrEnum):
    """How a price table came to be."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"
    """Announced as such by its publisher."""
    CONTRACT = "contract"
    """Agreed between two parties."""
    FICTITIOUS = "fictitious"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices of the bands, or of a day's hours, for a stretch of days; one series per zone and user class."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    series: str
    name: Label
    valid_from: date
    valid_to: date | None
    """Last day; later days without a table of their own take this one, flagged provisional."""
    unit: str
    prices: dict[str, Decimal] = field(default_factory=dict)
    """Band -> price as it was printed."""
    curve: tuple[Decimal, ...] = ()
    """In their place 24, 48 or 96 prices of a day from midnight on; the bands are then for reference."""
    funds_included: bool
    """With government funds and surcharges."""
    standing: Standing
    source: str

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise TariffError(f"unit {self.unit!r} is none of {list(_UNITS)}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise TariffError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if not self.source.strip():
            raise TariffError(f"{self.label} has no source")
        if bool(self.prices) == bool(self.curve):
            raise TariffError(f"{self.label} needs either prices by band or a curve")
        if self.curve and len(self.curve) not in _CURVES:
            raise TariffError(f"{self.label}: a curve has 24, 48 or 96 prices, not {len(self.curve)}")

    @property
    def label(self) -> str:
        return f"price table {self.series!r} of {self.valid_from}"

    @property
    def currency(self) -> str:
        return _UNITS[self.unit][0]

    def per_kwh(self, band: str) -> Decimal:
        return self.prices[band] * _UNITS[self.unit][1]

    def row(self, codes: Sequence[str]) -> NDArray[np.float64]:
        """Prices of the bands and of no band, float64[b + 1] [currency/kWh]; NaN where it has none."""
        known = [float(self.per_kwh(code)) if code in self.prices else np.nan for code in codes]
        return np.array([*known, np.nan])

    def quarters(self) -> NDArray[np.float64]:
        """The curve by quarter hour of the day, float64[96] [currency/kWh]."""
        prices = [float(price * _UNITS[self.unit][1]) for price in self.curve]
        return np.repeat(prices, QUARTERS // len(prices))


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices of instants, or why there are none."""

    price: NDArray[np.float64]
    """float64[n] [currency/kWh]; NaN: unpriced."""
    provisional: NDArray[np.bool_]
    """bool[n]: of a provisional table, of an earlier month's, or by a type of day that no source tells."""
    unpriced: str | None
    """Why some are NaN."""


def laid(
    tables: Sequence[PriceTable], codes: Sequence[str], bands: NDArray[np.uint8], first: date
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Price of every quarter hour, float64[d, 96], and which days' table is not their own, bool[d].

    `tables` are in order, `bands` uint8[d, 48] those of the days from `first` on.
    """
    days = len(bands)
    price, provisional = np.full((days, QUARTERS), np.nan), np.zeros(days, np.bool_)
    for number, table in enumerate(tables):
        following = tables[number + 1].valid_from if number + 1 < len(tables) else date.max
        lo, hi = _place(table.valid_from, first, days), _place(following, first, days)
        price[lo:hi] = table.quarters() if table.curve else _by_band(table, codes, bands[lo:hi])
        late = hi if table.valid_to is None else _place(table.valid_to + timedelta(days=1), first, days)
        provisional[lo if table.standing is Standing.PROVISIONAL else min(late, hi) : hi] = True
    return price, provisional


def _by_band(table: PriceTable, codes: Sequence[str], bands: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.repeat(table.row(codes)[np.minimum(bands, len(codes))], QUARTERS // HALVES, axis=1)


def _place(day: date, first: date, days: int) -> int:
    return min(max((day - first).days, 0), days)


def by_band(
    amount: NDArray[np.float64], band: NDArray[np.uint8], weight: NDArray[np.float64], bands: int
) -> NDArray[np.float64]:
    """Sums of amount x weight of each day by band, float64[m, d, b].

    `amount` float64[m, d, w] is known throughout; `band` uint8[d, w]; `weight` float64[d, w], say a price.
    """
    weights = (band[:, :, None] == np.arange(bands)) * weight[:, :, None]
    sums: NDArray[np.float64] = np.matmul(amount.transpose(1, 0, 2), weights).transpose(1, 0, 2)
    return sums
