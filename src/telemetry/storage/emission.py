"""Emissions of the statement's days, as reported and as current, with the factor or the shortfall of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from telemetry.storage import queries
from telemetry.storage.arrays import Texts
from telemetry.storage.daily import Days

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class Emissions(Days):
    """One row per meter, quantity, local day, basis, gas and revision."""

    basis: Sequence[str]
    """location for purchased energy, direct for what burns on site."""
    gas: Sequence[str]
    revision: Sequence[str]
    """reported: with the factor known at first settlement; current: with the one known now."""
    scope: NDArray[np.int16]
    kg: NDArray[np.float64]
    """NaN: no factor."""
    factor: Sequence[str | None]
    """Its id."""
    shortfall: Sequence[str | None]
    """Why there is no factor."""


@dataclass(frozen=True, slots=True, eq=False)
class Masses(Days):
    """What reports read of them, by meter, quantity and day."""

    gas: Sequence[str]
    kg: NDArray[np.float64]
    """NaN: no factor."""
    factor: Sequence[str | None]
    shortfall: Sequence[str | None]


def select(  # noqa: PLR0917  # which rows, as everywhere
    conn: Connection[Any],
    meter_ids: NDArray[np.int32],
    quantities: Sequence[str],
    first_day: date,
    last_day: date,
    revision: str,
) -> Masses:
    """Rows of the local days first..last."""
    asked = {
        "meters": meter_ids.astype(np.int32),
        "quantities": list(quantities),
        "first": first_day,
        "last": last_day,
        "revision": revision,
    }
    row = conn.execute(_SQL["select"], asked, binary=True).fetchone()
    if row is None or row[0] is None:
        return Masses(np.empty(0, np.int32), [], np.empty(0, "M8[D]"), [], np.empty(0), [], [])
    meter, place, day, *columns = row
    return Masses(meter, [quantities[n] for n in (place - 1).tolist()], day, *columns)


def remove(conn: Connection[Any], days: Days) -> None:
    if len(days):
        keys = {"meter_id": days.meter_id, "quantity": Texts(days.quantity), "day": days.day}
        conn.execute(_SQL["remove"], keys)


def replace(conn: Connection[Any], days: Days, rows: Emissions, now: datetime) -> None:
    """Let `rows`, all of them of `days`, be the only ones of these."""
    keys = {
        "meter_id": rows.meter_id,
        "quantity": Texts(rows.quantity),
        "day": rows.day,
        "basis": Texts(rows.basis),
        "gas": Texts(rows.gas),
        "revision": Texts(rows.revision),
    }
    columns = {
        "scope": rows.scope,
        "kg": rows.kg,
        "factor": Texts(rows.factor),
        "shortfall": Texts(rows.shortfall),
        "now": now,
    }
    of = {"of_meter": days.meter_id, "of_quantity": Texts(days.quantity), "of_day": days.day}
    conn.execute(_SQL["put"], keys | columns)
    conn.execute(_SQL["remove_others"], keys | of)
