"""Market-based electricity by local day: masses, what served the kWh, and the sums of both over intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accounting.scope2 import Tier
from telemetry.reports.emission_answer import EmissionSeries, Origin, ServedSeries
from telemetry.reports.energy import Values
from telemetry.reports.factors import FactorUse, Shortfall, shortfalls, uses
from telemetry.reports.market import UNBACKED, Bought
from telemetry.reports.names import Name
from telemetry.reports.steps import Steps

_Floats = NDArray[np.float64]
_POWER = "energy_import"
_CARRIER = "electricity"
_SCOPE = "2"


class By(NamedTuple):
    """What served: a record, or the grid by one of its factors."""

    tier: str
    document: str | None
    record: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ServedDays:
    """Of one group over d days."""

    kg: Mapping[str, _Floats]
    """Gas -> float64[d]."""
    known: NDArray[np.bool_]
    """bool[d]: days on which something came in and has a figure."""
    kwh: Mapping[By, _Floats]
    """float64[d] each."""
    factors: Sequence[FactorUse]
    """Of what no instrument served."""
    lacks: Sequence[Shortfall]

    def __bool__(self) -> bool:
        return bool(self.kwh)

    def series(
        self, key: str, name: Name, steps: Steps, like: Sequence[EmissionSeries]
    ) -> list[EmissionSeries]:
        """A series for each gas; coverage is that of `like`, the same electricity location-based."""
        coverage = like[0].coverage if like else [float(each is not None) for each in self._told(steps)]
        estimated = like[0].estimated if like else [False] * len(steps)
        return [
            EmissionSeries(
                key=key,
                name=name,
                quantity=_POWER,
                carrier=_CARRIER,
                scope=_SCOPE,
                gas=gas,
                unit="kg",
                values=sums(self.kg.get(gas, np.zeros_like(self.known, np.float64)), self.known, steps),
                coverage=coverage,
                estimated=estimated,
                factors=list(self.factors),
                shortfalls=list(self.lacks),
                origin=Origin.METERS if not like else like[0].origin,
                served=self._served(steps),
            )
            for gas in sorted(self.kg) or ["CO2"]
        ]

    def _told(self, steps: Steps) -> Values:
        return sums(self.known.astype(np.float64), self.known, steps)

    def _served(self, steps: Steps) -> list[ServedSeries]:
        every = np.ones_like(self.known)
        return [ServedSeries(*by, sums(kwh, every, steps)) for by, kwh in self.kwh.items() if kwh.any()]


def sums(values: _Floats, known: NDArray[np.bool_], steps: Steps) -> Values:
    firsts = np.searchsorted(steps.day_edges[:-1], steps.edges[:-1])
    total = np.add.reduceat(np.where(known, values, 0.0), firsts)
    some = np.add.reduceat(known.astype(np.int64), firsts) > 0
    return [float(kg) if told else None for kg, told in zip(total, some, strict=True)]


def of(bought: Bought) -> ServedDays:
    """Days on which nothing came in are not known, save where meters say 0."""
    rest = bought.rest
    came = np.array([source != UNBACKED for source in rest.source])[:, None] | (rest.kwh > 0)
    known: NDArray[np.bool_] = np.logical_or.reduce(came & ~np.isnan(rest.kg), axis=0)
    grid = {
        By(tier.name.lower(), None, None): np.where(rest.tier == tier, rest.open, 0.0).sum(axis=0)
        for tier in (Tier.RESIDUAL, Tier.AVERAGE, Tier.NONE)
    }
    held = {each.record.id: each for each, _ in bought.held}
    given = {
        By(held[number].tier.name.lower(), held[number].record.document, number): kwh
        for number, kwh in bought.given.items()
    }
    every = {by: kwh for by, kwh in {**given, **grid}.items() if kwh.any() or known.any()}
    return ServedDays(bought.daily, known, every, uses(bought.used), shortfalls(bought.used))


def joined(parts: Iterable[ServedDays], days: int) -> ServedDays:
    """Of several areas, or of several periods, over the same days."""
    kg: dict[str, _Floats] = {}
    kwh: dict[By, _Floats] = {}
    known = np.zeros(days, bool)
    factors, lacks = list[FactorUse](), list[Shortfall]()
    for part in parts:
        np.logical_or(known, part.known, out=known)
        factors.extend(part.factors)
        lacks.extend(part.lacks)
        for gas, more in part.kg.items():
            kg[gas] = kg.get(gas, np.zeros(days)) + more
        for by, more in part.kwh.items():
            kwh[by] = kwh.get(by, np.zeros(days)) + more
    return ServedDays(kg, known, kwh, list(dict.fromkeys(factors)), list(dict.fromkeys(lacks)))
