"""Settled days and readings as columns."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from accounting.grid import SLOT_US, Grid
from ingest.batch import Batch
from telemetry.storage import energy, readings
from telemetry.storage.energy import QuarterHours
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

DAY_US = 96 * SLOT_US


def _ranges(*ranges: tuple[int, int, int]) -> Ranges:
    meter, lo, hi = (np.array(column, np.int64) for column in zip(*ranges, strict=True))
    return Ranges(meter.astype(np.int32), lo * SLOT_US, hi * SLOT_US)


def _put(db: Database, ranges: Ranges, value: float) -> None:
    grid = Grid.covering(int(ranges.lo.min()), int(ranges.hi.max()))
    shape = (len(ranges), grid.count)
    with db.connection() as conn:
        settled = QuarterHours(grid, np.full(shape, value), np.full(shape, 0.5, np.float32))
        energy.write(conn, "energy_import", ranges, settled)


def _read(db: Database) -> energy.EnergyDays:
    with db.connection() as conn:
        return energy.select(
            conn, np.array([1, 2], np.int32), ["energy_import"], date(1970, 1, 1), date(1970, 1, 9)
        )


def test_a_range_replaces_its_own_slots_alone(database: Database) -> None:
    _put(database, _ranges((1, 90, 100), (2, 97, 98)), 1.0)
    _put(database, _ranges((1, 95, 97)), 7.0)
    days = _read(database)
    assert (days.meter_id.tolist(), days.quantity) == ([1, 1, 2], ["energy_import"] * 3)
    assert days.day.tolist() == [date(1970, 1, 1), date(1970, 1, 2), date(1970, 1, 2)]
    np.testing.assert_array_equal(days.amount[0, 88:], [np.nan, np.nan, 1, 1, 1, 1, 1, 7])
    np.testing.assert_array_equal(days.amount[1, :6], [7, 1, 1, 1, np.nan, np.nan])
    np.testing.assert_array_equal(days.coverage[2, :3], np.array([0, 0.5, 0], np.float32))


def test_a_day_of_which_nothing_is_known_is_no_row(database: Database) -> None:
    _put(database, _ranges((1, 0, 4)), np.nan)
    assert len(_read(database)) == 0
    _put(database, _ranges((1, 0, 4)), 2.0)
    _put(database, _ranges((1, 0, 4)), np.nan)
    assert len(_read(database)) == 0


def test_readings_of_a_half_open_range_by_meter_and_time(
    writer: Writer, three: Database, batch: Callable[..., Batch]
) -> None:
    rows = [
        (m, s, {"demand": s * 1.0} if s % 20 else {"voltage": 1.0})
        for s in (30, 10, 20)
        for m in ("m2", "m1")
    ]
    writer.write([batch(*rows)])
    with three.connection() as conn:
        ids = np.array([2, 1], np.int32)
        found = readings.select(conn, ids, 10_000_000, 30_000_000, ["demand", "voltage"])
        newest = readings.select(conn, ids, 0, 10**15, ["demand"], 1)
        none = readings.select(conn, ids, 0, 1, ["demand"])
    assert found.meter_id.tolist() == [1, 1, 2, 2]
    assert found.time.tolist() == [10_000_000, 20_000_000] * 2
    np.testing.assert_array_equal(found.values, [[10, np.nan], [np.nan, 1]] * 2)
    assert newest.time.tolist() == [30_000_000] * 2
    assert (len(none), none.values.shape) == (0, (0, 1))


@pytest.mark.parametrize(
    ("values", "still", "lo", "hi"),
    [
        ([1, 2, 3, 4, 5, 6, 7], False, 2, 6),
        ([1, 0, 2, 3, 4, 0, 5, 6], False, 1, 7),
        ([0, 0, 0, 1, 2, 0, 0, 0], False, 3, 8),
        ([0, 0, 0, 0, 0, 0, 0, 0], True, 2, 6),
    ],
)
def test_anchors_reach_past_zeros(
    writer: Writer,
    three: Database,
    batch: Callable[..., Batch],
    values: list[float],
    still: bool,
    lo: int,
    hi: int,
) -> None:
    """Around the fourth of readings at 1, 2, 3 ... s, two to either side."""
    writer.write([batch(*(("m1", n, {"energy_import": float(v)}) for n, v in enumerate(values, 1)))])
    at = np.array([4_000_000])
    with three.connection() as conn:
        asked = Ranges(np.array([1], np.int32), at, at)
        found = readings.anchors(conn, "energy_import", asked, np.array([still]), 2)
    assert (found.lo.tolist(), found.hi.tolist()) == ([lo * 1_000_000], [hi * 1_000_000])
