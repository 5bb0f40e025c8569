"""How rows enter `reading`: new ones by COPY, holes of standing ones filled, conflicts kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.errors import DeadlockDetected, UniqueViolation

from ingest.checks import Doubt
from telemetry.storage import encode, flags, queries
from telemetry.storage.approach import Approach
from telemetry.storage.flags import Flags
from telemetry.storage.rows import Origin, Resolved, Rows, resolve

_SQL = queries.beside(__file__)


class RacedError(Exception):
    """Rows stand that were not there when they were looked for, or were not looked for at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What a write changed: one row per meter and instant, by meter and time."""

    outcome: NDArray[np.uint8]
    """uint8[n] of the rows offered."""
    stood: NDArray[np.bool_]
    """bool[sources]: of which sources rows stood already."""
    filled: NDArray[np.bool_]
    """bool[sources]: of which most of those were completed."""
    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    batch_id: NDArray[np.int64]
    values: NDArray[np.float64]


def put(conn: Connection[Any], rows: Rows, sources: Sequence[Origin], approach: Approach) -> Written:
    """Write `rows` in the open transaction, as their sources let expect.

    Raises RacedError when rows stand that no look has shown.
    """
    source = rows.source[rows.head]
    ahead = _fill(conn, rows, approach.fill[source])
    found, standing = _look(conn, rows, np.flatnonzero(approach.look[source] & ~ahead))
    resolved = resolve(rows, standing)
    filled = found & _fills(resolved.merged, standing)
    batch_id = _batches(conn, rows, sources)[rows.source]
    of_group = batch_id[rows.head]
    _copy(conn, rows, ~found & ~ahead, of_group, resolved.merged)
    _complete(conn, rows, filled, _holes(resolved.merged, standing))
    _keep_aside(conn, rows, resolved, batch_id)
    changed = np.flatnonzero(~found | filled)
    at = rows.head[changed]
    stood = np.bincount(source, found | ahead, len(sources))
    completed = np.bincount(source, filled | ahead, len(sources))
    shown = resolved.merged[changed] if standing is None else _read(resolved.merged[changed])
    return Written(
        resolved.outcome,
        stood > 0,
        2 * completed > stood,
        rows.meter_id[at],
        rows.time[at],
        of_group[changed],
        shown,
    )


def _fill(conn: Connection[Any], rows: Rows, groups: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Complete rows without a look at them, bool[g]: those that stand and lack all that is offered."""
    ahead = np.zeros(len(groups), bool)
    if groups.any() and len(rows.head) == len(rows):
        ahead[np.flatnonzero(groups)[_filled(conn, rows, groups, rows.values)]] = True
    return ahead


def _look(
    conn: Connection[Any], rows: Rows, groups: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64] | None]:
    """Which groups stand already, bool[g], and with which values, float64[g, k]; inf: one was withdrawn."""
    found = np.zeros(len(rows.head), bool)
    if not len(groups):
        return found, None
    at = rows.head[groups]
    keys = {"meter": rows.meter_id[at], "time": rows.time[at].astype("M8[us]")}
    bounds = {"lo": keys["time"].min(), "hi": keys["time"].max()}
    conn.execute(_SQL["by_index"])
    query = queries.expand(_SQL["look"], rows.columns)
    row = conn.execute(query, keys | {name: b.item() for name, b in bounds.items()}, binary=True).fetchone()
    standing = np.full((len(rows.head), len(rows.columns)), np.nan)
    if row is not None and row[0] is not None:
        stands = groups[row[0] - 1]
        found[stands] = True
        standing[stands] = np.column_stack(row[1:])
    return found, standing


def _read(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with NaN for what was withdrawn."""
    return np.where(np.isinf(values), np.nan, values)


def _holes(merged: NDArray[np.float64], standing: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return merged if standing is None else np.where(np.isnan(standing), merged, np.nan)


def _fills(merged: NDArray[np.float64], standing: NDArray[np.float64] | None) -> NDArray[np.bool_]:
    if standing is None:
        return np.zeros(len(merged), bool)
    filled: NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(_holes(merged, standing)), axis=1)
    return filled


def _batches(conn: Connection[Any], rows: Rows, sources: Sequence[Origin]) -> NDArray[np.int64]:
    """A batch for each source, int64[sources]."""
    counts = np.bincount(rows.source, minlength=len(sources))
    asked = {
        "source": [each.source for each in sources],
        "edition": [each.edition for each in sources],
        "rows": counts.astype(np.int32),
    }
    made = conn.execute(_SQL["batches"], asked).fetchall()
    ids = {Origin(source, edition or ""): number for source, edition, number in made}
    return np.array([ids[each] for each in sources], np.int64)


def _copy(
    conn: Connection[Any],
    rows: Rows,
    groups: NDArray[np.bool_],
    batch_id: NDArray[np.int64],
    values: NDArray[np.float64],
) -> None:
    if not groups.any():
        return
    at = rows.head[groups]
    keys = [rows.time[at].astype("M8[us]"), rows.meter_id[at], batch_id[groups]]
    try:
        with conn.cursor().copy(queries.expand(_SQL["copy"], rows.columns)) as copy:
            copy.write(encode.binary(keys, values[groups]))
    except (UniqueViolation, DeadlockDetected) as error:
        raise RacedError from error


def _complete(
    conn: Connection[Any], rows: Rows, groups: NDArray[np.bool_], holes: NDArray[np.float64]
) -> None:
    if groups.any() and len(_filled(conn, rows, groups, holes)) != groups.sum():
        raise RacedError


def _filled(
    conn: Connection[Any], rows: Rows, groups: NDArray[np.bool_], values: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Which of `groups`, by their place among them, stood and lacked all of `values` float64[g, k]."""
    at, offered = rows.head[groups], values[groups]
    keys = {"meter": rows.meter_id[at], "time": rows.time[at].astype("M8[us]")}
    bounds = {"lo": keys["time"].min().item(), "hi": keys["time"].max().item()}
    columns = {name: offered[:, i] for i, name in enumerate(rows.columns)}
    conn.execute(_SQL["by_index"])
    query = queries.expand(_SQL["complete"], rows.columns)
    try:
        row = conn.execute(query, keys | bounds | columns, binary=True).fetchone()
    except DeadlockDetected as error:
        raise RacedError from error
    nothing = np.empty(0, np.int64)
    return nothing if row is None or row[0] is None else np.asarray(row[0], np.int64) - 1


def _keep_aside(conn: Connection[Any], rows: Rows, resolved: Resolved, batch_id: NDArray[np.int64]) -> None:
    conflicts = resolved.conflicts
    if not len(conflicts.row):
        return
    standing = _read(conflicts.standing)
    conn.execute(
        _SQL["conflicts"],
        {
            "meter": rows.meter_id[conflicts.row],
            "time": rows.time[conflicts.row].astype("M8[us]"),
            "quantity": [rows.columns[i] for i in conflicts.column],
            "standing": standing,
            "offered": conflicts.offered,
            "batch": batch_id[conflicts.row],
        },
    )
    flags.add(
        conn,
        Flags(
            rows.meter_id[conflicts.row],
            rows.time[conflicts.row],
            [Doubt.DUPLICATE] * len(conflicts.row),
            np.nan_to_num(conflicts.offered - standing),
        ),
        [rows.columns[i] for i in conflicts.column],
    )
