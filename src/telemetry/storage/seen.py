"""Which quantities each meter has ever shown, and which of them ever stood off zero."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from accounting.quantity import CATALOGUE
from telemetry.storage import queries

_SQL = queries.beside(__file__)
_NAMES = tuple(CATALOGUE)
_PLACE = {name: i for i, name in enumerate(_NAMES)}
_SHOWN, _MOVED = np.uint8(1), np.uint8(3)


def of_meters(conn: Connection[Any], meter_ids: NDArray[np.int32]) -> Mapping[int, Mapping[str, bool]]:
    """Meter -> quantity -> whether it ever stood off zero."""
    found: dict[int, dict[str, bool]] = {}
    for meter_id, name, moved in conn.execute(_SQL["of_meters"], {"meters": meter_ids}):
        found.setdefault(meter_id, {})[name] = moved
    return found


class Seen:
    """What of it the database holds for certain, so that a write need not ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = np.zeros((0, len(_NAMES)), np.uint8)

    def learn(self, conn: Connection[Any]) -> None:
        for meter_id, name, moved in conn.execute(_SQL["all"]):
            self.hold(np.array([[meter_id, _PLACE[name], _MOVED if moved else _SHOWN]]))

    def news(
        self, meter_id: NDArray[np.int32], columns: Sequence[str], values: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """What rows sorted by meter show for the first time: int64[k, 3] of meter, quantity and state."""
        if not len(meter_id):
            return np.empty((0, 3), np.int64)
        starts = np.flatnonzero(np.append(True, meter_id[1:] != meter_id[:-1]))  # numpy's own order
        meters, places = meter_id[starts], np.array([_PLACE[name] for name in columns])
        with self._lock:
            self._grow(int(meters.max()))
            known = self._state[np.ix_(meters, places)]
        open_ = np.flatnonzero((known < _MOVED).any(axis=0))
        state = np.maximum.reduceat(_state(values[:, open_]), starts)
        i, j = np.nonzero(state > known[:, open_])
        return np.column_stack((meters[i], places[open_[j]], state[i, j])).astype(np.int64)

    def hold(self, news: NDArray[np.int64]) -> None:
        """Take what was committed."""
        if len(news):
            with self._lock:
                self._grow(int(news[:, 0].max()))
                self._state[news[:, 0], news[:, 1]] = news[:, 2]

    def _grow(self, meter_id: int) -> None:
        if (missing := meter_id + 1 - len(self._state)) > 0:
            self._state = np.vstack([self._state, np.zeros((missing, len(_NAMES)), np.uint8)])


def _state(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.where(np.isnan(values), np.uint8(0), np.where(values != 0, _MOVED, _SHOWN))


def put(conn: Connection[Any], news: NDArray[np.int64]) -> None:
    if len(news):
        news = news[np.lexsort((news[:, 1], news[:, 0]))]
        names = [_NAMES[place] for place in news[:, 1]]
        conn.execute(
            _SQL["put"],
            {"meter": news[:, 0].astype(np.int32), "quantity": names, "moved": news[:, 2] == _MOVED},
        )
