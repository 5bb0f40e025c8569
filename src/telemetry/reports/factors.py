"""Which factor each day gets, remembered; and which factors a figure stands on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.emissions import choose_for, choose_of, rate
from accounting.factors import Choice, Factor, Rule, lineage
from accounting.sources import GREEN, RESIDUAL, SOURCES, Source

_MOST = 50_000


class FactorUse(Struct, frozen=True, rename={"since": "from"}):
    """A factor, where it comes from, and for which days it was taken."""

    id: Annotated[str, Meta(examples=["cn.grid.cn-gd.avg.2023"])]
    value: Annotated[float, Meta(examples=[0.4419])]
    unit: Annotated[str, Meta(examples=["kgCO2/kWh"])]
    edition: str
    published: date | None
    region: Annotated[str, Meta(examples=["CN-GD"])]
    source: str
    why: Annotated[str, Meta(examples=["data year 2023 is the day's own"])]
    rule: Annotated[Rule, Meta(description="What `why` says, for a page to word")]
    year: Annotated[int | None, Meta(description="Data year; null: of no year", examples=[2023])]
    asked: Annotated[
        str,
        Meta(description="Region of the meter; another than `region` when that has none", examples=["CN-GD"]),
    ]
    since: date
    to: Annotated[date, Meta(description="Last day")]


class Shortfall(Struct, frozen=True, rename={"since": "from"}):
    """Days that have an amount and no factor: what is missing."""

    reason: str
    since: date
    to: Annotated[date, Meta(description="Last day")]


@dataclass(frozen=True, slots=True)
class Used:
    """The choice that stood behind a figure on a day."""

    day: date
    choice: Choice


@dataclass(frozen=True, slots=True)
class Factors:
    """Which factor answers, for this day, as known on that day."""

    library: tuple[Factor, ...]
    regions: Mapping[str, str]
    """Factor region -> the one that answers where it has none."""
    _found: dict[tuple[str, str, date, date], Choice | None] = field(default_factory=dict, repr=False)

    def choice(self, region: str, quantity: str, day: date, known: date) -> Choice | None:
        """None when the quantity emits nothing."""
        key = (region, quantity, day, known)
        if key not in self._found:
            if len(self._found) >= _MOST:
                self._found.clear()
            regions = lineage(self.regions, region)
            self._found[key] = choose_for(self.library, quantity, day=day, known=known, regions=regions)
        return self._found[key]

    def residual(self, region: str, day: date, known: date) -> Choice:
        """What electricity is rated by that no certificate claims."""
        return self._of(RESIDUAL, region, day, known)

    def green(self, region: str, day: date, known: date) -> Choice:
        """What a regional market takes off for green power."""
        return self._of(GREEN, region, day, known)

    def _of(self, source: Source, region: str, day: date, known: date) -> Choice:
        key = (region, source.purpose, day, known)
        found = self._found.get(key)
        if found is None:
            regions = lineage(self.regions, region)
            found = choose_of(self.library, source, day=day, known=known, regions=regions)
            self._found[key] = found
        return found

    def rates(self, regions: Sequence[str], quantities: Sequence[str], day: date) -> NDArray[np.float64]:
        """Rates of each region on a day that runs, float64[m, k] [kg per unit of the quantity]; NaN: none."""
        place = {region: at for at, region in enumerate(dict.fromkeys(regions))}
        known = [
            [kg_per_unit(name, self.choice(region, name, day, day)) for name in quantities]
            for region in place
        ]
        table = np.array(known, np.float64).reshape(len(place), len(quantities))
        return table[np.array([place[region] for region in regions], np.int64)]


def kg_per_unit(quantity: str, choice: Choice | None) -> float:
    """Mass of gas per unit of the quantity; NaN without a factor."""
    if choice is None or choice.factor is None:
        return float("nan")
    return rate(SOURCES[quantity], choice.factor)


def uses(used: Iterable[Used]) -> list[FactorUse]:
    """Factors with the days that took them, runs of days together."""
    runs = _runs((u.day, (u.choice.factor.id, u.choice.why), u.choice) for u in used if u.choice.factor)
    return [_use(choice.factor, choice, lo, hi) for choice, lo, hi in runs if choice.factor]


def shortfalls(used: Iterable[Used]) -> list[Shortfall]:
    """Days that lack the same, each named by the reason of its first day."""
    lacking = ((u.day, u.choice) for u in used if u.choice.factor is None)
    runs = _runs((day, (choice.why.replace(day.isoformat(), ""), ""), choice) for day, choice in lacking)
    return [Shortfall(choice.why, lo, hi) for choice, lo, hi in runs]


def _runs(
    days: Iterable[tuple[date, tuple[str, str], Choice]],
) -> list[tuple[Choice, date, date]]:
    """First and last day of each, by its name, in order of the first."""
    found: dict[tuple[str, str], tuple[Choice, date, date]] = {}
    for day, name, choice in days:
        first, lo, hi = found.get(name, (choice, day, day))
        found[name] = (choice if day < lo else first, min(lo, day), max(hi, day))
    return sorted(found.values(), key=lambda run: run[1])


def _use(factor: Factor, choice: Choice, lo: date, hi: date) -> FactorUse:
    return FactorUse(
        factor.id,
        factor.value,
        factor.unit,
        factor.edition,
        factor.published,
        factor.region,
        factor.source,
        choice.why,
        choice.rule,
        factor.year,
        choice.asked,
        lo,
        hi,
    )
