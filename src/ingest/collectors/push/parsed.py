"""What a posted body held: a batch, and what of it could not be used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import LARGEST
from ingest.batch import Batch
from ingest.errors import PayloadError

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Rejected:
    """One field of one row that was not used."""

    row: int
    """Position in the body, from 0."""
    field: str
    value: object
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """What a body held."""

    batch: Batch
    """May be empty."""
    rows: NDArray[np.intp]
    """int[n], the position in the body of each row of the batch."""
    rejected: tuple[Rejected, ...]


def check_number(field: str, value: object) -> float:
    """Raises PayloadError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PayloadError(field, value, "not a number")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise PayloadError(field, value, "not a finite number")
    if abs(number) > LARGEST:
        raise PayloadError(field, value, f"no meter shows so much; at most {LARGEST:g}")
    return number


def rejection(position: int, error: PayloadError) -> Rejected:
    return Rejected(position, error.field, shown(error.value), error.reason)


def shown(value: object) -> object:
    """The value as it came where it is short, else its beginning."""
    if value is None or isinstance(value, bool | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return value if isinstance(value, int) and len(text) <= _SHOWN else text[:_SHOWN]
