"""A batch of wide readings as columns, and what became of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    """Names from the catalogue; the columns of values."""
    values: NDArray[np.float64]
    """float64[n, k] in the catalogue's units; NaN = not read."""

    def __len__(self) -> int:
        return len(self.time)


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
