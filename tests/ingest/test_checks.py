from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checks import Checks, Doubt, Looked

MIN = 60_000_000
NOW = 10_000 * MIN
Row = tuple[int, int, dict[str, float]]
Flag = tuple[int, int, str, str, float]


def looked(checks: Checks, *rows: Row) -> tuple[Looked, list[Flag]]:
    """Rows (meter, minute, values) and the flags (meter, minute, quantity, flag, delta) they got."""
    columns = tuple(dict.fromkeys(name for _, _, values in rows for name in values))
    meter = np.array([row[0] for row in rows], np.int32)
    time = np.array([row[1] * MIN for row in rows])
    table = np.array([[values.get(name, np.nan) for name in columns] for _, _, values in rows])
    found = checks.look(meter, time, columns, table.reshape(len(rows), len(columns)), NOW)
    doubts = found.doubts
    flags = [
        (int(meter[row]), int(time[row]) // MIN, quantity, str(flag), round(float(delta), 6))
        for row, quantity, flag, delta in zip(
            doubts.row, doubts.quantity, doubts.flag, doubts.delta, strict=True
        )
    ]
    return found, flags


def flags(checks: Checks, *rows: Row) -> list[Flag]:
    found, flags = looked(checks, *rows)
    checks.hold(found)
    return flags


@pytest.mark.parametrize(
    ("quantity", "value", "beyond"),
    [
        ("voltage", -1.0, 1.0),
        ("frequency", 71.5, 1.5),
        ("power_factor", 1.25, 0.25),
        ("energy_import", -3.0, 3.0),
        ("state_of_charge", 104.0, 4.0),
        ("gas_temperature", 2000.0, 500.0),
        ("energy_import_amount", -2.0, 2.0),
    ],
)
def test_a_value_that_cannot_be_is_flagged_with_how_far_it_is_out(
    quantity: str, value: float, beyond: float
) -> None:
    assert flags(Checks(), (1, 0, {quantity: value})) == [(1, 0, quantity, "range", beyond)]


def test_a_line_without_voltage_has_no_frequency_either() -> None:
    assert flags(Checks(), (1, 0, {"voltage_l1": 0.0, "frequency": 0.0})) == []
    assert flags(Checks(), (1, 0, {"frequency": 0.5})) == [(1, 0, "frequency", "range", 39.5)]


def test_ordinary_values_get_no_flag() -> None:
    rows: list[Row] = [
        (
            1,
            m,
            {"voltage": 230.0 + m % 3, "energy_import": float(m), "active_power": -5.0, "power_factor": -0.9},
        )
        for m in range(200)
    ]
    assert flags(Checks(), *rows) == []


def test_power_is_compared_with_what_the_meter_is_rated_for() -> None:
    checks = Checks()
    checks.learn({1: 100.0})
    assert flags(checks, (1, 0, {"active_power": 149.0}), (1, 1, {"active_power": -160.0})) == [
        (1, 1, "active_power", "range", 10.0)
    ]
    assert flags(checks, (2, 0, {"active_power": 1e4}), (9, 0, {"active_power": 1e4})) == []


@pytest.mark.parametrize("at_once", [True, False])
def test_a_counter_that_goes_back_is_flagged_within_a_batch_and_between_two(*, at_once: bool) -> None:
    checks, rows = Checks(), [(1, 0, {"energy_import": 10.0}), (1, 1, {"energy_import": 7.5})]
    found = flags(checks, *rows) if at_once else [flag for row in rows for flag in flags(checks, row)]
    assert found == [(1, 1, "energy_import", "counter_back", -2.5)]


def test_a_hole_between_does_not_hide_a_fall() -> None:
    rows: list[Row] = [
        (1, 0, {"energy_import": 10.0, "voltage": 230.0}),
        (1, 1, {"voltage": 231.0}),
        (1, 2, {"energy_import": 9.0, "voltage": 230.0}),
    ]
    assert flags(Checks(), *rows) == [(1, 2, "energy_import", "counter_back", -1.0)]


def test_what_comes_late_is_not_compared_with_what_is_newer() -> None:
    checks = Checks()
    flags(checks, (1, 10, {"energy_import": 10.0}))
    assert flags(checks, (1, 5, {"energy_import": 4.0})) == []
    assert flags(checks, (1, 11, {"energy_import": 9.0})) == [(1, 11, "energy_import", "counter_back", -1.0)]


def test_another_meter_is_another_counter() -> None:
    assert flags(Checks(), (1, 0, {"energy_import": 10.0}), (2, 1, {"energy_import": 7.5})) == []


def test_a_step_no_grid_makes_and_a_flow_no_meter_has_are_jumps() -> None:
    checks = Checks()
    checks.learn({1: 100.0})
    rows: list[Row] = [
        (1, 0, {"frequency": 50.0, "energy_import": 0.0}),
        (1, 6, {"frequency": 46.0, "energy_import": 31.0}),
        (1, 12, {"frequency": 46.1, "energy_import": 60.0}),
        (1, 120, {"frequency": 50.0, "energy_import": 600.0}),
    ]
    assert flags(checks, *rows) == [
        (1, 6, "frequency", "jump", -4.0),
        (1, 6, "energy_import", "jump", 31.0),
    ]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_voltage_that_stands_still_for_an_hour_is_told_once(size: int) -> None:
    checks = Checks()
    rows: list[Row] = [(1, m, {"voltage": 230.1 if m >= 3 else 230.0}) for m in range(0, 200, 3)]
    found = [
        flag for first in range(0, len(rows), size) for flag in flags(checks, *rows[first : first + size])
    ]
    assert found == [(1, 63, "voltage", "stuck", 0.0)]


def test_a_phase_without_voltage_and_two_equal_readings_far_apart_are_not_stuck() -> None:
    assert flags(Checks(), *((1, m, {"voltage": 0.0}) for m in range(100))) == []
    assert flags(Checks(), *((1, m, {"voltage": 230.0}) for m in range(0, 600, 60))) == []


def test_a_reading_from_the_future_is_told_at_its_time() -> None:
    now = NOW // MIN
    assert flags(Checks(), (1, now + 1, {"voltage": 230.0}), (1, now + 5, {"voltage": 231.0})) == [
        (1, now + 5, "time", "clock_ahead", 300.0)
    ]


def test_what_was_not_committed_is_not_remembered() -> None:
    checks = Checks()
    looked(checks, (1, 0, {"energy_import": 10.0}))
    assert flags(checks, (1, 1, {"energy_import": 5.0})) == []


def test_no_rows_get_no_flags() -> None:
    found = Checks().look(np.empty(0, np.int32), np.empty(0, np.int64), ("voltage",), np.empty((0, 1)), NOW)
    assert not len(found.doubts.row)
    Checks().hold(found)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "energy_import": st.sampled_from([0.0, 1.0, 2.0, 90.0, -1.0]),
        "frequency": st.sampled_from([50.0, 49.9, 60.0, 80.0]),
        "voltage": st.sampled_from([230.0, 230.1, 0.0]),
    },
)


@given(st.lists(VALUES.filter(bool), max_size=40), st.integers(1, 40), st.sampled_from([1, 10, 20]))
def test_how_rows_are_cut_into_batches_changes_no_flag(
    course: list[dict[str, Any]], size: int, minutes: int
) -> None:
    rows: list[Row] = [(1, n * minutes, values) for n, values in enumerate(course)]
    whole, cut = Checks(), Checks()
    for checks in (whole, cut):
        checks.learn({1: 10.0})
    pieces = [flag for n in range(0, len(rows), size) for flag in flags(cut, *rows[n : n + size])]
    assert sorted(pieces) == sorted(flags(whole, *rows) if rows else [])
    assert {flag for *_, flag, _ in pieces} <= set(Doubt)
