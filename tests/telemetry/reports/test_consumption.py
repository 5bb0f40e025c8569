"""What is billed apart is taken off: kWh and what they cost, by whatever sign the hours had."""

from decimal import Decimal

import pytest

from telemetry.reports.consumption import Consumption, Kind
from telemetry.storage.cost import PER_UNIT

CURVE = Kind("valley", None, "contract", provisional=False, reason="", unpriced=False)


def _used(kwh: float, cost: int) -> Consumption:
    found = Consumption()
    found.kwh[CURVE], found.cost[CURVE] = kwh, cost * PER_UNIT
    return found


@pytest.mark.parametrize(
    ("whole", "apart", "left", "cost"),
    [
        ((100.0, 50), (40.0, 20), "60.00", 30),
        ((100.0, -50), (40.0, -20), "60.00", -30),
        ((100.0, 10), (40.0, -20), "60.00", 30),
        ((100.0, -10), (40.0, 20), "60.00", -30),
        ((40.0, 20), (100.0, 50), "0.00", 0),
        ((40.0, -20), (100.0, -50), "0.00", 0),
        ((100.0, 20), (40.0, 50), "60.00", 0),
    ],
)
def test_costs_below_nothing_are_taken_off_like_others(
    whole: tuple[float, int], apart: tuple[float, int], left: str, cost: int
) -> None:
    used = _used(*whole)
    used.less(_used(*apart))
    [use] = used.uses()
    assert (use.kwh, use.cost) == (Decimal(left), Decimal(cost))
