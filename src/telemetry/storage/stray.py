"""Rows of meters, and numbers under names, that nobody has declared: kept until somebody does."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import class_row

from accounting.quantity import CATALOGUE
from ingest.batch import Batch, numbered
from ingest.collectors.push.parsed import Unnamed
from telemetry.storage import queries

_SQL = queries.beside(__file__)


class Place(NamedTuple):
    """Of an entry in its list: when it came last, and what tells it from others that came then."""

    received: datetime
    words: list[str]


@dataclass(frozen=True, slots=True)
class Stray:
    """What came of one undeclared meter."""

    source: str
    meter: str
    rows: int
    conflicts: int
    """Rows that differ from one that had come for the same instant."""
    first: datetime
    last: datetime
    received: datetime
    values: dict[str, float]
    """Of its newest row, as they came."""

    @property
    def place(self) -> Place:
        return Place(self.received, [self.source, self.meter])


@dataclass(frozen=True, slots=True)
class StrayName:
    """What came under one name that means nothing yet."""

    source: str
    meter: str
    measurement: str
    name: str
    rows: int
    first: datetime
    last: datetime
    received: datetime
    value: float
    """The newest, as it came."""

    @property
    def place(self) -> Place:
        return Place(self.received, [self.source, self.meter, self.measurement, self.name])


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


@dataclass(frozen=True, slots=True)
class NamedNumber(Kept):
    """One number that came under a name of its sender's own."""

    place: int
    """Of its name among those asked for, from 1."""


K = TypeVar("K", bound=Kept)


def declared(conn: Connection[Any], limit: int) -> list[Kept]:
    """Rows of meters that are in service by now, those that came first."""
    return conn.cursor(row_factory=class_row(Kept)).execute(_SQL["declared"], {"limit": limit}).fetchall()


def find_meters(conn: Connection[Any], limit: int) -> int:
    """Numbers kept under an address go to the meters that are declared there by now; how many rows."""
    row = conn.execute(_SQL["addressed"], {"limit": limit}).fetchone()
    return int(row[0]) if row else 0


class Name(NamedTuple):
    """Under which something is kept of meters in service, and means nothing yet."""

    source: str
    measurement: str
    name: str
    device: str | None
    """The meter's template by now, where none mentioned the name."""


def names(conn: Connection[Any]) -> list[Name]:
    return conn.cursor(row_factory=class_row(Name)).execute(_SQL["names"]).fetchall()


def named(conn: Connection[Any], wanted: Sequence[Name], limit: int) -> list[NamedNumber]:
    """Numbers of meters in service under these names; those that came first."""
    columns = zip(Name._fields, map(list, zip(*wanted, strict=True)), strict=True)
    asked = dict(columns) | {"limit": limit}
    return conn.cursor(row_factory=class_row(NamedNumber)).execute(_SQL["named"], asked).fetchall()


def forget_names(conn: Connection[Any], kept: Iterable[NamedNumber]) -> None:
    taken = [(each.id, name) for each in kept for name in each.values]
    asked = {"ids": [number for number, _ in taken], "names": [name for _, name in taken]}
    conn.execute(_SQL["forget_whole"], asked)
    conn.execute(_SQL["forget_part"], asked)


def forget(conn: Connection[Any], kept: Iterable[Kept]) -> None:
    """These rows, except where something was added to them since they were read."""
    rows = list(kept)
    taken = {"ids": [each.id for each in rows], "values": [json.dumps(each.values) for each in rows]}
    conn.execute(_SQL["forget"], taken)


def trim(conn: Connection[Any], most: int) -> int:
    """Give up the oldest beyond `most` each of undeclared meters, posted names, addresses; how many."""
    return sum(_trim(conn, most, *sort) for sort in ((False,) * 3, (True, False, False), (True,) * 3))


def trim_unmapped(conn: Connection[Any], most: int) -> int:
    """Give up the oldest that no template mentions beyond `most`; how many."""
    return _trim(conn, most, unnamed=True, unmapped=True, addressed=False)


