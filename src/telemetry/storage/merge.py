"""How rows enter `reading`: new ones by COPY, holes of standing ones filled, conflicts kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.errors import UniqueViolation

from ingest.checks import Doubt
from telemetry.storage import encode, flags, queries, staging
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
    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    batch_id: NDArray[np.int64]
    values: NDArray[np.float64]


def put(
    conn: Connection[Any], rows: Rows, sources: Sequence[Origin], looked_at: NDArray[np.bool_]
) -> Written:
    """Write `rows` in the open transaction, after a look for what stands of the sources in bool[sources].

    Raises RacedError when rows stand that the look did not show.
    """
    found, standing = _look(conn, rows, np.flatnonzero(looked_at[rows.source[rows.head]]))
    resolved = resolve(rows, standing)
    filled = found & _fills(resolved.merged, standing)
    batch_id = _batches(conn, rows, sources)[rows.source]
    of_group = batch_id[rows.head]
    _copy(conn, _SQL["copy_reading"], _picked(rows, ~found, of_group, resolved.merged), rows.columns)
    _complete(conn, rows, filled, of_group, _holes(resolved.merged, standing))
    _keep_aside(conn, rows, resolved, batch_id)
    changed = np.flatnonzero(~found | filled)
    at = rows.head[changed]
    stood = np.bincount(rows.source[rows.head], found, len(sources)) > 0
    shown = resolved.merged[changed] if standing is None else _read(resolved.merged[changed])
    return Written(resolved.outcome, stood, rows.meter_id[at], rows.time[at], of_group[changed], shown)


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


def _picked(
    rows: Rows, groups: NDArray[np.bool_], batch_id: NDArray[np.int64], values: NDArray[np.float64]
) -> memoryview:
    at = rows.head[groups]
    keys = [rows.time[at].astype("M8[us]"), rows.meter_id[at], batch_id[groups]]
    return encode.binary(keys, values[groups]) if len(at) else memoryview(b"")


def _copy(conn: Connection[Any], query: LiteralString, data: memoryview, columns: Sequence[str]) -> None:
    if not data:
        return
    try:
        with conn.cursor().copy(queries.expand(query, columns)) as copy:
            copy.write(data)
    except UniqueViolation as error:
        raise RacedError from error


def _complete(
    conn: Connection[Any],
    rows: Rows,
    groups: NDArray[np.bool_],
    batch_id: NDArray[np.int64],
    holes: NDArray[np.float64],
) -> None:
    if not groups.any():
        return
    staging.create(conn)
    _copy(conn, _SQL["copy_incoming"], _picked(rows, groups, batch_id, holes), rows.columns)
    times = rows.time[rows.head[groups]].astype("M8[us]")
    bounds = {"lo": times.min().item(), "hi": times.max().item()}
    conn.execute(_SQL["by_index"])
    done = conn.execute(queries.expand(_SQL["complete"], rows.columns), bounds)
    if done.rowcount != groups.sum():
        raise RacedError


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
