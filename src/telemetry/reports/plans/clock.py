"""Settled quarter hours laid on local days, quarter hour by quarter hour of the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS, SLOT_US, Grid, local_wall
from telemetry.reports.series import quarter_hours
from telemetry.storage import energy
from telemetry.storage.pool import Transaction

_Floats = NDArray[np.float64]
_DAY_US = DAY_SLOTS * SLOT_US


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Local days that follow one another, counted from 1970."""

    zone: ZoneInfo
    numbers: NDArray[np.int64]

    @property
    def grid(self) -> Grid:
        """Quarter hours that hold all of them, wherever in the world."""
        return Grid((int(self.numbers[0]) - 1) * _DAY_US, (len(self.numbers) + 2) * DAY_SLOTS)

    def laid(self, values: _Floats) -> _Floats:
        """float64[r, n] on the grid -> float64[r, d, 96]; of an hour that DST repeats the second."""
        wall = local_wall(self.zone, self.grid.slots)
        day, slot = wall // _DAY_US - self.numbers[0], wall // SLOT_US % DAY_SLOTS
        inside = (day >= 0) & (day < len(self.numbers))
        found = np.full((len(values), len(self.numbers), DAY_SLOTS), np.nan)
        found[:, day[inside], slot[inside]] = values[:, inside]
        return found


def settled(tx: Transaction, ids: NDArray[np.int32], quantity: str, days: Days) -> Mapping[int, _Floats]:
    """Meter id -> amounts float64[d, 96]; NaN where nothing is known. Raises QueryError for too many."""
    grid = days.grid
    first, last = (
        datetime.fromtimestamp(us // 1_000_000, UTC).date() for us in (grid.start_us, grid.end_us - 1)
    )
    found = energy.select(tx, ids, [quantity], first, last)
    cells = quarter_hours(
        found.meter_id, found.quantity, found.day, amount=found.amount, coverage=found.coverage, grid=grid
    )
    rows = dict.fromkeys(ids.tolist(), np.full((len(days.numbers), DAY_SLOTS), np.nan))
    return rows | dict(zip(cells.meter_id.tolist(), days.laid(cells.amount), strict=True))
