"""From a virtual meter's amount back to its formulas and their terms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from accounting import formula
from accounting.formula import Term
from accounting.quantity import CATALOGUE
from telemetry.reports.bare_trace import Bare
from telemetry.reports.errors import QueryError
from telemetry.reports.meter import TermEntry
from telemetry.reports.reckoning import Known, known
from telemetry.reports.steps import Steps, local_time
from telemetry.reports.traced import TraceAnswer, TraceEdition, TraceTerm
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A quantity of a virtual meter, with the formulas that hold in the range."""

    meter: RegisteredMeter
    quantity: str
    steps: Steps
    editions: Sequence[tuple[slice, str | None]]
    terms: list[TermEntry]


def answer(
    tx: Transaction, behind: Reckoned, values: list[float | None], coverage: list[float]
) -> TraceAnswer:
    """Raises QueryError when no formula tells the quantity."""
    texts = [text for _, text in behind.editions if text is not None]
    if any(term.formula == {} for term in behind.meter.terms):
        reason = "is reckoned from meters that are not all yours in all of its time, so it cannot be traced"
        raise QueryError("meter", behind.meter.code, reason)
    if not texts:
        told = sorted({name for term in behind.meter.terms for name in term.formula or ()})
        reason = f"no formula of {behind.meter.code} tells it then; told are {', '.join(told)}"
        raise QueryError("quantity", behind.quantity, reason)
    bare = Bare(behind.meter, behind.quantity, behind.steps, behind.terms)
    return structs.replace(bare.answer(texts[-1], values, coverage), editions=_editions(tx, behind))


def _editions(tx: Transaction, behind: Reckoned) -> list[TraceEdition]:
    reads = [formula.parse(text) for _, text in behind.editions if text is not None]
    found = known(tx, reads, np.empty(0, np.int32), behind.steps.grid)
    edges, zone = behind.steps.edges, behind.steps.zone
    return [
        TraceEdition(
            local_time(int(edges[at.start]), zone),
            local_time(int(edges[at.stop]), zone),
            text,
            [_term(term, found, at) for term in formula.parse(text).terms] if text else [],
        )
        for at, text in behind.editions
    ]


def _term(term: Term, found: Known, at: slice) -> TraceTerm:
    amount, coverage = found.of(term, at)
    values = [None if value != value else value for value in amount.tolist()]  # noqa: PLR0124  # NaN
    unit = CATALOGUE[term.quantity].unit
    return TraceTerm(term.meter, term.quantity, unit, term.factor, values, np.round(coverage, 4).tolist())
