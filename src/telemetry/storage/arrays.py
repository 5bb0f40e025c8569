"""How numpy arrays travel as PostgreSQL's binary arrays, with no Python object per element."""

from collections.abc import Sequence
from dataclasses import dataclass
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
_TEXT, _TEXTS = 25, 1009
_NULL = b"\xff\xff\xff\xff"

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


def wire_of(form: np.dtype[Any]) -> np.dtype[np.void]:
    """One element of a numpy type as it travels: its length `n`, then its bytes `v`."""
    return _wire(_ELEMENT[form])


def shifted(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers counted from PostgreSQL's epoch where they are dates or times."""
    shift = _FORMS[_ELEMENT[array.dtype]][3]
    return array.astype(np.int64) - shift if shift else array


def head(array: NDArray[Any]) -> bytes:
    """What stands before the elements of an array: its dimensions and type."""
    start = np.array((array.ndim if array.size else 0, 0, _ELEMENT[array.dtype]), _HEAD)
    sides = np.array([(length, 1) for length in array.shape if array.size], _SIDE)
    return start.tobytes() + sides.tobytes()


def dump(array: NDArray[Any]) -> bytes:
    """Binary form of an array of any number of dimensions."""
    cells = np.empty(array.size, wire_of(array.dtype))
    cells["n"] = cells.dtype["v"].itemsize
    cells["v"] = shifted(array).ravel()
    return head(array) + cells.tobytes()


def load(data: Buffer) -> NDArray[Any]:
    """The array of a binary form. Raises StorageError when an element is null."""
    start = np.frombuffer(data, _HEAD, 1)[0]
    element = int(start["type"])
    _, _, form, shift = _FORMS[element]
    if start["nulls"]:
        raise StorageError("a null inside an array: the query has to say what it stands for")
    if not start["dimensions"]:
        return np.empty(0, form)
    sides = np.frombuffer(data, _SIDE, int(start["dimensions"]), _HEAD.itemsize)
    cells = np.frombuffer(data, _wire(element), -1, _HEAD.itemsize + sides.nbytes)["v"]
    values = cells.astype(np.int64) + shift if shift else cells
    return values.astype(form).reshape(tuple(int(s) for s in sides["length"]))


def _wire(element: int) -> np.dtype[np.void]:
    return np.dtype([("n", ">i4"), ("v", _FORMS[element][1])])


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


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts, many of them alike, and nulls."""

    values: Sequence[str | None]


def dump_texts(values: Sequence[str | None]) -> bytes:
    """Binary form of an array of texts; each different one is encoded once."""
    cells = {value: _text(value) for value in set(values)}
    start = np.array((1 if values else 0, None in cells, _TEXT), _HEAD)
    side = np.array([(len(values), 1)] if values else [], _SIDE)
    return b"".join((start.tobytes(), side.tobytes(), *map(cells.__getitem__, values)))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    data = value.encode()
    return len(data).to_bytes(4, "big") + data


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = _TEXTS

    def dump(self, obj: Texts) -> bytes:
        return dump_texts(obj.values)


def register(conn: Connection[Any]) -> None:
    """Let `conn` take numpy arrays as parameters and give them back from binary cursors."""
    conn.adapters.register_dumper(np.ndarray, _ArrayDumper)
    conn.adapters.register_dumper(Texts, _TextsDumper)
    for array, *_ in _FORMS.values():
        conn.adapters.register_loader(array, _ArrayLoader)
