"""Costs of the statement by band: of its days, and of months added up from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)
PER_UNIT = 10_000
"""Costs are kept, and added up, in whole ten thousandths of the currency."""


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Days or months in which the same bands were priced alike, in no order."""

    tariff: str | None
    provisional: bool
    unpriced: str | None
    """Why there is no cost."""
    bands: Sequence[str]
    """'' where there is none."""
    meter_id: NDArray[np.int32]
    start: NDArray[np.datetime64]
    """The day, or the month's first, datetime64[D][r]."""
    amounts: NDArray[np.float64]
    """float64[r, b]"""
    costs: NDArray[np.int64]
    """int64[r, b], 0 where unpriced."""
    first_day: NDArray[np.datetime64]
    last_day: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Wanted:
    meter_id: NDArray[np.int32]
    quantity: str
    first: date
    """For months the first day of the first."""
    last: date


def refresh(conn: Connection[Any], keys: Mapping[str, object]) -> None:
    """Add up months anew: `keys` are columns meter_id, quantity and month."""
    conn.execute(_SQL["remove"], keys)
    conn.execute(_SQL["put"], keys)


def months(conn: Connection[Any], wanted: Wanted) -> list[Costs]:
    return _found(conn, "months", wanted)


def days(conn: Connection[Any], wanted: Wanted) -> list[Costs]:
    return _found(conn, "days", wanted)


def _found(conn: Connection[Any], name: str, wanted: Wanted) -> list[Costs]:
    asked = {
        "meters": wanted.meter_id.astype(np.int32),
        "quantity": wanted.quantity,
        "first": wanted.first,
        "last": wanted.last,
    }
    return [Costs(*row) for row in conn.execute(_SQL[name], asked, binary=True)]
