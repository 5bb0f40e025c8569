"""Bought electricity by hourly factors, and how much of the load own generation met hour by hour."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.grid import SLOT_US, local_month_edges
from accounting.hourly import HourlySeries
from accounting.scope2 import matching
from accounting.totals import by_month
from telemetry.model import Role
from telemetry.reports.crossings import EXPORT, IMPORT, generated, placed
from telemetry.reports.energy import Question
from telemetry.reports.steps import Step, Steps
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_PER_HOUR = 4
Floats = NDArray[np.float64]


class Hourly(Struct, frozen=True):
    """Location-based by the factor of each hour, and the 24/7 score."""

    kg: Annotated[float | None, Meta(description="kgCO2; null: no hour has both an amount and a factor")]
    unrated_kwh: Annotated[float, Meta(description="Electricity of hours without a factor: in no sum")]
    coverage: Annotated[float, Meta(description="Share of the quarter hours that are known")]
    editions: Annotated[list[str], Meta(description="Of the hourly series in use; empty: there is none")]
    score: Annotated[
        float | None,
        Meta(description="Sum of min(load, own generation) over the load, hour by hour; null: no generation"),
    ]
    score_coverage: float


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


def hourly(tx: Transaction, registry: Registry, question: Question, series: Sequence[HourlySeries]) -> Hourly:
    """Month by month, so that a year of a park fits in memory; nothing without series and generators."""
    if not series and not _has_generators(registry):
        return Hourly(None, 0.0, 0.0, [], None, 0.0)
    kg = unrated = 0.0
    covered, score, editions = [], [], set()
    for month in _months(tx, registry, question):
        rates, named = _rates(month, series)
        found = by_month(month.bought, rates, np.arange(len(month.bought)), np.array([0, len(month.slots)]))
        kg, unrated = kg + found.kg.sum(), unrated + found.unrated.sum()
        covered.append(found.coverage.ravel())
        editions |= named
        score.append((month.load, month.generated))
    known = np.concatenate(covered) if covered else np.empty(0)
    matched, share = _score(score)
    return Hourly(
        float(kg) if editions else None,
        float(unrated),
        float(known.mean()) if known.size else 0.0,
        sorted(editions),
        matched,
        share,
    )


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


def _score(months: Sequence[tuple[Floats, Floats]]) -> tuple[float | None, float]:
    """The 24/7 score of all months together, and the share of hours that count."""
    if not months:
        return None, 0.0
    load, made = (
        np.concatenate(part).reshape(-1, _PER_HOUR).sum(axis=1) for part in zip(*months, strict=True)
    )
    if not np.nansum(made):
        return None, 0.0
    score, coverage = matching(np.maximum(load, 0.0)[None], np.maximum(made, 0.0)[None])
    return None if np.isnan(score[0]) else float(score[0]), float(coverage[0])
