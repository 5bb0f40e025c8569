"""The newest reading of each meter: kept in memory, flushed to `latest`, read back as columns."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from accounting.grid import AHEAD_US, moment_of
from accounting.quantity import CATALOGUE
from telemetry.storage import encode, queries, staging
from telemetry.storage.pool import Database

_SQL = queries.beside(__file__)
_QUANTITIES = tuple(CATALOGUE)
_PLACE = {name: i for i, name in enumerate(_QUANTITIES)}
NEVER = np.iinfo(np.int64).min
"""The newest time of a meter that has none."""
_STEP_US = 1_000_000  # by less no clock is set back
STANDS_US = 120_000_000
"""How long a value still counts as shown beside newer ones of its meter: many send them one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Newest:
    """The newest reading of each meter, columns of one length."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    """int64[n] [us]."""
    change: NDArray[np.int64]
    """Grows with every flush; later flushes are greater."""
    quantities: tuple[str, ...]
    values: NDArray[np.float64]
    """float64[n, k] in the catalogue's units, NaN = not read."""


def changed_since(conn: Connection[Any], change: int, quantities: Sequence[str] = _QUANTITIES) -> Newest:
    """The newest readings flushed after `change`, the greatest that the caller has seen."""
    query = queries.expand(_SQL["changed_since"], quantities)
    row = conn.execute(query, {"change": change}, binary=True).fetchone()
    if row is None or row[0] is None:
        return nothing_newer(quantities)
    meter, time, changed, *values = row
    return Newest(meter, time.astype(np.int64), changed, tuple(quantities), np.column_stack(values))


def nothing_newer(quantities: Sequence[str]) -> Newest:
    nothing = np.empty(0, np.int64)
    none = np.empty((0, len(quantities)))
    return Newest(np.empty(0, np.int32), nothing, nothing, tuple(quantities), none)


