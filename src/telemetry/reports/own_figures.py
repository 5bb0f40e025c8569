"""Figures that were reckoned over the whole park, as somebody may see them who is let in for single areas."""

import json
from collections.abc import Iterable

from msgspec import structs

from telemetry.reports.emission_trace_answer import EmissionPart, EmissionTrace
from telemetry.reports.errors import NamesOthers
from telemetry.reports.periods import PeriodAnswer, PeriodDifference, Recomputation
from telemetry.storage.tenancy import Scope

_ORIGIN = "origin"
"""Sort of the frozen rows that tell from whose bought energy a neighbour's air was made."""


def trace(found: EmissionTrace, scope: Scope | None) -> EmissionTrace:
    """Without the meters of neighbours who made the air."""
    if scope is None:
        return found
    return structs.replace(found, parts=[_part(part, scope) for part in found.parts])


def _part(part: EmissionPart, scope: Scope) -> EmissionPart:
    if part.meter is None or part.meter in scope.meters:
        return part
    return structs.replace(part, meter=None, traces=[])


def period(found: PeriodAnswer, scope: Scope | None) -> PeriodAnswer:
    """Without differences in the meters of neighbours."""
    if scope is None:
        return found
    told = _told(found.differences)
    return structs.replace(found, differences=told, more=found.more + len(found.differences) - len(told))


def proof(found: Recomputation, scope: Scope | None) -> Recomputation:
    """The same of what did not come out again."""
    return found if scope is None else structs.replace(found, differences=_told(found.differences))


def check_rows(lines: Iterable[str], scope: Scope | None) -> None:
    """Raises NamesOthers for a neighbour's meter: rows cannot be cut, since the hash is over all."""
    if scope is None:
        return
    rows = map(json.loads, lines)
    if any(row["sort"] == _ORIGIN and row["meter"] not in {None, *scope.meters} for row in rows):
        raise NamesOthers


def _told(found: list[PeriodDifference]) -> list[PeriodDifference]:
    return [each for each in found if not each.row.startswith(_ORIGIN)]
