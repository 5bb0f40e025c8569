"""Emission factors as dated, sourced data, and which of them a day gets."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from typing import Any, ClassVar

from accounting.calendar import STRICT
from accounting.errors import FactorError

_NUMERATOR = re.compile(r"(g|kg|t|lb)(CO2e|CO2|CH4|N2O|HFC|PFC|SF6|NF3)")
_KG = {"g": 1e-3, "kg": 1.0, "t": 1e3, "lb": 0.45359237}
_CO2E = "CO2e"
_STATUS = frozenset({"VERIFIED", "DERIVED", "UNVERIFIED"})
_ENERGY = ("kWh", "MWh", "GJ", "kWh(net)", "kWh(gross)", "TJ(net)", "mmBtu(HHV)")
_VOLUME = ("L", "gal(US)", "m3", "m3_0c", "m3_15c", "m3_20c", "1e4Nm3")
_UNITS = frozenset({*_ENERGY, *_VOLUME, "kg", "t", "t.km"})
_POWER = frozenset({"kWh", "MWh"})
_PURPOSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "scope2_location": _POWER,
        "scope2_market_residual": _POWER,
        "scope2_market_instrument": _POWER,
        "ets_green_deduction": _POWER,
        "scope2_heat": frozenset({"GJ", "kWh"}),
    }
    | dict.fromkeys(("combustion", "combustion_gbt2589", "process", "fugitive", "scope3"), _UNITS)
    | dict.fromkeys(("ets", "product_footprint", "outside_scopes", "information_only"), _UNITS)
)
"""Purpose -> what its factors can be per."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One published number. Raises ValueError that names the field and the value."""

    id: str
    value: float
    unit_numerator: str
    """Mass and gas: kgCO2, tCO2, kgCO2e, kgCH4."""
    unit_denominator: str
    """What the value is per: kWh, GJ, t, m3, 1e4Nm3."""
    gas: str
    scope: int | None
    """1, 2 or 3; None for numbers that belong to no scope."""
    region: str
    year: int | None
    """The data year it describes; None for a default that is of no year."""
    valid_from: date | None
    valid_to: date | None
    """Last day of validity, in local dates; later days may still fall back to it where it is of a year."""
    purpose: str
    """scope2_location, scope2_market_residual, combustion, ets ...: purposes are never mixed."""
    edition: str
    published: date | None
    source: str
    name_en: str
    name_zh: str
    verified: str
    item: str = ""
    """What it is a factor of, within its purpose: electricity, heat, natural_gas, diesel."""
    withdrawn: date | None = None
    """Day from which a later edition of the same number stands instead."""
    note: str = ""
    gwp_set: str = ""
    """Report whose potentials the value was stated with, when it gives one gas as CO2e: ar5."""
    gwp: float = 1.0
    """That potential [kgCO2e/kg]."""

    def __post_init__(self) -> None:
        for field in ("id", "region", "purpose", "edition", "source", "unit_denominator"):
            if not getattr(self, field).strip():
                raise ValueError(f"factor {self.id!r}: {field} is empty")
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"factor {self.id!r}: value {self.value} is not a number from 0 up")
        if not _NUMERATOR.fullmatch(self.unit_numerator):
            raise ValueError(
                f"factor {self.id!r}: unit_numerator {self.unit_numerator!r} is not a mass of a gas"
            )
        if self.unit_gas != (_CO2E if self.gwp_set else self.gas):
            raise ValueError(f"factor {self.id!r}: gas {self.gas!r} is not that of {self.unit_numerator!r}")
        if self.gwp_set and self.gas == _CO2E:
            raise ValueError(f"factor {self.id!r}: gwp_set {self.gwp_set!r} belongs to one gas, not to CO2e")
        if not (math.isfinite(self.gwp) and self.gwp > 0):
            raise ValueError(f"factor {self.id!r}: gwp {self.gwp} is not above 0")
        if self.verified not in _STATUS:
            raise ValueError(f"factor {self.id!r}: verified {self.verified!r} is none of {sorted(_STATUS)}")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"factor {self.id!r}: valid_to {self.valid_to} is before {self.valid_from}")

    @property
    def unit_gas(self) -> str:
        return self._numerator[1]

    @property
    def unit(self) -> str:
        return f"{self.unit_numerator}/{self.unit_denominator}"

    @property
    def question(self) -> tuple[str, str, str, str, str]:
        """What it answers, apart from when: purpose, item, gas, region, denominator."""
        return self.purpose, self.item, self.gas, self.region, self.unit_denominator

    @property
    def kg(self) -> float:
        """Value in kg of the gas itself per unit_denominator; a mass of CO2e is divided by its potential."""
        return self.value * _KG[self._numerator[0]] / self.gwp

    @property
    def _numerator(self) -> tuple[str, str]:
        mass, gas = _NUMERATOR.fullmatch(self.unit_numerator).groups()  # type: ignore[union-attr]  # checked
        return mass, gas

    @property
    def known_from(self) -> date:
        """Day from which it could be used; without a publication date, the end of its year, if it has one."""
        began = self.valid_from if self.year is None else self.valid_to
        return self.published or began or date.min

    def known(self, day: date) -> bool:
        return self.known_from <= day < (self.withdrawn or date.max)

    def holds(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def answers(self, day: date) -> bool:
        """A data year answers for later days too, a default of no year for none beyond its validity."""
        return (self.valid_from or date.min) <= day and (self.year is not None or self.holds(day))


class Rule(StrEnum):
    """Why a day got its factor."""

    OWN_YEAR = "own_year"
    """The edition of the day's own year."""
    NEWEST_YEAR = "newest_year"
    """The day's own year was not yet published: the newest data year before it."""
    NO_YEAR = "no_year"
    """A default that belongs to no year."""
    STANDING = "standing"
    """What the day was settled with; today's choice would be another."""
    NONE = "no_factor"
    """Nothing answers: a shortfall."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The factor of a day, or why there is none."""

    factor: Factor | None
    rule: Rule
    why: str
    """One sentence for the trail."""
    asked: str = ""
    """The region that was asked first; the factor's own may be one that answers for it."""

    @property
    def shortfall(self) -> str | None:
        return None if self.factor else self.why


def choose(
    factors: Iterable[Factor],
    *,
    day: date,
    known: date,
    regions: Sequence[str],
    purpose: str,
    item: str | None = None,
    gas: str | None = None,
    per: str | None = None,
) -> Choice:
    """The factor of `day` as it could be known on `known`.

    `regions` run from the province over the grid region to the country; the first that has any factor
    for the day answers. Within it: the edition of the day's own year, else the newest data year before
    it, else a default of no year that holds on the day. `item`, `gas` and `per` (unit_denominator) narrow the
    question; a total in CO2e answers before the gases that it was published with. Raises FactorError when two
    answer.
    """
    known_then = [
        f
        for f in factors
        if f.purpose == purpose
        and (item is None or f.item == item)
        and (gas is None or f.gas == gas)
        and (per is None or f.unit_denominator == per)
        and f.region in regions
        and f.verified != "UNVERIFIED"
        and f.known(known)
    ]
    wanted = [f for f in known_then if f.answers(day)]
    for region in regions:
        local = [f for f in wanted if f.region == region]
        if local:
            return _newest(local, day, known, regions[0])
    question = " ".join(word for word in (purpose, item, gas, per and f"per {per}") if word)
    why = f"no {question} factor for {day} in {' > '.join(regions)} was known on {known}"
    return Choice(None, Rule.NONE, why + _ended(known_then, day))


def _ended(factors: Iterable[Factor], day: date) -> str:
    """Defaults that no longer hold, for the trail."""
    over = sorted(f"{f.id} ended on {f.valid_to}" for f in factors if f.valid_to and f.valid_to < day)
    return f" ({', '.join(over)})" if over else ""


def _newest(local: list[Factor], day: date, known: date, asked: str) -> Choice:
    since = max(f.valid_from or date.min for f in local)
    newest = [f for f in local if (f.valid_from or date.min) == since]
    newest = [f for f in newest if not f.gwp_set] or newest
    if len(newest) > 1:
        raise FactorError(f"{len(newest)} factors answer for {day}: {', '.join(f.id for f in newest)}")
    factor = newest[0]
    place = "" if factor.region == asked else f", {factor.region} because {asked} has none"
    if factor.year is None:
        return Choice(factor, Rule.NO_YEAR, f"default of {factor.edition}, of no year{place}", asked)
    if factor.holds(day):
        return Choice(factor, Rule.OWN_YEAR, f"data year {factor.year} is the day's own{place}", asked)
    why = f"newest data year known on {known}: {factor.year}{place}"
    return Choice(factor, Rule.NEWEST_YEAR, why, asked)


def lineage(parents: Mapping[str, str], region: str) -> tuple[str, ...]:
    """`region` and those that answer for it, nearest first. Raises FactorError when they run in a circle."""
    line = [region]
    while (parent := parents.get(line[-1], "")) != "":
        if parent in line:
            raise FactorError(f"region {region!r}: its parents run in a circle at {parent!r}")
        line.append(parent)
    return tuple(line)


def unasked(factor: Factor) -> str | None:
    """Why nothing would ever ask for it: a purpose that there is none of, or a unit that nothing comes to."""
    known = _PURPOSES.get(factor.purpose)
    if known is None:
        return f"purpose {factor.purpose!r} is none of {', '.join(sorted(_PURPOSES))}"
    if factor.unit_denominator not in known:
        of = f"none that a factor for {factor.purpose} can be per: {', '.join(sorted(known))}"
        return f"unit_denominator {factor.unit_denominator!r} is {of}"
    return None


def check(factors: Iterable[Factor]) -> None:
    """Raise FactorError when an id stands twice or two factors answer one question."""
    seen: set[str] = set()
    questions: defaultdict[tuple[str, ...], list[Factor]] = defaultdict(list)
    for factor in factors:
        if factor.id in seen:
            raise FactorError(f"factor {factor.id!r} stands twice")
        seen.add(factor.id)
        questions[factor.question].append(factor)
    for question, same in questions.items():
        for one, other in combinations(same, 2):
            if _overlap(one, other):
                asked = " ".join(filter(None, question))
                raise FactorError(f"{one.id!r} and {other.id!r} both answer {asked!r}")


def _overlap(one: Factor, other: Factor) -> bool:
    """Both hold on some day and are known on some day."""
    held = max(one.valid_from or date.min, other.valid_from or date.min) <= min(
        one.valid_to or date.max, other.valid_to or date.max
    )
    return held and max(one.known_from, other.known_from) < min(
        one.withdrawn or date.max, other.withdrawn or date.max
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSet:
    """What one publication says about all its numbers. Raises ValueError that names the field."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    publisher: str
    title: str
    edition: str
    published: date | None = None
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        for field in ("code", "publisher", "title", "edition", "source"):
            if not getattr(self, field).strip():
                raise ValueError(f"factor set {self.code!r}: {field} is empty")


def parse(header: FactorSet, rows: Iterable[Mapping[str, str]]) -> tuple[Factor, ...]:
    """Factors from the rows of a set's table; edition, source and publication date default to the set's.

    Raises FactorError that names the set, the line, the column and the value.
    """
    shared = {"edition": header.edition, "source": header.source}
    if header.published:
        shared["published"] = header.published.isoformat()
    return tuple(
        _row(header.code, n, shared | {k: v for k, v in row.items() if v}) for n, row in enumerate(rows, 2)
    )


def _row(code: str, line: int, row: Mapping[str, str]) -> Factor:
    try:
        first, last = _validity(row)
        return Factor(
            value=_number(row, "value"),
            gwp=_number(row, "gwp") if row.keys() & {"gwp", "gwp_set"} else 1.0,
            scope=_whole(row, "scope"),
            year=_whole(row, "year"),
            valid_from=first,
            valid_to=last,
            published=_day(row, "published"),
            withdrawn=_day(row, "withdrawn"),
            **{name: row.get(name, "").strip() for name in _TEXT},
        )
    except ValueError as error:
        raise FactorError(f"{code}, line {line}: {error}") from error


def _validity(row: Mapping[str, str]) -> tuple[date | None, date | None]:
    """First and last day; those of its data year where the row says no first day."""
    year, first, last = _whole(row, "year"), _day(row, "valid_from"), _day(row, "valid_to")
    if year is None or first:
        return first, last
    return date(year, 1, 1), last or date(year, 12, 31)


_TEXT = (
    "id",
    "unit_numerator",
    "unit_denominator",
    "gas",
    "region",
    "purpose",
    "edition",
    "source",
    "name_en",
    "name_zh",
    "verified",
    "item",
    "note",
    "gwp_set",
)


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row[column])
    except (KeyError, ValueError) as error:
        raise ValueError(f"{column} {row.get(column)!r} is not a number") from error


def _whole(row: Mapping[str, str], column: str) -> int | None:
    text = row.get(column, "").strip()
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(f"{column} {text!r} is not a whole number")
    return int(text)


def _day(row: Mapping[str, str], column: str) -> date | None:
    text = row.get(column, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{column} {text!r} is not a date such as 2025-12-31") from error
