"""A batch of wide readings as columns, and what became of each row."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Outcome(IntEnum):
    """What the store did with a row."""

    ACCEPTED = 0
    """New, or it completed the row that stood."""
    DUPLICATE = 1
    """Everything in it stood already."""
    CONFLICT = 2
    """A different value stood; the new one is kept aside."""
    UNKNOWN_METER = 3
    """No such meter; the row is kept aside."""
    SPOOLED = 4
    """Durable on this machine's disk; the store was away and gets it when it is back."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows of one source: meter `meters[row_meter[i]]` showed `values[i]` at `time[i]`."""

    source: str
    meters: tuple[str, ...]
    """Codes; a dictionary for row_meter."""
    row_meter: NDArray[np.int32]
    """int32[n], index into meters."""
    time: NDArray[np.int64]
    """int64[n] [us since 1970-01-01 UTC]."""
    quantities: tuple[str, ...]
    """Names from the catalogue, unless `unmapped`; the columns of values."""
    values: NDArray[np.float64]
    """float64[n, k] in the catalogue's units; NaN = not read."""
    edition: str = ""
    """Of the templates it was decoded by; '' where there were none."""
    unmapped: bool = False
    """Its names are the sender's own, of numbers that no template mentions: the store keeps them aside."""

    def __len__(self) -> int:
        return len(self.time)


def numbered(meters: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Codes once each, and for every row the index of its own: `meters` and `row_meter` of a batch."""
    index = {code: n for n, code in enumerate(dict.fromkeys(meters))}
    return tuple(index), np.fromiter(map(index.__getitem__, meters), np.int32, len(meters))


def row(
    source: str, meter: str, time_us: int, quantities: tuple[str, ...], values: NDArray[np.float64]
) -> Batch:
    """A batch of one reading."""
    return Batch(
        source,
        (meter,),
        np.zeros(1, np.int32),
        np.array([time_us], np.int64),
        quantities,
        values.reshape(1, -1),
    )


def picked(batch: Batch, rows: NDArray[np.int64]) -> Batch:
    """These rows alone, with no other meters than theirs."""
    used, row_meter = np.unique(batch.row_meter[rows], return_inverse=True)
    return replace(
        batch,
        meters=tuple(batch.meters[i] for i in used),
        row_meter=row_meter.astype(np.int32),
        time=batch.time[rows],
        values=batch.values[rows],
    )


def merge(batches: Sequence[Batch]) -> list[Batch]:
    """One batch for each source, edition and set of names, rows in the order they came."""
    groups: defaultdict[tuple[str, str, bool, tuple[str, ...]], list[Batch]] = defaultdict(list)
    for batch in batches:
        groups[batch.source, batch.edition, batch.unmapped, batch.quantities].append(batch)
    return [group[0] if len(group) == 1 else _joined(group) for group in groups.values()]


def _joined(group: list[Batch]) -> Batch:
    meters, index = numbered([code for one in group for code in one.meters])
    begins = np.cumsum([0, *(len(one.meters) for one in group[:-1])])
    named = np.concatenate([one.row_meter for one in group]) + np.repeat(begins, [len(one) for one in group])
    return Batch(
        group[0].source,
        meters,
        index[named],
        np.concatenate([one.time for one in group]),
        group[0].quantities,
        np.concatenate([one.values for one in group]),
        group[0].edition,
        group[0].unmapped,
    )


class Sink(Protocol):
    """Where collectors put batches."""

    async def write(self, batch: Batch) -> NDArray[np.uint8]:
        """Outcome of each row, uint8[n]; returns only once the rows are durable.

        Raises StoreUnavailable when they could not be made durable.
        """
        ...


class Store(Protocol):
    """What the pipeline needs from a database; called in a worker thread."""

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        """Outcomes of each batch in turn, after one commit. Raises StoreUnavailable."""
        ...
