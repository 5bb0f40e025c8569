"""Bought electricity by hourly factors, and how much of the load own generation met hour by hour."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.grid import HOUR_US, SLOT_US, local_month_edges
from accounting.hourly import HourlySeries, runs
from accounting.scope2 import matching, unmatched
from accounting.totals import by_month, total_by
from telemetry.model import Role
from telemetry.reports.crossings import EXPORT, IMPORT, generated, placed
from telemetry.reports.energy import Question
from telemetry.reports.posted_series import HourlyGap, gap
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_PER_HOUR = 4
_LOAD, _MADE, _RATE = range(3)
_MOST_GAPS = 100
Floats = NDArray[np.float64]


class Hourly(Struct, frozen=True):
    """Location-based by the factor of each hour, and the 24/7 score."""

    kg: Annotated[float | None, Meta(description="kgCO2; null: no hour has both an amount and a factor")]
    by_region: Annotated[dict[str, float], Meta(description="The same by grid")]
    unrated_kwh: Annotated[float, Meta(description="Electricity of hours without a factor: in no sum")]
    coverage: Annotated[float, Meta(description="Share of the quarter hours that are known")]
    editions: Annotated[list[str], Meta(description="Of the hourly series in use; empty: there is none")]
    gaps: Annotated[
        list[HourlyGap], Meta(description="Hours with electricity that no series has a factor for")
    ]
    score: Annotated[
        float | None,
        Meta(description="Sum of min(load, own generation) over the load, hour by hour; null: no generation"),
    ]
    score_coverage: float
    unmatched_kg: Annotated[
        float | None,
        Meta(description="kgCO2 of the load that own generation did not meet in its hour, by its factor"),
    ]
    carbon_score: Annotated[
        float | None, Meta(description="1 less that over the whole load by the factor of each hour")
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Month:
    """Quarter hours of one month."""

    slots: NDArray[np.int64]
    bought: Floats
    """float64[m, n] [kWh]."""
    regions: list[str]
    load: Floats
    """float64[n] [kWh]: bought less fed in, and what own generators made."""
    generated: Floats
    """float64[n] [kWh]."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one month comes to."""

    kg: dict[str, float]
    """By region."""
    unrated: float
    covered: Floats
    """float64[m]: share of the quarter hours that are known."""
    editions: set[str]
    lacking: dict[str, NDArray[np.int64]]
    """Region -> hours with electricity and no factor."""
    hours: Floats
    """float64[3, h]: load, own generation, rate."""


def hourly(tx: Transaction, registry: Registry, question: Question, series: Sequence[HourlySeries]) -> Hourly:
    """Month by month, so that a year of a park fits in memory; nothing without series and generators."""
    if not series and not _has_generators(registry):
        return Hourly(None, {}, 0.0, 0.0, [], [], None, 0.0, None, None)
    parts = [_part(month, series) for month in _months(tx, registry, question)]
    editions = sorted({name for part in parts for name in part.editions})
    return _answer(parts, editions, question.steps.zone)


def _answer(parts: Sequence[_Part], editions: list[str], zone: ZoneInfo) -> Hourly:
    regions = sorted({region for part in parts for region in part.kg})
    kg = {region: math.fsum(part.kg.get(region, 0.0) for part in parts) for region in regions}
    hours = np.concatenate([part.hours for part in parts], axis=1)
    score, covered = _score(hours)
    unmatched, carbon_score = _unmatched(hours) if editions else (None, None)
    return Hourly(
        math.fsum(kg.values()) if editions else None,
        kg if editions else {},
        math.fsum(part.unrated for part in parts),
        float(np.concatenate([part.covered for part in parts]).mean()) if regions else 0.0,
        editions,
        _gaps(parts, zone) if editions else [],
        score,
        covered,
        unmatched,
        None if score is None else carbon_score,
    )


