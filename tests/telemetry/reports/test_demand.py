from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from accounting.grid import SLOT_US, Grid
from accounting.intervals import Readings
from telemetry.reports.demand import Block, Highest, highest, month_grid, picture, running
from telemetry.reports.series import Cells

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = 1_795_305_600_000_000  # 2026-11-22T08:00+08:00
MINUTE = 60_000_000
ONE = np.ones(1)


def _counter(minutes: list[float], kwh: list[float], multiplier: float = 1.0) -> Readings:
    n = len(minutes)
    return Readings(
        np.zeros(n, np.int32),
        START + np.round(np.array(minutes) * MINUTE).astype(np.int64),
        np.array(kwh, float),
        np.full(n, multiplier),
        np.array([900.0]),
        np.array([np.nan]),
    )


def test_a_steady_load_is_projected_to_itself() -> None:
    steady = _counter([-1, 0, 1, 2, 3, 4, 5], [99.0, 100.0, 101.0, 102.0, 103.0, 104.0, 105.0])
    block = running(steady, np.array([60.0]), START + 5 * MINUTE, ONE)
    assert block.so_far_kwh == pytest.approx(5.0)
    shown = picture(block, Highest(None, None), START + 5 * MINUTE, SHANGHAI)
    assert shown.so_far_kw == pytest.approx(20.0)
    assert shown.projected_kw == pytest.approx(60.0)
    assert shown.block_start.isoformat() == "2026-11-22T08:00:00+08:00"
    assert shown.block_end.isoformat() == "2026-11-22T08:15:00+08:00"


def test_the_last_power_carries_on_until_now_and_the_multiplier_counts() -> None:
    block = running(_counter([0, 4], [10.0, 10.4], 100.0), np.array([600.0]), START + 6 * MINUTE, ONE)
    assert block.so_far_kwh == pytest.approx(40.0 + 20.0)


def test_feeding_out_is_no_demand() -> None:
    block = running(_counter([0, 5], [10.0, 10.0]), np.array([-300.0]), START + 6 * MINUTE, ONE)
    shown = picture(block, Highest(None, None), START + 6 * MINUTE, SHANGHAI)
    assert (shown.so_far_kw, shown.projected_kw) == (0.0, 0.0)


def test_a_block_that_was_not_seen_from_its_start_is_projected_from_the_power_of_now() -> None:
    block = running(_counter([6, 8], [10.0, 12.0]), np.array([60.0]), START + 8 * MINUTE, ONE)
    shown = picture(block, Highest(4602.0, START - SLOT_US), START + 8 * MINUTE, SHANGHAI)
    assert (shown.so_far_kw, shown.projected_kw) == (None, pytest.approx(60.0))
    assert shown.month_max_at is not None
    assert shown.month_max_at.isoformat() == "2026-11-22T07:45:00+08:00"


def test_what_is_billed_apart_is_taken_off_block_and_power() -> None:
    both = _counter([0, 4, 0, 4], [10.0, 50.0, 5.0, 15.0])
    both = replace(
        both,
        meter=np.array([0, 0, 1, 1], np.int32),
        max_gap=np.full(2, 900.0),
        rollover=np.full(2, np.nan),
    )
    block = running(both, np.array([600.0, 150.0]), START + 4 * MINUTE, np.array([1.0, -1.0]))
    assert (block.so_far_kwh, block.power_kw) == (pytest.approx(30.0), pytest.approx(450.0))


def test_a_park_without_a_billing_meter_has_no_demand() -> None:
    nothing = Readings(
        np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0), np.empty(0)
    )
    assert np.isnan(running(nothing, np.empty(0), START, ONE).so_far_kwh)


def _cells(amount: list[list[float]], coverage: list[list[float]]) -> Cells:
    rows = len(amount)
    return Cells(
        np.arange(rows, dtype=np.int32), ["energy_import"] * rows, np.array(amount), np.array(coverage)
    )


def test_the_maximum_is_of_the_sum_and_never_of_an_estimated_quarter_hour() -> None:
    cells = _cells([[10, 20, 90, 30], [30, 5, 90, np.nan]], [[1, 1, 0.5, 1], [1, 1, 1, 0]])
    assert highest(cells, Grid(START, 4)) == Highest(160.0, START)


def test_no_measured_quarter_hour_gives_no_maximum() -> None:
    assert highest(_cells([[np.nan]], [[0]]), Grid(START, 1)) == Highest(None, None)
    assert highest(_cells([[]], [[]]), Grid(START, 0)) == Highest(None, None)


def test_the_month_is_the_contracts_on_the_parks_clock() -> None:
    for first, count in ((date(2026, 11, 1), 2), (date(2026, 10, 25), 7 * 96 + 2)):
        grid = month_grid(first, datetime(2026, 11, 1, 0, 40, tzinfo=SHANGHAI))
        assert grid.count == count
        begins = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
        assert grid.start_us == int(begins.timestamp()) * 1_000_000


def test_unknown_power_leaves_the_projection_unknown() -> None:
    shown = picture(Block(5.0, float("nan")), Highest(None, None), START + MINUTE, SHANGHAI)
    assert shown.so_far_kw == pytest.approx(20.0)
    assert shown.projected_kw is None
