"""Rows of meters that nobody has declared: kept as they came, until somebody declares them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import class_row

from accounting.quantity import CATALOGUE
from ingest.batch import Batch
from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Stray:
    """What came of one undeclared meter."""

    source: str
    meter: str
    rows: int
    first: datetime
    last: datetime
    received: datetime
    values: dict[str, float]
    """Of its newest row, as they came."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One row as it came."""

    id: int
    source: str
    meter: str
    time: int
    """[us since 1970-01-01 UTC]"""
    values: dict[str, float]

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(sorted(self.values.keys() & CATALOGUE.keys()))


def declared(conn: Connection[Any], limit: int) -> list[Kept]:
    """Rows of meters that are in service by now, those that came first."""
    return conn.cursor(row_factory=class_row(Kept)).execute(_SQL["declared"], {"limit": limit}).fetchall()


def forget(conn: Connection[Any], kept: Iterable[Kept]) -> None:
    """These rows, except where something was added to them since they were read."""
    rows = list(kept)
    taken = {"ids": [each.id for each in rows], "values": [json.dumps(each.values) for each in rows]}
    conn.execute(_SQL["forget"], taken)


def trim(conn: Connection[Any], most: int) -> int:
    """Give up the oldest beyond `most`; how many."""
    return conn.execute(_SQL["trim"], {"most": most}).rowcount


def alike(kept: Iterable[Kept]) -> list[list[Kept]]:
    """Those of one source with the same quantities together."""
    groups: defaultdict[tuple[str, tuple[str, ...]], list[Kept]] = defaultdict(list)
    for each in kept:
        groups[each.source, each.quantities].append(each)
    return list(groups.values())


def batch(rows: Sequence[Kept]) -> Batch:
    """Of rows that are alike."""
    codes = {code: i for i, code in enumerate(dict.fromkeys(each.meter for each in rows))}
    quantities = rows[0].quantities
    return Batch(
        rows[0].source,
        tuple(codes),
        np.array([codes[each.meter] for each in rows], np.int32),
        np.array([each.time for each in rows], np.int64),
        quantities,
        np.array([[each.values[name] for name in quantities] for each in rows], np.float64),
    )


def listed(conn: Connection[Any], limit: int) -> list[Stray]:
    """Those that came last first."""
    return conn.cursor(row_factory=class_row(Stray)).execute(_SQL["listed"], {"limit": limit}).fetchall()


def put(conn: Connection[Any], batches: Sequence[Batch], ids: Mapping[str, int]) -> None:
    """In one order for all writers, so that none waits for another in a circle."""
    for batch in sorted(batches, key=lambda each: each.source):
        unknown = np.array([code not in ids for code in batch.meters], bool)[batch.row_meter]
        if unknown.any():
            _put(conn, batch, np.flatnonzero(unknown))


def _put(conn: Connection[Any], batch: Batch, rows: NDArray[np.int64]) -> None:
    columns = {
        "source": batch.source,
        "meter": [batch.meters[i] for i in batch.row_meter[rows]],
        "time": batch.time[rows].astype("M8[us]"),
        "values": [_values(batch, row) for row in rows],
    }
    conn.execute(_SQL["put"], columns)


def _values(batch: Batch, row: int) -> str:
    pairs = zip(batch.quantities, batch.values[row].tolist(), strict=True)
    return json.dumps({name: value for name, value in pairs if value == value})  # noqa: PLR0124  # NaN = not read