def _trim(conn: Connection[Any], most: int, unnamed: bool, unmapped: bool, addressed: bool) -> int:  # noqa: FBT001  # three marks of a row
    asked = {"most": most, "unnamed": unnamed, "unmapped": unmapped, "addressed": addressed}
    return conn.execute(_SQL["trim"], asked).rowcount


def alike(kept: Iterable[K]) -> list[list[K]]:
    """Those of one source with the same quantities together."""
    groups: defaultdict[tuple[str, tuple[str, ...]], list[K]] = defaultdict(list)
    for each in kept:
        groups[each.source, each.quantities].append(each)
    return list(groups.values())


def batch(rows: Sequence[Kept]) -> Batch:
    """Of rows that are alike."""
    quantities = rows[0].quantities
    return Batch(
        rows[0].source,
        *numbered([each.meter for each in rows]),
        np.array([each.time for each in rows], np.int64),
        quantities,
        np.array([[each.values[name] for name in quantities] for each in rows], np.float64),
    )


def listed(conn: Connection[Any], limit: int, after: Place | None = None) -> list[Stray]:
    """Those that came last first."""
    asked = {"limit": limit, **_beyond(after)}
    return conn.cursor(row_factory=class_row(Stray)).execute(_SQL["listed"], asked).fetchall()


def listed_names(
    conn: Connection[Any], limit: int, after: Place | None = None, *, unmapped: bool = False
) -> list[StrayName]:
    """Those that came last first: posted names, or the places of numbers that no template mentions."""
    asked = {"limit": limit, "unmapped": unmapped, **_beyond(after)}
    return conn.cursor(row_factory=class_row(StrayName)).execute(_SQL["listed_names"], asked).fetchall()


def _beyond(after: Place | None) -> dict[str, Any]:
    received, words = after or (None, None)
    return {"received": received, "words": words}


def put_unnamed(conn: Connection[Any], source: str, unnamed: Sequence[Unnamed]) -> None:
    """In one order for all writers, as `put`."""
    for measurement in sorted({each.measurement for each in unnamed}):
        rows = [each for each in unnamed if each.measurement == measurement]
        columns = {
            "meter": [each.meter for each in rows],
            "time": np.array([each.time_us for each in rows], "M8[us]"),
            "values": [json.dumps(each.values) for each in rows],
        }
        _insert(conn, columns | {"source": source, "measurement": measurement})


def put_unmapped(conn: Connection[Any], batches: Sequence[Batch]) -> None:
    """In one order for all writers, as `put`."""
    for batch in sorted(batches, key=lambda each: (each.source, each.quantities)):
        _insert(conn, _columns(batch, np.arange(len(batch))) | {"measurement": "", "unmapped": True})


def put(conn: Connection[Any], batches: Sequence[Batch], ids: Mapping[str, int]) -> None:
    """In one order for all writers, so that none waits for another in a circle."""
    for batch in sorted(batches, key=lambda each: each.source):
        unknown = np.array([code not in ids for code in batch.meters], bool)[batch.row_meter]
        if unknown.any():
            _put(conn, batch, np.flatnonzero(unknown))


def _put(conn: Connection[Any], batch: Batch, rows: NDArray[np.int64]) -> None:
    _insert(conn, _columns(batch, rows))


def _columns(batch: Batch, rows: NDArray[np.int64]) -> dict[str, object]:
    return {
        "source": batch.source,
        "meter": [batch.meters[i] for i in batch.row_meter[rows]],
        "time": batch.time[rows].astype("M8[us]"),
        "values": [_values(batch, row) for row in rows],
    }


def _insert(conn: Connection[Any], columns: Mapping[str, object]) -> None:
    asked = {"measurement": None, "unmapped": False, **columns}
    conn.execute(_SQL["put"], asked)
    conn.execute(_SQL["put_aside"], asked)


def _values(batch: Batch, row: int) -> str:
    pairs = zip(batch.quantities, batch.values[row].tolist(), strict=True)
    return json.dumps({name: value for name, value in pairs if value == value})  # noqa: PLR0124  # NaN = not read
