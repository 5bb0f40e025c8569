"""What each meter usually draws at this hour of the week."""

from datetime import timedelta

import numpy as np

from accounting.grid import DAY_SLOTS, SLOT_US, moment_of
from alerts.park import Park
from telemetry.storage import energy
from telemetry.storage.pool import Transaction

_WEEK = timedelta(days=7)
_WEEKS, _LEAST = 4, 2
_MEASURED = 0.9


def usual_kw(tx: Transaction, park: Park, now_us: int) -> dict[str, float]:
    """Meter -> mean import power [kW] of the same quarter hour in the four weeks before.

    Without those for which it was measured in fewer than two of them.
    """
    today, slot = moment_of(now_us).date(), now_us // SLOT_US % DAY_SLOTS
    days = [today - week * _WEEK for week in range(1, _WEEKS + 1)]
    found: dict[int, list[float]] = {}
    for day in days:
        rows = energy.select(tx, park.ids, ["energy_import"], day, day)
        amount = np.where(rows.coverage[:, slot] >= _MEASURED, rows.amount[:, slot], np.nan)
        for meter, kwh in zip(rows.meter_id.tolist(), amount.tolist(), strict=True):
            if not np.isnan(kwh):
                found.setdefault(meter, []).append(kwh * 4)
    codes = dict(zip(park.ids.tolist(), park.codes, strict=True))
    return {codes[meter]: float(np.mean(kw)) for meter, kw in found.items() if len(kw) >= _LEAST}
