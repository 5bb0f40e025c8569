"""In which batches readings came in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class StoredBatch:
    id: int
    source: str
    edition: str | None
    """Of the templates it was decoded by; None where there were none."""
    received_at: datetime
    row_count: int
    """Of all its meters."""


def batches(conn: Connection[Any], ids: NDArray[np.int64]) -> list[StoredBatch]:
    """In the order in which they came."""
    rows = conn.cursor(row_factory=class_row(StoredBatch))
    return rows.execute(_SQL["batches"], {"ids": np.unique(ids)}).fetchall()
