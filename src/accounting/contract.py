"""What a supply contract charges beside energy by band, from a day on, and how a park shares it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from accounting.calendar import STRICT
from accounting.charges import DemandBasis
from accounting.demand import WINDOW_S
from accounting.errors import ContractError
from accounting.prices import Label

_LAST_READING_DAY = 28
_SLOT_S = 900
_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTerms:
    """What the month's capacity is charged by."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    basis: DemandBasis
    price: Decimal
    """Per kVA or kW and month."""
    source: str
    contract_kw: Decimal | None = None
    capacity_kva: Decimal | None = None
    """Of the transformers."""
    first_5_percent_single: bool = False
    """Whether demand between 100 and 105 % of the contract is charged once where more than that is used."""
    window_s: int = WINDOW_S
    sliding_s: int | None = None
    """A sliding window begins so often; None: one block follows another."""

    def __post_init__(self) -> None:
        wanted = {DemandBasis.CONTRACT: "contract_kw", DemandBasis.CAPACITY: "capacity_kva"}.get(self.basis)
        if wanted and getattr(self, wanted) is None:
            raise ContractError(f"charged by {self.basis}, and {wanted} is missing")
        for name in ("price", "contract_kw", "capacity_kva"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ContractError(f"{name} {value} is not above 0")
        if self.sliding_s is not None and (self.sliding_s < _MINUTE_S or _SLOT_S % self.sliding_s):
            raise ContractError(f"sliding_s {self.sliding_s} is no part of 900 s, or below {_MINUTE_S}")
        if self.window_s <= 0 or self.window_s % self.step_s:
            raise ContractError(f"window_s {self.window_s} is not made of whole {self.step_s} s")

    @property
    def step_s(self) -> int:
        """Intervals that windows are made of [s]."""
        return self.sliding_s or _SLOT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFactorTerms:
    """By which standard charges are adjusted."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    standard: Decimal
    table: str = "cn-83-215"
    with_funds: bool = False
    """Whether funds and surcharges are adjusted too: texts differ."""
    highest_percent: Decimal | None = None
    """For the cells above the highest printed one, where sources differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """A fund or surcharge on every bought kWh."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    price: Decimal
    """Per kWh."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedIn:
    """What is paid for a kWh fed out at the billing point."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    price: Decimal
    source: str


class SharedBy(StrEnum):
    """What the part of a bill is shared by that nobody used alone."""

    KWH = "kwh"
    """Bought in the month by each."""
    AREA = "area"
    """Floor [m2]."""
    SHARE = "share"
    """Agreed parts, of any sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    by: SharedBy = SharedBy.KWH
    """Common use and losses."""
    charges_by: SharedBy | None = None
    """Charges for demand and the power factor; None: the same."""
    area: dict[str, Decimal] = field(default_factory=dict)
    """Area -> floor [m2]."""
    share: dict[str, Decimal] = field(default_factory=dict)
    """Area -> part."""

    def __post_init__(self) -> None:
        for by in {self.by, self.charges_by} - {None, SharedBy.KWH}:
            if sum(self.table(by), Decimal(0)) <= 0:
                raise ContractError(f"shared by {by}, and {by} names no part above 0")
        for code, part in (*self.area.items(), *self.share.items()):
            if part < 0:
                raise ContractError(f"the part {part} of {code} is below 0")

    def table(self, by: SharedBy | None) -> tuple[Decimal, ...]:
        return tuple((self.area if by is SharedBy.AREA else self.share).values())

    def weights(self, by: SharedBy | None, kwh: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Weight of each of those that bought `kwh`."""
        if (by or self.by) is SharedBy.KWH:
            return dict(kwh)
        named = self.area if (by or self.by) is SharedBy.AREA else self.share
        return {code: named.get(code, Decimal(0)) for code in kwh}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What holds from `since` on, until the next begins. Raises ContractError, a ValueError."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    since: date
    reading_day: int = 1
    """1: calendar months; else a month runs from this day of the month before to the day before it."""
    demand: DemandTerms | None = None
    power_factor: PowerFactorTerms | None = None
    funds: tuple[Fund, ...] = ()
    feed_in: FeedIn | None = None
    tenants: tuple[str, ...] = ()
    """Areas inside enterprises, or common ones, that get a bill of their own."""
    sharing: Sharing = field(default_factory=Sharing)

    def __post_init__(self) -> None:
        if not 1 <= self.reading_day <= _LAST_READING_DAY:
            raise ContractError(f"reading_day {self.reading_day} is not within 1 to {_LAST_READING_DAY}")

    def month(self, year: int, month: int) -> tuple[date, date]:
        """First and last day of a billing month."""
        if self.reading_day == 1:
            return date(year, month, 1), _after(year, month) - timedelta(days=1)
        before = date(year, month, 1) - timedelta(days=1)
        return before.replace(day=self.reading_day), date(year, month, self.reading_day - 1)


def _after(year: int, month: int) -> date:
    """First day of the month after."""
    return date(year + month // 12, month % 12 + 1, 1)
