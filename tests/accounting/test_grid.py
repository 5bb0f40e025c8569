from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.errors import SeriesError
from accounting.grid import (
    SLOT_US,
    Grid,
    ceil_slot,
    floor_slot,
    local_day_edges,
    local_days,
    local_month_edges,
    local_wall,
    to_us,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    SHANGHAI,
    BERLIN,
    ZoneInfo("America/Los_Angeles"),
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("America/Havana"),
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("Asia/Gaza"),
]


def at(*when: int, zone: ZoneInfo | None = None) -> int:
    year, month, day, *clock = when
    return to_us(datetime(year, month, day, *clock, tzinfo=zone or UTC))


def test_a_slot_begins_at_its_own_edge() -> None:
    edge = at(2026, 11, 22, 10, 15)
    assert floor_slot(edge) == ceil_slot(edge) == edge
    assert floor_slot(edge + 1) == edge
    assert ceil_slot(edge + 1) == edge + SLOT_US
    assert ceil_slot(np.array([edge - 1, edge + 1])).tolist() == [edge, edge + SLOT_US]


def test_slots_before_1970_fall_backwards() -> None:
    assert floor_slot(-1) == -SLOT_US
    assert ceil_slot(-1) == 0


def test_grid_covers_what_a_range_touches() -> None:
    lo = at(2026, 11, 22, 10, 1)
    grid = Grid.covering(lo, lo + 30 * 60_000_000)
    assert (grid.start_us, grid.count) == (at(2026, 11, 22, 10), 3)
    assert len(grid.edges) == 4
    assert grid.edges[-1] == grid.end_us
    assert grid.slots.tolist() == grid.edges[:-1].tolist()


def test_grid_off_the_quarter_hour_is_refused() -> None:
    with pytest.raises(SeriesError, match="900000001"):
        Grid(900_000_001, 4)
    with pytest.raises(SeriesError, match="-1"):
        Grid(0, -1)


def test_days_of_shanghai_begin_at_16_utc() -> None:
    edges = local_day_edges(SHANGHAI, date(2024, 2, 28), date(2024, 3, 1))
    assert edges[0] == at(2024, 2, 27, 16)
    assert (np.diff(edges) == 96 * SLOT_US).all()
    assert len(edges) == 4


def test_berlin_has_a_day_of_23_and_one_of_25_hours() -> None:
    spring = local_day_edges(BERLIN, date(2026, 3, 29), date(2026, 3, 29))
    autumn = local_day_edges(BERLIN, date(2026, 10, 25), date(2026, 10, 25))
    assert np.diff(spring) // SLOT_US == [92]
    assert np.diff(autumn) // SLOT_US == [100]


def test_months_run_over_the_turn_of_the_year() -> None:
    edges = local_month_edges(SHANGHAI, date(2023, 12, 31), date(2024, 2, 1))
    assert edges.tolist() == [
        at(*d, zone=SHANGHAI) for d in [(2023, 12, 1), (2024, 1, 1), (2024, 2, 1), (2024, 3, 1)]
    ]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_days_and_day_edges_agree_all_year(zone: ZoneInfo) -> None:
    edges = local_day_edges(zone, date(2025, 1, 1), date(2026, 12, 31))
    slots = np.arange(edges[0], edges[-1], SLOT_US)
    days = local_days(zone, slots)
    expected = np.searchsorted(edges, slots, side="right") - 1
    assert (days == np.datetime64("2025-01-01") + expected).all()


@given(
    zone=st.sampled_from(ZONES),
    us=st.integers(at(1990, 1, 1), at(2037, 1, 1)),
)
def test_wall_clock_is_the_zones(zone: ZoneInfo, us: int) -> None:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).astimezone(zone)
    assert local_wall(zone, np.array([us])).tolist() == [to_us(local.replace(tzinfo=UTC))]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_wall_clock_is_right_on_either_side_of_every_change(zone: ZoneInfo) -> None:
    hours = np.arange(at(2024, 1, 1), at(2027, 1, 1), SLOT_US * 2)
    near = np.concatenate((hours - 1, hours))
    wall = local_wall(zone, near)
    changes = np.flatnonzero(np.diff(local_wall(zone, hours) - hours))
    for k in np.concatenate((changes, changes + 1)):
        for us, shown in ((near[k], wall[k]), (hours[k], wall[k + len(hours)])):
            local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(us))).astimezone(zone)
            assert shown == to_us(local.replace(tzinfo=UTC))


def test_nothing_in_nothing_out() -> None:
    assert local_days(SHANGHAI, np.array([], dtype=np.int64)).size == 0
