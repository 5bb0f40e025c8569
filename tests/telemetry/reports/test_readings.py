from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from telemetry.reports.errors import QueryError
from telemetry.reports.readings import Resolution, binned, edges, in_the_line, named
from telemetry.storage.registry import RegisteredMeter
from telemetry.storage.terms import BEGINNING, MeterTerm

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAN = float("nan")
_METER = RegisteredMeter(
    id=1,
    code="M",
    name_en="M",
    name_zh="M",
    carrier="electricity",
    source="S",
    device=None,
    address=None,
    serial=None,
    rated_kw=None,
    max_gap_s=900.0,
    interval_s=900.0,
    stamp="end",
    rollover={},
    removed_at=None,
    terms=(),
)
BOTH = ("active_power", "energy_import")


def _bin(time: list[int], rows: list[list[float]], at: list[int]) -> list[list[float]]:
    values = np.array(rows, float).reshape(-1, 2)
    return binned(np.array(time, np.int64), values, BOTH, np.array(at, np.int64)).tolist()


def test_gauges_are_meant_and_counters_stand_as_they_ended() -> None:
    found = _bin([0, 5, 10, 14], [[2, 100], [4, 101], [6, 102], [NAN, 103]], [0, 10, 20])
    assert found == [[3.0, 101.0], [6.0, 103.0]]


def test_an_interval_without_readings_is_unknown_and_not_the_last_value() -> None:
    found = _bin([0, 25], [[2, 100], [4, 110]], [0, 10, 20, 30])
    assert np.isnan(found[1]).all()
    assert found[2] == [4.0, 110.0]


def test_readings_outside_the_edges_do_not_count() -> None:
    assert _bin([-5, 3, 12], [[9, 1], [1, 2], [9, 3]], [0, 10]) == [[1.0, 2.0]]


def test_no_readings_give_unknown_intervals() -> None:
    assert np.isnan(_bin([], [], [0, 10, 20])).all()


def test_minutes_cover_the_range() -> None:
    lo = datetime(2026, 11, 22, 8, 0, 30, tzinfo=UTC)
    assert len(edges(Resolution.MINUTE, SHANGHAI, lo, lo.replace(minute=2, second=1))) == 4
    assert len(edges(Resolution.QUARTER, SHANGHAI, lo, lo.replace(minute=20))) == 3


def test_too_many_minutes_are_refused() -> None:
    lo = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(QueryError, match="longer one"):
        edges(Resolution.MINUTE, SHANGHAI, lo, lo.replace(month=3))


def test_the_multiplier_of_the_moment_counts_and_voltages_stay() -> None:
    later = datetime(2026, 11, 22, tzinfo=UTC)
    terms = tuple(
        MeterTerm(since, m, "A", None, "load", "CN-GD") for since, m in ((BEGINNING, 10.0), (later, 20.0))
    )
    meter = replace(_METER, terms=terms)
    us = int(later.timestamp()) * 1_000_000
    shown = np.array([[1.0, 230.0], [1.0, 231.0]])
    primary = in_the_line(meter, np.array([us - 1, us]), shown, ("active_power", "voltage"))
    assert primary.tolist() == [[10.0, 230.0], [20.0, 231.0]]


def test_columns_without_anything_are_left_off_and_holes_are_null() -> None:
    columns = named(BOTH, np.array([[1.5, NAN], [NAN, NAN]]))
    assert msgspec.json.encode(columns) == b'{"active_power":{"unit":"kW","values":[1.5,null]}}'
