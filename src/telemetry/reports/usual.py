"""What each meter usually draws at this hour of the week."""

from datetime import timedelta

import numpy as np

from accounting.grid import DAY_SLOTS, SLOT_US, floor_slot, moment_of, to_us
from alerts.park import Park
from telemetry.storage import energy
from telemetry.storage.pool import Transaction

_WEEK = timedelta(days=7)
_WEEKS, _LEAST = 4, 2
_MEASURED = 0.9


def usual_kw(tx: Transaction, park: Park, now_us: int) -> dict[str, float]:
    """Meter -> mean import power [kW] of this quarter hour of the park's clock in the four weeks before.

    Without those for which it was measured in fewer than two of them.
    """
    local = moment_of(floor_slot(now_us)).astimezone(park.zone)
    found: dict[int, list[float]] = {}
    for week in range(1, _WEEKS + 1):
        before = to_us(local - week * _WEEK)
        day, slot = moment_of(before).date(), before // SLOT_US % DAY_SLOTS
        rows = energy.select(tx, park.ids, ["energy_import"], day, day)
        amount = np.where(rows.coverage[:, slot] >= _MEASURED, rows.amount[:, slot], np.nan)
        for meter, kwh in zip(rows.meter_id.tolist(), amount.tolist(), strict=True):
            if not np.isnan(kwh):
                found.setdefault(meter, []).append(kwh * 4)
    codes = dict(zip(park.ids.tolist(), park.codes, strict=True))
    return {codes[meter]: float(np.mean(kw)) for meter, kw in found.items() if len(kw) >= _LEAST}