class Board:
    """The newest readings that this process wrote, and which of them `latest` does not hold yet.

    One from the future is as new as the moment at which it came: true ones that come later replace it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives the wall's time [s]."""
        self._clock = clock
        self._lock = threading.Lock()
        self._time = np.empty(0, np.int64)
        self._came = np.empty(0, np.int64)
        self._back = np.empty(0, bool)
        self._batch = np.empty(0, np.int64)
        self._values = np.empty((0, len(_QUANTITIES)))
        self._shown = np.empty((0, len(_QUANTITIES)), np.int64)
        self._waiting = np.empty(0, bool)

    def repair(self, db: Database) -> None:
        """Bring `latest` up to `reading` after a crash between the two, and learn the newest times."""
        with db.connection() as conn:
            _upsert(conn, _SQL["repair"], {"ahead": self._ahead()})
            row = conn.execute(_SQL["times"], binary=True).fetchone()
        if row is not None and row[0] is not None:
            self._grow(int(row[0].max()))
            self._time[row[0]] = row[1].astype(np.int64)

    def newest(self, meter_id: NDArray[np.int32]) -> NDArray[np.int64]:
        """int64[n] [us], NEVER where this meter has no reading."""
        with self._lock:
            self._grow(int(meter_id.max(initial=0)))
            return self._time[meter_id]

    def offer(
        self,
        meter_id: NDArray[np.int32],
        time: NDArray[np.int64],
        batch_id: NDArray[np.int64],
        columns: Sequence[str],
        values: NDArray[np.float64],
    ) -> None:
        """Take rows in the order of meter and time: of each meter the last, unless a newer one is held.

        A quantity that it does not hold keeps its value while it stands.
        """
        places = np.array([_PLACE[name] for name in columns], np.int64)
        last = np.flatnonzero(np.diff(meter_id, append=-1))
        row = _newest_read(values, last)
        with self._lock:
            self._grow(int(meter_id.max(initial=0)))
            now_us = int(self._clock() * 1e6)
            taken = time[last] >= self._as_new_as(meter_id[last], now_us)
            last, row = last[taken], row[taken]
            at, now = meter_id[last], time[last]
            back = at[now < self._time[at]]
            self._back[back], self._shown[back] = True, NEVER
            self._time[at], self._batch[at], self._waiting[at] = now, batch_id[last], True
            self._came[at] = now_us
            cells, read = np.ix_(at, places), row >= 0
            self._values[cells] = np.where(read, values[row, np.arange(len(places))], self._values[cells])
            self._shown[cells] = np.where(read, time[row], self._shown[cells])

    def _as_new_as(self, meter: NDArray[np.int32], now_us: int) -> NDArray[np.int64]:
        """When what is held counts as read, int64[n] [us]; NEVER: our own clock was wrong then."""
        held, came = self._time[meter], self._came[meter]
        set_back = came > now_us + _STEP_US
        wrong = (held > now_us + AHEAD_US) | (set_back & (held > now_us))
        return np.where(wrong, np.minimum(held, np.where(set_back, NEVER, came)), held)

    def _ahead(self) -> datetime:
        """What is dated later is from the future."""
        return moment_of(int(self._clock() * 1e6) + AHEAD_US)

    def fresh(self, quantities: Sequence[str]) -> Newest:
        """What `latest` does not hold yet; its change is that of no flush."""
        places = np.array([_PLACE[name] for name in quantities], np.int64)
        with self._lock:
            meter = np.flatnonzero(self._waiting).astype(np.int32)
            time, values = self._time[meter], self._values[np.ix_(meter, places)]
            stale = self._shown[np.ix_(meter, places)] < time[:, None] - STANDS_US
        values[stale] = np.nan
        return Newest(meter, time, np.zeros(len(meter), np.int64), tuple(quantities), values)

    def flush(self, db: Database) -> bool:
        """Write what waits, if anything does. Raises StorageError; what could not be written waits on."""
        with self._lock:
            meter = np.flatnonzero(self._waiting).astype(np.int32)
            time, batch = self._time[meter], self._batch[meter]
            stale = self._shown[meter] < time[:, None] - STANDS_US
            values = np.where(stale, np.nan, self._values[meter])
            back = meter[self._back[meter]]
            self._waiting[meter] = self._back[meter] = False
        if not len(meter):
            return False
        rows = encode.binary([time.astype("M8[us]"), meter, batch], values)
        try:
            _write(db, rows, {"ahead": self._ahead(), "back": back})
        except BaseException:
            with self._lock:
                self._waiting[meter] = self._back[back] = True
            raise
        return True

    def _grow(self, meter_id: int) -> None:
        if (missing := meter_id + 1 - len(self._time)) > 0:
            self._time = np.append(self._time, np.full(missing, NEVER))
            self._came = np.append(self._came, np.full(missing, NEVER))
            self._back = np.append(self._back, np.zeros(missing, bool))
            self._batch = np.append(self._batch, np.zeros(missing, np.int64))
            self._waiting = np.append(self._waiting, np.zeros(missing, bool))
            self._values = np.vstack([self._values, np.full((missing, len(_QUANTITIES)), np.nan)])
            self._shown = np.vstack([self._shown, np.full((missing, len(_QUANTITIES)), NEVER)])


def _newest_read(values: NDArray[np.float64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[m, k], the row that holds the newest value of each meter and column; -1 where none does."""
    ends = ~np.isnan(values[last])
    if len(last) == len(values) or ends.all():
        return np.where(ends, last[:, None], -1)
    read = ~np.isnan(values)
    rows = np.maximum.accumulate(np.where(read, np.arange(len(values))[:, None], -1), axis=0)[last]
    first = np.append(0, last[:-1] + 1)
    return np.where(rows >= first[:, None], rows, -1)


def _write(db: Database, rows: memoryview, replaced: Mapping[str, Any]) -> None:
    with db.connection() as conn:
        staging.create(conn)
        with conn.cursor().copy(queries.expand(_SQL["copy_newest"], _QUANTITIES)) as copy:
            copy.write(rows)
        _upsert(conn, _SQL["upsert"], replaced)


def _upsert(conn: Connection[Any], query: LiteralString, parameters: Mapping[str, Any]) -> None:
    conn.execute(_SQL["lock"])
    conn.execute(queries.expand(query, _QUANTITIES), parameters)
