"""The statement added up over a stretch of days, as bills need it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class BandSums:
    """What meters bought in a band under one tariff, priced alike."""

    meter_id: NDArray[np.int32]
    band: Sequence[str]
    tariff: Sequence[str]
    """'': none."""
    provisional: NDArray[np.bool_]
    unpriced: Sequence[str]
    """Why; '': it is priced."""
    amount: NDArray[np.float64]
    cost: NDArray[np.int64]
    """In ten thousandths."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantitySums:
    meter_id: NDArray[np.int32]
    quantity: Sequence[str]
    amount: NDArray[np.float64]
    estimated: NDArray[np.float64]
    """Part of the amount in quarter hours that were not fully measured."""
    measured: NDArray[np.float64]
    """Coverage of the days, added up."""


def bands(conn: Connection[Any], meters: NDArray[np.int32], first: date, last: date) -> BandSums:
    row = conn.execute(_SQL["bands"], _asked(meters, first, last), binary=True).fetchone()
    if row is None or row[0] is None:
        none = np.empty(0)
        return BandSums(none.astype(np.int32), [], [], none.astype(np.bool_), [], none, none.astype(np.int64))
    return BandSums(*row)


def amounts(
    conn: Connection[Any], meters: NDArray[np.int32], quantities: Sequence[str], first: date, last: date
) -> QuantitySums:
    asked = _asked(meters, first, last) | {"quantities": list(quantities)}
    row = conn.execute(_SQL["amounts"], asked, binary=True).fetchone()
    if row is None or row[0] is None:
        none = np.empty(0)
        return QuantitySums(none.astype(np.int32), [], none, none, none)
    return QuantitySums(*row)


def _asked(meters: NDArray[np.int32], first: date, last: date) -> dict[str, object]:
    return {"meters": meters.astype(np.int32), "first": first, "last": last}