def _part(month: _Month, series: Sequence[HourlySeries]) -> _Part:
    rates, named = _rates(month, series)
    found = by_month(month.bought, rates, np.arange(len(month.bought)), np.array([0, len(month.slots)]))
    regions = sorted(set(month.regions))
    which = np.array([regions.index(region) for region in month.regions], np.int64)
    kg = total_by(found.kg, which, len(regions))[0, :, 0]
    lacking = np.isnan(rates[0]) & (month.bought > 0)
    return _Part(
        dict(zip(regions, kg.tolist(), strict=True)),
        float(found.unrated.sum()),
        found.coverage.ravel(),
        named,
        {
            region: np.unique(month.slots[lacking[which == number].any(axis=0)] // HOUR_US)
            for number, region in enumerate(regions)
        },
        _by_hour(month, rates[0]),
    )


def _by_hour(month: _Month, rates: Floats) -> Floats:
    """Load [kWh], own generation [kWh] and the grid's rate [kg/kWh] of each hour, float64[3, h].

    The rate is the mean of what was bought, where nothing was that of all meters' grids.
    """
    known = ~np.isnan(rates)
    weight = np.where(known, np.nan_to_num(month.bought), 0.0)
    weight = np.where(weight.any(axis=0), weight, known)
    total = weight.sum(axis=0)
    mean = np.divide(
        (weight * np.nan_to_num(rates)).sum(axis=0), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    flows = np.stack([month.load, month.generated]).reshape(2, -1, _PER_HOUR).sum(axis=2)
    return np.vstack([flows, mean.reshape(-1, _PER_HOUR).mean(axis=1)])


def _has_generators(registry: Registry) -> bool:
    return any(term.role == Role.GENERATION for meter in registry.meters for term in meter.terms)


def _months(tx: Transaction, registry: Registry, question: Question) -> Iterator[_Month]:
    steps = question.steps
    edges = local_month_edges(steps.zone, *steps.days)
    inside = np.clip(edges, steps.edges[0], steps.edges[-1])
    for lo, hi in zip(inside[:-1].tolist(), inside[1:].tolist(), strict=True):
        quarters = Steps(Step.QUARTER, steps.zone, np.arange(lo, hi + 1, SLOT_US))
        yield _month(tx, registry, replace(question, steps=quarters, quantities=(IMPORT, EXPORT)))


def _month(tx: Transaction, registry: Registry, question: Question) -> _Month:
    cells, inside = placed(tx, registry, question)
    rows = {
        name: [row for row, each in enumerate(cells.quantity) if each == name] for name in (IMPORT, EXPORT)
    }
    start = question.steps.times()[0]
    regions = [registry.by_id[int(cells.meter_id[row])].at(start).region for row in rows[IMPORT]]
    made = generated(tx, registry, question)
    bought = inside[rows[IMPORT]]
    bought = np.where(bought < 0, np.nan, bought)
    load = bought.sum(axis=0) - inside[rows[EXPORT]].sum(axis=0) + made
    return _Month(question.steps.grid.slots, bought, regions, load, made)


def _rates(month: _Month, series: Sequence[HourlySeries]) -> tuple[Floats, set[str]]:
    """Rates float64[1, m, n] [kg/kWh] of the meters' regions, and the editions that they are of."""
    rates, named = np.full((1, *month.bought.shape), np.nan), set()
    for row, region in enumerate(month.regions):
        for one in (each for each in series if each.region == region):
            found = one.at(month.slots)
            rates[0, row] = np.where(np.isnan(found), rates[0, row], found)
            if not np.isnan(found).all():
                named.add(one.edition)
    return rates, named


def _gaps(parts: Sequence[_Part], zone: ZoneInfo) -> list[HourlyGap]:
    """Hours that lack a factor, by region, months together."""
    found: defaultdict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for part in parts:
        for region, hours in part.lacking.items():
            found[region].append(hours)
    spans = ((name, span) for name in sorted(found) for span in runs(np.concatenate(found[name])).tolist())
    return [gap(region, lo, hi, zone) for region, (lo, hi) in islice(spans, _MOST_GAPS)]


def _score(hours: Floats) -> tuple[float | None, float]:
    """The 24/7 score, and the share of hours that count."""
    if not np.nansum(hours[_MADE]):
        return None, 0.0
    score, coverage = matching(*_flows(hours))
    return _told(score), float(coverage[0])


def _unmatched(hours: Floats) -> tuple[float | None, float | None]:
    kg, score = unmatched(*_flows(hours), hours[_RATE])
    return _told(kg), _told(score)


def _flows(hours: Floats) -> tuple[Floats, Floats]:
    """Load and own generation, float64[1, h] each; neither is less than nothing."""
    return np.maximum(hours[[_LOAD]], 0.0), np.maximum(hours[[_MADE]], 0.0)


def _told(of_one: Floats) -> float | None:
    return None if np.isnan(of_one[0]) else float(of_one[0])
