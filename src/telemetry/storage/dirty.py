"""Which meters and times have to be settled again: append-only marks, taken under the meter's lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)
_TRIED = 8
"""How many meters are tried for each one that can be held."""
_DAYS = 10_000
"""Days of meters that are taken at once: a long re-settlement is done, and seen, in parts."""


class Stage(StrEnum):
    ENERGY = "energy"
    """Readings changed: quarter hours have to be settled."""
    DAILY = "daily"
    """Settled energy, a factor or a tariff changed: the statement has to be made."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Ranges [lo, hi] of meters, columns of one length."""

    meter_id: NDArray[np.int32]
    lo: NDArray[np.int64]
    """int64[n] [us]."""
    hi: NDArray[np.int64]
    """int64[n] [us]."""

    def __len__(self) -> int:
        return len(self.meter_id)

    def picked(self, which: NDArray[np.bool_]) -> "Marks":
        return Marks(self.meter_id[which], self.lo[which], self.hi[which])


def mark(conn: Connection[Any], stage: Stage, marks: Marks) -> None:
    if len(marks):
        lo, hi = marks.lo.astype("M8[us]"), marks.hi.astype("M8[us]")
        conn.execute(_SQL["mark"], {"stage": stage, "meter": marks.meter_id, "lo": lo, "hi": hi})


def mark_readings_since(conn: Connection[Any], meter_id: int, since: datetime) -> None:
    """Mark what the readings from `since` on settle to."""
    conn.execute(_SQL["mark_readings_since"], {"meter": meter_id, "since": since})


def mark_energy_since(conn: Connection[Any], meter_id: int, since: datetime) -> None:
    """Mark the statement of the settled energy from `since` on."""
    conn.execute(_SQL["mark_energy_since"], {"meter": meter_id, "since": since})


def mark_all_energy(conn: Connection[Any]) -> None:
    """Mark the statement of all settled energy: a factor or a tariff changed."""
    conn.execute(_SQL["mark_all_energy"])


def mark_newest(conn: Connection[Any], since: datetime, until: datetime) -> None:
    """Mark the newest readings in [since, until): no later one closes their quarter hour.

    And replacements in it that no reading follows: what people read there counts by now.
    """
    conn.execute(_SQL["mark_newest"], {"since": since, "until": until})


def take(
    conn: Connection[Any], stage: Stage, zone: ZoneInfo, meters: int, without: Sequence[int] = ()
) -> Marks:
    """Marks of up to `meters` meters, removed from the table, the meters locked until the transaction ends.

    Long ranges wait until no short ones are left, so that a re-settlement of years holds up nothing that is
    live; of each its first month in `zone` is taken, and the rest waits behind the others, so that the
    readings of one month are read of all meters while they are at hand. The rest of readings begins with the
    next one: whatever lies before it is settled with the month, however long the gap. Meters that another
    worker holds are left to it, those of `without` are left alone.
    """
    asked = {"stage": stage, "zone": zone.key, "limit": _TRIED * meters, "without": list(without)}
    found = _take(conn, asked | {"long": False}, meters)
    return found if len(found) else _take(conn, asked | {"long": True}, meters)


def _take(conn: Connection[Any], asked: Mapping[str, object], meters: int) -> Marks:
    row = conn.execute(_SQL["waiting"], asked, binary=True).fetchone()
    held = np.empty(0, np.int32)
    for candidates in _parts(row[0], row[1], meters) if row else ():
        held = _lock(conn, candidates)
        if len(held):
            break
    return _remove(conn, {**asked, "meters": held})


def _parts(meter_id: NDArray[np.int32], days: NDArray[np.int32], meters: int) -> list[NDArray[np.int32]]:
    """In turn, up to `meters` meters with not many more than `_DAYS` days."""
    before = np.cumsum(days) - days
    part = np.stack([before // _DAYS, np.arange(len(days)) // meters])
    return np.split(meter_id, np.flatnonzero(np.diff(part).any(axis=0)) + 1)


def _lock(conn: Connection[Any], candidates: NDArray[np.int32]) -> NDArray[np.int32]:
    row = conn.execute(_SQL["lock"], {"meters": candidates}, binary=True).fetchone()
    return np.asarray(row[0] if row else [], np.int32)


def _remove(conn: Connection[Any], asked: Mapping[str, object]) -> Marks:
    row = conn.execute(_SQL["remove"], asked, binary=True).fetchone()
    if row is None or row[0] is None:
        nothing = np.empty(0, np.int64)
        return Marks(np.empty(0, np.int32), nothing, nothing)
    meter, lo, hi = row
    return Marks(meter, lo.astype(np.int64), hi.astype(np.int64))
