"""Schemes that rate parks and factories: indicators as quotients of named inputs, and their thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from accounting.calendar import STRICT
from accounting.errors import SchemeError
from accounting.prices import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A number that indicators are made of: reckoned by ParkWatt, or posted as production under its code."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What is to be reached, by which year, by parks that use so much energy."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    value: float
    year: int | None = None
    tce_from: float = 0.0
    tce_to: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    unit: str
    better: Literal["lower", "higher"]
    of: tuple[str, ...]
    """Inputs whose sum is the numerator."""
    per: tuple[str, ...] = ()
    """Inputs whose sum is the denominator; none: the numerator is the indicator."""
    scale: float = 1.0
    core: bool = False
    """Not reaching it fails the whole scheme."""
    thresholds: tuple[Threshold, ...] = ()
    note: str = ""

    def threshold(self, year: int, tce: float | None) -> Threshold | None:
        """The next target not before `year`, else the last, of the energy [tce] that is used."""
        fitting = [each for each in self.thresholds if _fits(each, tce)]
        ahead = [each for each in fitting if each.year is None or each.year >= year]
        return next(iter(ahead or fitting[-1:]), None)


def _fits(threshold: Threshold, tce: float | None) -> bool:
    if tce is None:
        return threshold.tce_from == 0 and threshold.tce_to is None
    return threshold.tce_from <= tce and (threshold.tce_to is None or tce < threshold.tce_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Raises SchemeError, a ValueError, for an indicator whose inputs the scheme does not name."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT
    code: str
    name: Label
    document: str
    source: str
    verified: str
    """Which part of it was seen in a source."""
    rule: str = ""
    inputs: tuple[Input, ...]
    indicators: tuple[Indicator, ...]
    qualitative: tuple[Label, ...] = ()
    """What a person judges: no number says it."""

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise SchemeError(f"scheme {self.code!r}: source is empty")
        known = {each.code for each in self.inputs}
        for indicator in self.indicators:
            for name in (*indicator.of, *indicator.per):
                if name not in known:
                    raise SchemeError(
                        f"indicator {indicator.code!r}: {name!r} is none of the scheme's inputs"
                    )


@dataclass(frozen=True, slots=True)
class Judged:
    """An indicator's value, and how it stands to what is to be reached."""

    indicator: Indicator
    value: float | None
    missing: tuple[str, ...]
    """Inputs that nobody knows."""
    threshold: Threshold | None
    met: bool | None
    """None: there is no value, or nothing to be reached."""


def judge(scheme: Scheme, known: Mapping[str, float], year: int) -> list[Judged]:
    """Every indicator from the inputs that are known; what is missing is named and never taken as 0."""
    return [_judged(each, known, year) for each in scheme.indicators]


def _judged(indicator: Indicator, known: Mapping[str, float], year: int) -> Judged:
    missing = tuple(name for name in (*indicator.of, *indicator.per) if name not in known)
    threshold = indicator.threshold(year, known.get("tce"))
    value = None if missing else _value(indicator, known)
    if value is None or threshold is None:
        return Judged(indicator, value, missing, threshold, None)
    met = value <= threshold.value if indicator.better == "lower" else value >= threshold.value
    return Judged(indicator, value, missing, threshold, met)


def _value(indicator: Indicator, known: Mapping[str, float]) -> float | None:
    """None where the denominator is 0."""
    above = _sum(indicator.of, known)
    if not indicator.per:
        return above * indicator.scale
    below = _sum(indicator.per, known)
    return above / below * indicator.scale if below else None


def _sum(names: Sequence[str], known: Mapping[str, float]) -> float:
    return sum(known[name] for name in names)
