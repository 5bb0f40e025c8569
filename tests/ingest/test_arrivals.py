from collections.abc import Sequence

import numpy as np

from ingest.arrivals import Arrivals
from ingest.batch import Batch


def _batch(meters: Sequence[str], rows: Sequence[int]) -> Batch:
    count = len(rows)
    times, values = np.zeros(count, np.int64), np.zeros((count, 1))
    return Batch("scada", tuple(meters), np.array(rows, np.int32), times, ("voltage",), values)


def test_every_row_is_booked_to_its_meter_however_fast_they_come() -> None:
    arrivals = Arrivals()
    for n in range(50):
        arrivals.took(_batch(["A", "B"], [0, 1, 1]), (), 1000 + n * 0.1, 0.01 * n)
        arrivals.took(_batch(["B", "C"], [1]), (), 1000 + n * 0.1, 0.5)
    health = arrivals.health["scada"]
    assert {code: meter.reads for code, meter in health.meters.items()} == {"A": 50, "B": 100, "C": 50}
    assert health.line.reads == 200
    assert (health.meters["A"].last_success, health.meters["A"].latency) == (1004.9, 0.49)
    assert arrivals.health["scada"].meters["C"].reads == 50


def test_they_are_booked_once_a_second_though_nobody_asks() -> None:
    arrivals = Arrivals()
    for at in (1000.0, 1000.5, 1001.0, 1001.2):
        arrivals.took(_batch(["A"], [0]), (), at, 0.0)
    assert arrivals._known["scada"].meters["A"].reads == 3
