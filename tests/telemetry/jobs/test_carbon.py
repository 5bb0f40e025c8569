"""What a statement's day emitted, without a database."""

from datetime import date

import numpy as np
import pytest

from telemetry.jobs.basis import Basis
from telemetry.jobs.carbon import Amounts, emissions
from telemetry.storage.registry import RegisteredMeter
from telemetry.storage.terms import BEGINNING, MeterTerm

DAY = date(2023, 5, 10)
METER = RegisteredMeter(
    id=7,
    code="m7",
    name_en="m7",
    name_zh="m7",
    carrier="steam",
    source="push",
    device=None,
    address=None,
    serial=None,
    rated_kw=None,
    max_gap_s=900.0,
    interval_s=900.0,
    stamp="end",
    rollover={},
    removed_at=None,
    terms=(MeterTerm(BEGINNING, 1.0, "park", None, "boundary", "CN-GD"),),
)


@pytest.mark.parametrize(
    ("quantity", "scope", "way"),
    [
        ("gas_volume", 1, "direct"),
        ("fuel_mass", 1, "direct"),
        ("heat_energy", 2, "location"),
        ("gas_volume_20c", 1, "direct"),
    ],
)
def test_a_shortfall_is_booked_in_the_scope_of_its_quantity(
    basis: Basis, quantity: str, scope: int, way: str
) -> None:
    day = np.array([DAY], "M8[D]")
    rows = Amounts(np.array([7], np.int32), [quantity], day, np.array([5.0]), day)
    found = emissions(rows, {7: METER}, {7: frozenset({quantity})}, basis, DAY)
    assert found.scope.tolist() == [scope] * 2
    assert list(found.basis) == [way] * 2
    assert all(found.shortfall)
