"""How numpy arrays travel as PostgreSQL's binary arrays, with no Python object per element."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader, PyFormat
from psycopg.pq import Format

from telemetry.storage.errors import StorageError

EPOCH_US = 946_684_800_000_000
"""2000-01-01 UTC, where PostgreSQL counts from [us since 1970-01-01]."""
EPOCH_DAY = 10_957
"""The same in days."""

_HEAD = np.dtype([("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">u4")])
_SIDE = np.dtype([("length", ">i4"), ("from", ">i4")])

# element oid -> (array oid, wire form, numpy form, shift of the epoch)
_FORMS: dict[int, tuple[int, str, str, int]] = {
    16: (1000, "?", "?", 0),
    21: (1005, ">i2", "i2", 0),
    23: (1007, ">i4", "i4", 0),
    20: (1016, ">i8", "i8", 0),
    700: (1021, ">f4", "f4", 0),
    701: (1022, ">f8", "f8", 0),
    1082: (1182, ">i4", "M8[D]", EPOCH_DAY),
    1184: (1185, ">i8", "M8[us]", EPOCH_US),
}
_ELEMENT = {np.dtype(form): oid for oid, (_, _, form, _) in _FORMS.items()}


def wire(element: int) -> np.dtype[np.void]:
    """One element as it travels: its length, then its bytes."""
    return np.dtype([("n", ">i4"), ("v", _FORMS[element][1])])


def dump(array: NDArray[Any]) -> bytes:
    """Binary form of an array of any number of dimensions."""
    element = _ELEMENT[array.dtype]
    head = np.array((array.ndim if array.size else 0, 0, element), _HEAD)
    if not array.size:
        return head.tobytes()
    sides = np.array([(length, 1) for length in array.shape], _SIDE)
    return head.tobytes() + sides.tobytes() + _cells(array, element).tobytes()


def _cells(array: NDArray[Any], element: int) -> NDArray[np.void]:
    _, _, _, shift = _FORMS[element]
    cells = np.empty(array.size, wire(element))
    cells["n"] = array.dtype.itemsize if array.dtype != "M8[D]" else 4
    cells["v"] = array.ravel() if not shift else array.ravel().astype(np.int64) - shift
    return cells


def load(data: Buffer) -> NDArray[Any]:
    """The array of a binary form. Raises StorageError when an element is null."""
    head = np.frombuffer(data, _HEAD, 1)[0]
    _, _, form, shift = _FORMS[int(head["type"])]
    if head["nulls"]:
        raise StorageError("a null inside an array: the query has to say what it stands for")
    if not head["dimensions"]:
        return np.empty(0, form)
    sides = np.frombuffer(data, _SIDE, int(head["dimensions"]), _HEAD.itemsize)
    cells = np.frombuffer(data, wire(int(head["type"])), -1, _HEAD.itemsize + sides.nbytes)["v"]
    values = cells.astype(np.int64) + shift if shift else cells
    return values.astype(form).reshape(tuple(int(s) for s in sides["length"]))


class _ArrayLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> NDArray[Any]:
        return load(data)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def get_key(self, obj: NDArray[Any], format: PyFormat) -> tuple[type, Any]:  # noqa: A002, ARG002  # psycopg's own name
        return self.cls, obj.dtype

    def upgrade(self, obj: NDArray[Any], format: PyFormat) -> "_ArrayDumper":  # noqa: A002, ARG002  # psycopg's own name
        dumper = _ArrayDumper(self.cls)
        dumper.oid = _FORMS[_ELEMENT[obj.dtype]][0]
        return dumper

    def dump(self, obj: NDArray[Any]) -> bytes:
        return dump(obj)


def register(conn: Connection[Any]) -> None:
    """Let `conn` take numpy arrays as parameters and give them back from binary cursors."""
    conn.adapters.register_dumper(np.ndarray, _ArrayDumper)
    for array, *_ in _FORMS.values():
        conn.adapters.register_loader(array, _ArrayLoader)
