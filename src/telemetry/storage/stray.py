"""Rows of meters that nobody has declared: kept as they came."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import class_row

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
