"""Months of the statement: added up from its days in the transaction that changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import cost, queries
from telemetry.storage.arrays import Texts
from telemetry.storage.daily import Days

_SQL = queries.beside(__file__)
_BASE = 1 << 20
"""More than there are months."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthAmounts:
    """Months of one quantity, in no order."""

    quantity: str
    meter_id: NDArray[np.int32]
    month: NDArray[np.datetime64]
    """First days, datetime64[D][r]."""
    amount: NDArray[np.float64]
    days: NDArray[np.int16]
    """Days that have an amount."""
    measured: NDArray[np.float64]
    """Coverage of its days, added up."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthMasses:
    """Months of one quantity in which one factor, or one reason for none, held; in no order."""

    quantity: str
    gas: str
    factor: str | None
    shortfall: str | None
    meter_id: NDArray[np.int32]
    month: NDArray[np.datetime64]
    amount: NDArray[np.float64]
    """[kg], NaN: no factor."""
    days: NDArray[np.int16]
    measured: NDArray[np.float64]
    first_day: NDArray[np.datetime64]
    last_day: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Wanted:
    meter_id: NDArray[np.int32]
    quantities: Sequence[str]
    first: date
    """First day of the first month."""
    last: date
    """Any day of the last."""


def refresh(conn: Connection[Any], changed: Days) -> None:
    """Add up anew the months of days that changed."""
    if len(changed):
        keys = _months(changed)
        for name in ("remove", "remove_emission", "put", "put_emission"):
            conn.execute(_SQL[name], keys)
        cost.refresh(conn, keys)


def _months(days: Days) -> dict[str, object]:
    codes = {name: code for code, name in enumerate(dict.fromkeys(days.quantity))}
    code = np.array([codes[name] for name in days.quantity], np.int64)
    month = days.day.astype("M8[M]")
    pair = days.meter_id.astype(np.int64) * len(codes) + code
    _, at = np.unique(pair * _BASE + month.astype(np.int64), return_index=True)
    return {
        "meter_id": days.meter_id[at],
        "quantity": Texts([days.quantity[row] for row in at.tolist()]),
        "month": month[at].astype("M8[D]"),
    }


def quantities(conn: Connection[Any], meter_ids: Sequence[int]) -> dict[int, set[str]]:
    """What each meter has months of."""
    found: dict[int, set[str]] = {}
    for meter_id, name in conn.execute(_SQL["quantities"], {"meters": list(meter_ids)}):
        found.setdefault(meter_id, set()).add(name)
    return found


def select(conn: Connection[Any], wanted: Wanted) -> list[MonthAmounts]:
    rows = conn.execute(_SQL["select"], _asked(wanted), binary=True).fetchall()
    return [MonthAmounts(*row) for row in rows]


def emitted(conn: Connection[Any], wanted: Wanted, revision: str) -> list[MonthMasses]:
    asked = _asked(wanted) | {"revision": revision}
    rows = conn.execute(_SQL["select_emission"], asked, binary=True).fetchall()
    return [MonthMasses(*row) for row in rows]


def _asked(wanted: Wanted) -> dict[str, object]:
    return {
        "meters": wanted.meter_id.astype(np.int32),
        "quantities": list(wanted.quantities),
        "first": wanted.first,
        "last": wanted.last,
    }
