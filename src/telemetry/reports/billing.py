"""The import counters at the billing point: what the demand of the park is read from.

What an enterprise below it draws under a supply contract of its own is taken off.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from accounting.grid import floor_slot
from accounting.intervals import Readings
from telemetry.reports import demand
from telemetry.reports.demand import Block, Highest
from telemetry.reports.roster import Roster
from telemetry.reports.series import quarter_hours
from telemetry.storage import energy, readings
from telemetry.storage.pool import Transaction

_COUNTER = "energy_import"


def has_meter(roster: Roster) -> bool:
    return len(meters(roster)) > 0


def meters(roster: Roster) -> NDArray[np.intp]:
    """Electricity meters on the park's boundary, and those billed apart, intp[b], in order of their ids."""
    if not len(roster.areas):
        return np.empty(0, np.intp)
    found = np.flatnonzero((roster.boundary[0] & roster.electric) | roster.apart)
    return found[np.argsort(_ids(roster, found))]


def _sign(roster: Roster, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """-1 for what is taken off, float64[b]."""
    return np.where(roster.apart[at], -1.0, 1.0)


def month(tx: Transaction, roster: Roster, first_day: date, now: datetime) -> Highest:
    """The highest measured quarter hour so far of the billing month that began on `first_day`."""
    at = meters(roster)
    ids, grid = _ids(roster, at), demand.month_grid(first_day, now)
    first = datetime.fromtimestamp(grid.start_us // 1_000_000, UTC).date()
    days = energy.select(tx, ids, [_COUNTER], first, now.astimezone(UTC).date())
    cells = quarter_hours(
        days.meter_id, days.quantity, days.day, amount=days.amount, coverage=days.coverage, grid=grid
    )
    if not np.isin(ids[roster.apart[at]], cells.meter_id).all():
        return Highest(None, None)
    sign = _sign(roster, at)[np.searchsorted(ids, cells.meter_id)]
    return demand.highest(replace(cells, amount=cells.amount * sign[:, None]), grid)


def block(tx: Transaction, roster: Roster, power_kw: NDArray[np.float64], now_us: int) -> Block:
    """The quarter hour that runs; `power_kw` float64[m]: of each meter, in the line."""
    at = meters(roster)
    ids = _ids(roster, at)
    reach = int(roster.most_s[at].max(initial=0.0) * 1e6)
    rows = readings.select(tx, ids, floor_slot(now_us) - reach, now_us + 1, [_COUNTER])
    place = np.searchsorted(ids, rows.meter_id).astype(np.int32)
    counters = Readings(
        meter=place,
        time=rows.time,
        value=rows.values[:, 0],
        multiplier=roster.multiplier[at][place],
        max_gap=roster.most_s[at],
        rollover=np.array([roster.meters[one].rollover.get(_COUNTER, np.nan) for one in at]),
    )
    return demand.running(counters, power_kw[at], now_us, _sign(roster, at))


def _ids(roster: Roster, at: NDArray[np.intp]) -> NDArray[np.int32]:
    return np.array([roster.meters[one].id for one in at], dtype=np.int32)
