"""From which meters each virtual one is reckoned, and since when: changes follow those ways."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import numpy as np
from psycopg import Connection

from accounting import formula
from accounting.grid import ceil_slot, to_us
from telemetry.storage import dirty, queries
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.errors import FormulaCircle
from telemetry.storage.readings import Ranges
from telemetry.storage.terms import MeterTerm

_SQL = queries.beside(__file__)
_END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """A virtual meter is reckoned from a quantity of another for a time."""

    meter: str
    term: str
    quantity: str
    since: datetime
    until: datetime


def replace(conn: Connection[Any], terms: Mapping[str, Iterable[MeterTerm]]) -> None:
    """Let these formulas, by code of their meter, be all there are. Raises FormulaCircle."""
    found = [way for code, each in terms.items() for way in _ways(code, tuple(each))]
    for moment in sorted({way.since for way in found}):
        _refuse_circle(moment, found)
    conn.execute(_SQL["lock"])
    conn.execute(_SQL["clear"])
    columns = {
        "meter": [way.meter for way in found],
        "term": [way.term for way in found],
        "quantity": [way.quantity for way in found],
        "since": [way.since for way in found],
        "until": [way.until for way in found],
    }
    conn.execute(_SQL["put"], columns)


def ids(conn: Connection[Any], codes: Sequence[str]) -> dict[str, int]:
    """Numbers of those of the meters that there ever were."""
    return dict(conn.execute(_SQL["ids"], {"codes": list(codes)}).fetchall())


def mark(conn: Connection[Any], meter_id: int, since: datetime) -> None:
    """Mark what a virtual meter comes to from `since` on, as far as anything is known."""
    conn.execute(_SQL["mark"], {"meter": meter_id, "since": since})


def spread(conn: Connection[Any], quantity: str, settled: Ranges) -> None:
    """Mark what stands on quarter hours settled in [lo, hi): the statement, and virtual meters."""
    some = np.flatnonzero(settled.hi > settled.lo)
    changed = Marks(settled.meter_id[some], settled.lo[some], settled.hi[some])
    dirty.mark(conn, Stage.DAILY, changed)
    conn.execute(
        _SQL["mark_dependents"],
        {
            "meter": changed.meter_id,
            "quantity": quantity,
            "lo": changed.lo.astype("M8[us]"),
            "hi": changed.hi.astype("M8[us]"),
        },
    )


def since_slot(term: MeterTerm) -> int:
    """The first quarter hour that a term's formula holds for [us]."""
    return ceil_slot(to_us(term.valid_from))


def _ways(code: str, terms: tuple[MeterTerm, ...]) -> Iterator[Way]:
    edges = [*(datetime.fromtimestamp(since_slot(term) / 1e6, UTC) for term in terms), _END]
    for term, (since, until) in zip(terms, pairwise(edges), strict=True):
        read = formula.parsed(term.formula)
        named = dict.fromkeys((one.meter, one.quantity) for each in read.values() for one in each.terms)
        yield from (Way(code, meter, quantity, since, until) for meter, quantity in named)


def _refuse_circle(moment: datetime, ways: Iterable[Way]) -> None:
    graph: dict[str, set[str]] = {}
    for way in ways:
        if way.since <= moment < way.until:
            graph.setdefault(way.meter, set()).add(way.term)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise FormulaCircle(moment, error.args[1][::-1]) from None
