"""Series of emissions of what came from pools of neighbours, beside those of meters and documents."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from accounting.grid import SLOT_US
from accounting.quantity import CATALOGUE
from telemetry.model import AreaKind
from telemetry.reports.emission_answer import Basis, EmissionsAnswer, EmissionSeries
from telemetry.reports.energy import Question, known
from telemetry.reports.factors import Used, shortfalls, uses
from telemetry.reports.membership import By
from telemetry.reports.names import name_of
from telemetry.reports.neighbour_lines import reasons
from telemetry.reports.neighbours import SCOPE, Passed, brought
from telemetry.reports.pools.report import Park
from telemetry.reports.steps import Steps
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Floats = NDArray[np.float64]


def joined(tx: Transaction, park: Park, question: Question, found: EmissionsAnswer) -> EmissionsAnswer:
    """The answer with what its groups have from pools of others."""
    groups: dict[tuple[str, str], list[Passed]] = {}
    for each in brought(tx, park, question, _areas(park.registry, question), found.revision):
        if _asked(each, question):
            told = each.by_market() if found.basis is Basis.MARKET else each
            groups.setdefault((_key(each, question.selection.by), each.quantity), []).append(told)
    more = [
        series
        for (key, _), those in sorted(groups.items())
        for series in _series(key, those, question, park.registry)
    ]
    return structs.replace(found, series=[*found.series, *more])


def _areas(registry: Registry, question: Question) -> set[str]:
    """Whose boundaries the question is about."""
    by, asked = question.selection.by, set(question.selection.areas)
    kinds = {area.code: area.kind for area in registry.areas}
    if by in {By.CARRIER, By.SCOPE}:
        return asked or {code for code, kind in kinds.items() if kind == AreaKind.PARK}
    return {
        code
        for code, kind in kinds.items()
        if (not asked or code in asked) and (by is not By.ENTERPRISE or kind == AreaKind.ENTERPRISE)
    }


def _asked(each: Passed, question: Question) -> bool:
    meters, names = question.selection.meters, question.quantities
    return (not meters or each.through in meters) and (not names or each.quantity in names)


def _key(each: Passed, by: By) -> str:
    if by is By.METER:
        return each.through
    if by is By.CARRIER:
        return CATALOGUE[each.quantity].carrier.value
    return str(SCOPE) if by is By.SCOPE else each.area


def _series(
    key: str, those: Sequence[Passed], question: Question, registry: Registry
) -> Iterator[EmissionSeries]:
    shares = [share for each in those for share in each.shares]
    used, steps = [Used(share.day, share.choice) for share in shares], question.steps
    coverage = round(sum(each.coverage for each in those) / len(those), 4)
    lacks = [*shortfalls(used), *reasons(those)]
    for gas in sorted({share.gas for share in shares}) or ["CO2"]:
        yield EmissionSeries(
            key=key,
            name=name_of(question.selection.by, key, registry),
            quantity=those[0].quantity,
            carrier=CATALOGUE[those[0].quantity].carrier.value,
            scope=str(SCOPE),
            gas=gas,
            unit="kg",
            values=_values(those, gas, steps),
            coverage=[coverage] * len(steps),
            estimated=[coverage < 1] * len(steps),
            factors=uses(used),
            shortfalls=lacks,
        )


def _values(those: Sequence[Passed], gas: str, steps: Steps) -> list[float | None]:
    """Of each interval [kg]; None where nothing came, or nothing of it is known."""
    grid = steps.grid
    kg = np.full(grid.count, np.nan)
    for share in (share for each in those for share in each.shares):
        if share.gas == gas:
            lo = (share.first_us - grid.start_us) // SLOT_US
            at = slice(max(lo, 0), max(min(lo + len(share.cells), grid.count), 0))
            part = share.cells[at.start - lo : at.stop - lo] * share.rate
            kg[at] = np.where(np.isnan(part), kg[at], np.nan_to_num(kg[at]) + part)
    firsts = (steps.edges[:-1] - grid.start_us) // SLOT_US
    some = np.add.reduceat((~np.isnan(kg)).astype(float), firsts) > 0
    total = np.where(some, np.add.reduceat(np.nan_to_num(kg), firsts), np.nan)
    return known(total[None])[0]
