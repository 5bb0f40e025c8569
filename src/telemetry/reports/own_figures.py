"""Figures that were reckoned over the whole park, as somebody may see them who is let in for single areas."""

import json
from collections.abc import Iterable

from msgspec import structs

from telemetry.reports.emission_trace_answer import EmissionPart, EmissionTrace
from telemetry.reports.errors import NamesOthers
from telemetry.reports.periods import PeriodAnswer, PeriodDifference, Recomputation
from telemetry.storage.tenancy import Scope

_PASSED = ("origin", "sold", "receipt")
"""Sorts of the frozen rows that tell of whose bought energy something was made that passed an edge."""


def trace(found: EmissionTrace, scope: Scope | None) -> EmissionTrace:
    """Without the meters of neighbours: who made what came, and who has what was sold."""
    if scope is None:
        return found
    parts, sold = ([_part(part, scope) for part in those] for those in (found.parts, found.sold or ()))
    return structs.replace(found, parts=parts, sold=None if found.sold is None else sold)


def _part(part: EmissionPart, scope: Scope) -> EmissionPart:
    if {part.meter, part.through} - {None} <= scope.meters.keys():
        return part
    own = part.through if part.through in scope.meters else None
    return structs.replace(part, meter=None, through=own, traces=[])


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
    if any(row["sort"] in _PASSED and row["meter"] not in {None, *scope.meters} for row in rows):
        raise NamesOthers


def _told(found: list[PeriodDifference]) -> list[PeriodDifference]:
    return [each for each in found if not each.row.startswith(_PASSED)]
