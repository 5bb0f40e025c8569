"""The statement: what each meter and quantity came to on each local day."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries
from telemetry.storage.arrays import Texts

_SQL = queries.beside(__file__)
_Texts = Sequence[str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Which rows: meter, quantity and local day."""

    meter_id: NDArray[np.int32]
    quantity: Sequence[str]
    day: NDArray[np.datetime64]
    """datetime64[D][r]."""

    def __len__(self) -> int:
        return len(self.meter_id)


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Days):
    """One row per meter, quantity and local day."""

    amount: NDArray[np.float64]
    """In the quantity's unit."""
    coverage: NDArray[np.float64]
    """Share of the day that was measured, 0..1."""
    estimated: NDArray[np.float64]
    """The part of the amount in quarter hours that were not fully measured."""
    peak: NDArray[np.float64]
    """Highest mean power of a fully measured quarter hour [kW]; NaN: none, or no electricity."""
    peak_at: NDArray[np.datetime64]
    """Its start, datetime64[us][r]; of no meaning without a peak."""
    bands: _Texts
    """Amount by tariff band as a JSON object."""
    band_costs: _Texts
    """Cost by tariff band as a JSON object, where there is one."""
    cost: NDArray[np.float64]
    """In the tariff's currency; NaN: none."""
    unpriced: _Texts
    """Why there is no cost where one is due."""
    tariff: _Texts
    provisional: NDArray[np.bool_]
    """Some of the prices are not the published ones of their day."""
    tce: NDArray[np.float64]
    """NaN: none."""
    coefficient: _Texts


@dataclass(frozen=True, slots=True, eq=False)
class DayAmounts(Days):
    """What reports read of the statement."""

    amount: NDArray[np.float64]
    coverage: NDArray[np.float64]


def select(
    conn: Connection[Any],
    meter_ids: NDArray[np.int32],
    quantities: Sequence[str],
    first_day: date,
    last_day: date,
) -> DayAmounts:
    """Rows of the local days first..last, in no order."""
    asked = {
        "meters": meter_ids.astype(np.int32),
        "quantities": list(quantities),
        "first": first_day,
        "last": last_day,
    }
    row = conn.execute(_SQL["select"], asked, binary=True).fetchone()
    if row is None or row[0] is None:
        return DayAmounts(np.empty(0, np.int32), [], np.empty(0, "M8[D]"), np.empty(0), np.empty(0))
    meter, place, *columns = row
    return DayAmounts(meter, [quantities[n] for n in (place - 1).tolist()], *columns)


def first_settled(conn: Connection[Any], days: Days, now: datetime) -> NDArray[np.int64]:
    """When each row was first settled, int64[r] [us]; `now` where none stands."""
    row = conn.execute(_SQL["first_settled"], _keys(days) | {"now": now}, binary=True).fetchone()
    return np.empty(0, np.int64) if row is None or row[0] is None else row[0].astype(np.int64)


def write(conn: Connection[Any], rows: Statement, now: datetime) -> None:
    """Put rows, in place of those that stand; their first settlement stays what it was."""
    if len(rows):
        columns = {field.name: _column(getattr(rows, field.name)) for field in fields(rows)}
        conn.execute(_SQL["put"], columns | {"now": now})


def remove(conn: Connection[Any], days: Days) -> None:
    """Take out the rows of days of which nothing is known any more."""
    if len(days):
        conn.execute(_SQL["remove"], _keys(days))


def _column(values: NDArray[Any] | _Texts) -> NDArray[Any] | Texts:
    return values if isinstance(values, np.ndarray) else Texts(values)


def _keys(days: Days) -> dict[str, object]:
    return {"meter_id": days.meter_id, "quantity": Texts(days.quantity), "day": days.day}
