"""What becomes of each row of several batches: new, completing what stands, or in conflict with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE
from ingest.batch import Batch, Outcome

_ORDER = {name: i for i, name in enumerate(CATALOGUE)}


class Origin(NamedTuple):
    """Who sent rows, and which edition of the templates they were decoded by."""

    source: str
    edition: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of known meters by (meter, time); rows of one meter and instant stand together as one group."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    """int64[n] [us]."""
    source: NDArray[np.int32]
    """int32[n], index into the sources of the write."""
    origin: NDArray[np.int64]
    """int64[n], place among all rows of the write."""
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    """float64[n, k], NaN = not read."""
    head: NDArray[np.int64]
    """int64[g], first row of each group."""
    known: NDArray[np.bool_]
    """bool over all rows of the write: whether its meter is known."""

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class Conflicts:
    """Values that differ from those that stand."""

    group: NDArray[np.int64]
    column: NDArray[np.int64]
    standing: NDArray[np.float64]
    offered: NDArray[np.float64]
    row: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    outcome: NDArray[np.uint8]
    """uint8[n], one a row."""
    merged: NDArray[np.float64]
    """float64[g, k], what stands in each group afterwards."""
    conflicts: Conflicts


def gather(batches: Sequence[Batch], ids: Mapping[str, int]) -> Rows:
    """The rows of known meters that hold a value; `ids` gives the number of a meter's code."""
    columns = tuple(sorted({q for batch in batches for q in batch.quantities}, key=_ORDER.__getitem__))
    values = _values(batches, columns)
    meter = np.concatenate([_meter_ids(batch, ids) for batch in batches])
    time = np.concatenate([batch.time for batch in batches])
    kept = np.flatnonzero((meter > 0) & ~np.isnan(values).all(axis=1))
    kept = _ordered(kept, meter, time)
    source = np.repeat(source_numbers(batches), [len(batch) for batch in batches])
    head = _heads(meter[kept], time[kept])
    table = values.take(kept, axis=0)
    return Rows(meter[kept], time[kept], source[kept], kept, columns, table, head, meter > 0)


def _meter_ids(batch: Batch, ids: Mapping[str, int]) -> NDArray[np.int32]:
    """int32[n], 0 where the meter is not known."""
    return np.array([ids.get(code, 0) for code in batch.meters], np.int32)[batch.row_meter]


def sources_of(batches: Sequence[Batch]) -> list[Origin]:
    return list(dict.fromkeys(map(_origin, batches)))


def source_numbers(batches: Sequence[Batch]) -> NDArray[np.int32]:
    names = sources_of(batches)
    return np.array([names.index(_origin(batch)) for batch in batches], np.int32)


def _origin(batch: Batch) -> Origin:
    return Origin(batch.source, batch.edition)


def resolve(rows: Rows, standing: NDArray[np.float64] | None) -> Resolved:
    """Let the rows of each group follow one another onto what stands, float64[g, k]; None: nothing does."""
    if standing is None and len(rows.head) == len(rows):
        return Resolved(np.full(len(rows), Outcome.ACCEPTED, np.uint8), rows.values, _joined(()))
    if standing is None:
        standing = np.full((len(rows.head), len(rows.columns)), np.nan)
    merged, outcome = standing.copy(), np.empty(len(rows), np.uint8)
    group = np.repeat(np.arange(len(rows.head)), np.diff(rows.head, append=len(rows)))
    rank = np.arange(len(rows)) - rows.head[group]
    found: list[Conflicts] = []
    for turn in range(int(rank.max(initial=-1)) + 1):
        at = np.flatnonzero(rank == turn)
        before, offered = merged[group[at]], rows.values[at]
        both = ~np.isnan(before) & ~np.isnan(offered)
        differs, fills = both & (before != offered), np.isnan(before) & ~np.isnan(offered)
        outcome[at] = _outcome(differs, fills)
        merged[group[at]] = np.where(fills, offered, before)
        i, column = np.nonzero(differs)
        found.append(Conflicts(group[at[i]], column, before[i, column], offered[i, column], at[i]))
    return Resolved(outcome, merged, _joined(found))


def _outcome(differs: NDArray[np.bool_], fills: NDArray[np.bool_]) -> NDArray[np.uint8]:
    same = np.where(np.any(fills, axis=1), Outcome.ACCEPTED, Outcome.DUPLICATE)
    return np.where(np.any(differs, axis=1), Outcome.CONFLICT, same).astype(np.uint8)


def _joined(found: Sequence[Conflicts]) -> Conflicts:
    def column(name: str) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, np.int64), *(getattr(part, name) for part in found)])

    return Conflicts(
        column("group").astype(np.int64),
        column("column").astype(np.int64),
        column("standing").astype(np.float64),
        column("offered").astype(np.float64),
        column("row").astype(np.int64),
    )


def _values(batches: Sequence[Batch], columns: tuple[str, ...]) -> NDArray[np.float64]:
    if len(batches) == 1 and batches[0].quantities == columns:
        return batches[0].values
    if all(batch.quantities == columns for batch in batches):
        return np.concatenate([batch.values for batch in batches])
    values = np.full((sum(len(batch) for batch in batches), len(columns)), np.nan)
    start = 0
    for batch in batches:
        places = [columns.index(name) for name in batch.quantities]
        values[start : start + len(batch), places] = batch.values
        start += len(batch)
    return values


def _ordered(kept: NDArray[np.int64], meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
    m, t = meter[kept], time[kept]
    if np.all((m[1:] > m[:-1]) | ((m[1:] == m[:-1]) & (t[1:] >= t[:-1]))):
        return kept
    return kept[np.lexsort((t, m))]


def _heads(meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
    first = np.ones(len(time), bool)
    first[1:] = (meter[1:] != meter[:-1]) | (time[1:] != time[:-1])
    return np.flatnonzero(first)
