"""How readings and what was kept aside leave when they are old, and up to where a meter's are gone."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from accounting.grid import ceil_slot, to_us
from telemetry.storage import queries, readings, seen, server
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.readings import Ranges

_SQL = queries.beside(__file__)
_ROWS = 50_000
"""Rows deleted in one transaction, where whole chunks cannot be dropped."""
_NEVER = np.iinfo(np.int64).min


def expire_readings(db: Database, before: datetime, depth: int) -> int:
    """Drop the readings before `before`, or before the chunk that it lies in; how many meters had some.

    Of each meter and quantity the first `depth` that stay are not settled again: their neighbours are gone.
    Raises StorageError.
    """
    with db.connection() as tx:
        bound = server.expiry_bound(tx, before)
        meters = [] if bound is None else _remembered(tx, bound, depth)
    if bound is None or not meters:
        return 0
    for meter in meters:
        _await_settlement(db, meter)
    with db.connection() as tx:
        dropped = server.drop_chunks(tx, bound)
    for meter in [] if dropped else meters:
        while _removed(db, meter, bound) == _ROWS:
            pass
    with db.connection() as tx:
        tx.execute(_SQL["batches"], {"bound": bound})
    return len(meters)


def expire_conflicts(db: Database, before: datetime) -> int:
    """Forget the differing values seen before `before`; how many. Raises StorageError."""
    with db.connection() as tx:
        return tx.execute(_SQL["conflicts"], {"before": before}).rowcount


def expire_strays(db: Database, before: datetime) -> int:
    """Forget the rows of undeclared meters received before `before`; how many. Raises StorageError."""
    with db.connection() as tx:
        return tx.execute(_SQL["strays"], {"before": before}).rowcount


def expire_deliveries(db: Database, before: datetime) -> int:
    """Forget messages written before `before` of alerts that are over; how many. Raises StorageError."""
    with db.connection() as tx:
        return tx.execute(_SQL["deliveries"], {"before": before}).rowcount


def until(tx: Transaction, meter_id: NDArray[np.int32]) -> NDArray[np.int64]:
    """Up to where the readings of each meter are gone, int64[m] [us]; far in the past where none are."""
    found = np.full(len(meter_id), _NEVER)
    row = tx.execute(_SQL["until"], {"meters": np.unique(meter_id)}, binary=True).fetchone()
    if row is not None and row[0] is not None:
        order = np.argsort(row[0])
        meters, ends = row[0][order], row[1].astype(np.int64)[order]
        at = np.minimum(np.searchsorted(meters, meter_id), len(meters) - 1)
        found = np.where(meters[at] == meter_id, ends[at], found)
    return found


def _remembered(tx: Transaction, bound: datetime, depth: int) -> list[int]:
    """Meters that lose readings, with the end of what can no longer be settled anew written down."""
    row = tx.execute(_SQL["losing"], {"bound": bound}, binary=True).fetchone()
    if row is None or row[0] is None:
        return []
    meters = row[0].astype(np.int32)
    until = ceil_slot(_last_anchors(tx, meters, to_us(bound), depth))
    asked = {"meters": meters, "until": until.astype("M8[us]")}
    tx.execute(_SQL["remember"], asked)
    found: list[int] = meters.tolist()
    return found


def _last_anchors(tx: Transaction, meters: NDArray[np.int32], bound: int, depth: int) -> NDArray[np.int64]:
    """Up to where neighbours are missing, over all quantities of each meter, int64[m] [us].

    A quantity that is read more rarely than the meter's others reaches further.
    """
    shown = seen.of_meters(tx, meters)
    last = np.full(len(meters), bound)
    for quantity in sorted({name for names in shown.values() for name in names}):
        at = np.array([n for n, one in enumerate(meters.tolist()) if quantity in shown.get(one, {})])
        still = np.array([not shown[one][quantity] for one in meters[at].tolist()])
        edge = np.full(len(at), bound - 1)
        found = readings.anchors(tx, quantity, Ranges(meters[at], edge, edge), still, depth)
        last[at] = np.maximum(last[at], found.hi)
    return last


def _await_settlement(db: Database, meter: int) -> None:
    """A settlement that began before it could know needs the readings until it ends."""
    with db.connection() as tx:
        tx.execute(_SQL["lock"], {"meter": meter})


def _removed(db: Database, meter: int, bound: datetime) -> int:
    with db.connection() as tx:
        return tx.execute(_SQL["remove"], {"meter": meter, "bound": bound, "limit": _ROWS}).rowcount
