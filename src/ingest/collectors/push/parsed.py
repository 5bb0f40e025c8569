"""What a posted body held: a batch, and what of it could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import LARGEST
from ingest.batch import Batch
from ingest.decode import Linear
from ingest.errors import PayloadError
from ingest.unmapped import storable

_SHOWN = 100
_MOST_NAMES = 100
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Rejected:
    """One field of one row that was not used."""

    row: int
    """Position in the body, from 0."""
    field: str
    value: object
    reason: str


Forms = Mapping[str, tuple[str, Linear]]
"""By a name of the sender's own: the quantity that it is, and how its numbers become the catalogue's."""
NO_FORMS: Forms = {}


class Unnamed(NamedTuple):
    """Numbers of one meter and instant under names that no rule makes quantities of."""

    meter: str
    time_us: int
    measurement: str
    """Of the line that they came in; empty where they came otherwise."""
    values: Mapping[str, float]
    """As they came."""


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """What a body held."""

    batch: Batch
    """May be empty."""
    rows: NDArray[np.intp]
    """int[n], the position in the body of each row of the batch."""
    rejected: tuple[Rejected, ...]
    unnamed: tuple[Unnamed, ...] = ()


def converted(field: str, form: Linear, number: float) -> float:
    """In the catalogue's unit. Raises PayloadError."""
    return check_number(field, form(number))


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


def numbers_only(given: Mapping[str, object]) -> dict[str, float]:
    """Those of `given` that can be kept until their names mean something."""
    found: dict[str, float] = {}
    for name, value in given.items():
        try:
            number = check_number(name, value)
        except PayloadError:
            continue
        if len(name) <= _LONGEST_NAME and storable(name) and len(found) < _MOST_NAMES:
            found[name] = number
    return found


def rejection(position: int, error: PayloadError) -> Rejected:
    return Rejected(position, error.field, shown(error.value), error.reason)


def shown(value: object) -> object:
    """The value as it came where it is short, else its beginning."""
    if value is None or isinstance(value, bool | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return value if isinstance(value, int) and len(text) <= _SHOWN else text[:_SHOWN]
