"""Rows as COPY BINARY bytes, built by numpy from columns; no Python object per row."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.storage import arrays

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_CELL = np.dtype([("n", ">i4"), ("v", ">f8")])


def binary(columns: Sequence[NDArray[Any]], nullable: NDArray[np.float64] | None = None) -> bytes:
    """Rows of `columns`, each one value (1-D) or one array (2-D) a row, then those of `nullable`.

    `nullable` is float64[n, k], k more columns of double precision in which NaN becomes null.
    """
    fields = [_field(f"c{i}", column) for i, column in enumerate(columns)]
    width = 0 if nullable is None else nullable.shape[1]
    records = np.empty(len(columns[0]), [("count", ">i2"), *fields, ("cells", _CELL, (width,))])
    records["count"] = len(columns) + width
    for i, column in enumerate(columns):
        _fill(records[f"c{i}"], column)
    if nullable is None:
        return b"".join((_HEADER, records.tobytes(), _TRAILER))
    records["cells"]["n"] = 8
    records["cells"]["v"] = nullable
    return b"".join((_HEADER, _with_nulls(records, nullable), _TRAILER))


def _field(name: str, column: NDArray[Any]) -> tuple[str, np.dtype[np.void]]:
    if column.ndim == 1:
        return name, arrays.wire_of(column.dtype)
    head = np.dtype((np.void, len(arrays.head(column[0]))))
    cells = np.dtype((arrays.wire_of(column.dtype), (column.shape[1],)))
    return name, np.dtype([("n", ">i4"), ("head", head), ("cells", cells)])


def _fill(field: NDArray[np.void], column: NDArray[Any]) -> None:
    if column.ndim == 1:
        field["n"] = field.dtype["v"].itemsize
        field["v"] = arrays.shifted(column)
        return
    field["n"] = field.dtype.itemsize - 4
    field["head"] = np.void(arrays.head(column[0])) if len(column) else field["head"]
    field["cells"]["n"] = field["cells"].dtype["v"].itemsize
    field["cells"]["v"] = arrays.shifted(column)


def _with_nulls(records: NDArray[np.void], nullable: NDArray[np.float64]) -> bytes:
    missing = np.isnan(nullable)
    if not missing.any():
        return records.tobytes()
    records["cells"]["n"][missing] = -1
    row, width = records.dtype.itemsize, nullable.shape[1]
    sent = np.ones((len(records), row), bool)
    sent[:, row - width * 12 :].reshape(-1, width, 12)[:, :, 4:] = ~missing[:, :, None]
    return records.view(np.uint8).reshape(len(records), row)[sent].tobytes()
