from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from accounting.sources import ELECTRICITY, SOURCES, UNSETTLED
from telemetry.reports import live
from telemetry.reports.area_sums import AreaSums
from telemetry.reports.board import Board
from telemetry.reports.live import COUNTERS, EMITTERS, LATE, LIVE, NEVER, QUANTITIES, STALE, Last
from telemetry.reports.picture import AreaRow, Counts, State
from telemetry.reports.roster import Roster, roster
from telemetry.storage.latest import Newest
from telemetry.storage.registry import RegisteredArea, RegisteredMeter, Registry
from telemetry.storage.terms import BEGINNING, MeterTerm

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000
NAN = float("nan")
POWER = QUANTITIES.index("active_power")
Park = Callable[..., Roster]


def _area(number: int, code: str, kind: str, parent: str | None) -> RegisteredArea:
    return RegisteredArea(number, code, kind, parent, code, code, None)


def _meter(
    number: int, area: str, role: str, carrier: str = "electricity", ct: float = 1.0
) -> RegisteredMeter:
    term = MeterTerm(BEGINNING, ct, area, None, role, "CN-GD")
    code = f"M{number}"
    return RegisteredMeter(
        id=number,
        code=code,
        name_en=code,
        name_zh=code,
        carrier=carrier,
        source="line",
        device=None,
        address=None,
        serial=None,
        rated_kw=None,
        max_gap_s=900.0,
        interval_s=900.0,
        stamp="end",
        rollover={},
        removed_at=None,
        terms=(term,),
    )


AREAS = (
    _area(1, "A", "enterprise", "P"),
    _area(2, "P", "park", None),
    _area(3, "W", "workshop", "A"),
    _area(4, "EMPTY", "enterprise", "P"),
)
METERS = (
    _meter(11, "P", "boundary", ct=100.0),
    _meter(12, "A", "boundary"),
    _meter(13, "W", "generation"),
    _meter(14, "W", "load"),
    _meter(15, "P", "boundary", "gas"),
)
POLLED_S = {meter.code: 5.0 for meter in METERS}


@pytest.fixture
def people() -> Roster:
    return roster(Registry(AREAS, METERS), POLLED_S, NOW)


def _last(ages: list[float], power: list[float]) -> Last:
    last = Last.none(len(ages))
    for i, age in enumerate(ages):
        if not np.isnan(age):
            last.time[i] = NOW_US - int(age * 1e6)
    last.values[:, POWER] = power
    return last


def test_a_meter_that_did_not_answer_is_late_at_once_and_no_better_for_it() -> None:
    state = np.array([LIVE, LIVE, STALE, NEVER], np.int8)
    doubted = live.doubted(state, ["a", "b", "c", "d"], {"b", "c", "d"})
    assert doubted.tolist() == [LIVE, LATE, STALE, NEVER]


def test_states_follow_the_poll_and_change_without_new_data() -> None:
    last = _last([0.0, 12.0, 12.1, 27.0, 27.1, NAN], [1.0] * 6)
    found = live.states(live.age_s(last.time, NOW_US), np.full(6, 5.0))
    assert found.tolist() == [LIVE, LIVE, LATE, LATE, STALE, NEVER]
    later = live.states(live.age_s(last.time, NOW_US + 30_000_000), np.full(6, 5.0))
    assert later.tolist() == [STALE] * 5 + [NEVER]
    assert live.counts(found) == Counts(2, 2, 1, 1)


def test_a_clock_ahead_of_ours_makes_no_negative_age() -> None:
    assert live.age_s(_last([-3.0], [1.0]).time, NOW_US).tolist() == [0.0]


def test_the_park_comes_first_and_areas_without_meters_stay_out(people: Roster) -> None:
    assert people.areas == ["P", "A", "W"]
    assert people.boundary.tolist()[0] == [True, False, False, False, True]
    assert people.inside.tolist() == [[False, False, True, False, False]] * 3


def _rates(people: Roster, last: Last, per_hour: dict[int, dict[str, float]]) -> NDArray[np.float64]:
    """Rates at 0.5 kg per kWh and 2 kg per unit of anything else; `per_hour` by row and counter."""
    shown = ~np.isnan(last.values)
    rises = np.full((len(people), len(COUNTERS)), np.nan)
    for row, counters in per_hour.items():
        for name, rise in counters.items():
            shown[row, QUANTITIES.index(name)] = True
            if name in COUNTERS:
                rises[row, COUNTERS.index(name)] = rise
    each = np.array([NAN if n in UNSETTLED else 0.5 if SOURCES[n] is ELECTRICITY else 2.0 for n in EMITTERS])
    factor = np.tile(each, (len(people), 1))
    return live.co2_rate(people, live.flows(people, last, rises), live.counted(shown), factor)


def _power(people: Roster, last: Last) -> NDArray[np.float64]:
    """Of meters none of whose counters rises."""
    return live.power_kw(people, last, np.full((len(people), len(COUNTERS)), NAN), ~np.isnan(last.values))


def _areas(people: Roster, ages: list[float], power: list[float], **gas: float) -> dict[str, AreaRow]:
    last = _last(ages, power)
    kw = _power(people, last)
    rate = _rates(people, last, {4: gas} if gas else {})
    state = live.states(live.age_s(last.time, NOW_US), np.full(len(people), 5.0))
    return {row.area: row for row in AreaSums(people).rows(kw, rate, state)}


def test_areas_are_their_boundary_and_what_they_generate(people: Roster) -> None:
    rows = _areas(people, [1.0] * 5, [4.0, 150.0, -50.0, 120.0, NAN], gas_volume_20c=30.0)
    assert rows["P"] == AreaRow("P", 450.0, 400.0, 50.0, 260.0, 1.0, 1.0)
    assert rows["A"] == AreaRow("A", 200.0, 150.0, 50.0, 75.0, 1.0, 1.0)
    assert rows["W"] == AreaRow("W", None, None, 50.0, None, 1.0, 0.0)


def test_gas_that_tells_no_rate_is_left_out_of_the_sum_and_lowers_its_coverage(people: Roster) -> None:
    rows = _areas(people, [1.0] * 5, [4.0, 150.0, -50.0, 120.0, NAN])
    assert rows["P"] == AreaRow("P", 450.0, 400.0, 50.0, 200.0, 1.0, 0.5)


def test_a_stale_meter_is_unknown_in_the_sum_and_lowers_its_coverage(people: Roster) -> None:
    rows = _areas(people, [1.0, 60.0, 1.0, 1.0, 60.0], [4.0, 150.0, -50.0, 120.0, NAN], gas_volume_20c=30.0)
    assert rows["A"] == AreaRow("A", None, None, 50.0, None, 0.5, 0.0)
    assert rows["P"] == AreaRow("P", 450.0, 400.0, 50.0, 200.0, 1.0, 0.5)


def test_feeding_out_takes_no_emissions_away(people: Roster) -> None:
    last = _last([1.0] * 5, [-0.1, 20.0, -5.0, NAN, NAN])
    rate = _rates(people, last, {})
    assert rate[:2].tolist() == [0.0, 10.0]
    assert np.isnan(rate[2:]).all()


def test_each_flow_counts_once_by_what_settlement_books_and_by_its_gauge_where_there_is_one(
    people: Roster,
) -> None:
    last = _last([1.0] * 5, [NAN] * 5)
    last.values[3, QUANTITIES.index("heat_power")] = 1000.0
    rate = _rates(
        people,
        last,
        {
            0: {"energy_import": 3.0},
            1: {"gas_volume_0c": 10.0, "gas_volume_20c": 11.0},
            3: {"heat_energy": 9.9},
            4: {"steam_energy": 5.0, "steam_mass": 2.0},
        },
    )
    assert rate[[0, 1, 3, 4]].tolist() == pytest.approx([150.0, 20.0, 7.2, 10.0])


def test_a_flow_that_does_not_say_enough_has_no_rate(people: Roster) -> None:
    rate = _rates(people, _last([1.0] * 5, [NAN] * 5), {3: {"fuel_mass": 2.0}, 4: {"gas_volume": 2.0}})
    assert np.isnan(rate).all()


def test_water_neither_emits_nor_lowers_the_coverage() -> None:
    people = roster(Registry(AREAS, (METERS[0], _meter(16, "P", "boundary", "water"))), {}, NOW)
    rows = _areas(people, [1.0, 1.0], [4.0, NAN])
    assert rows["P"] == AreaRow("P", 400.0, 400.0, None, 200.0, 1.0, 1.0)


def test_a_meter_that_is_read_every_quarter_of_an_hour_is_not_stale_after_minutes() -> None:
    slow = {**POLLED_S, "M11": 900.0}
    board = Board.blank(roster(Registry(AREAS, METERS), slow, NOW))
    state = live.states(live.age_s(_last([600.0] * 5, [1.0] * 5).time, NOW_US), board.interval_s)
    assert state.tolist() == [LIVE, *[STALE] * 4]


def test_a_reading_from_the_future_grows_old_from_when_it_came() -> None:
    board = Board.blank(roster(Registry(AREAS, METERS), POLLED_S, NOW))
    hour = np.array([NOW_US + 3_600_000_000, NOW_US - 1_000_000])
    values = np.full((2, len(QUANTITIES)), 1.0)
    board.take(Newest(np.array([11, 12], np.int32), hour, np.zeros(2, np.int64), QUANTITIES, values), NOW_US)
    age = live.age_s(board.dated, NOW_US + 60_000_000)
    assert age[:2].tolist() == [60.0, 61.0]
    assert board.last.time[0] == NOW_US + 3_600_000_000


def test_rows_carry_primary_values_and_leave_out_what_was_not_read(people: Roster) -> None:
    last = _last([1.0, NAN, NAN, NAN, NAN], [4.0, NAN, NAN, NAN, NAN])
    last.values[0, QUANTITIES.index("voltage")] = 57.7
    values = live.shown(people, last, np.arange(5))
    age = live.age_s(last.time, NOW_US)
    kw = _power(people, last)
    state = live.states(age, np.full(5, 5.0))
    zone = ZoneInfo("Asia/Shanghai")
    counted = np.array([True, False, False, False, False])
    rows = live.meter_rows(
        people, last, values, age=age, state=state, power=kw, counted=counted, rate=kw, zone=zone
    )
    assert [row.by_counter for row in rows] == counted.tolist()
    assert rows[0].values == {"active_power": 400.0, "voltage": 57.7}
    assert (rows[0].power_kw, rows[0].age_s, rows[0].state) == (400.0, 1.0, State.LIVE)
    assert rows[0].time is not None
    assert rows[0].time.isoformat() == "2026-11-22T07:59:59+08:00"
    assert (rows[1].time, rows[1].age_s, rows[1].state, rows[1].values) == (None, None, State.NEVER, {})


def test_a_meter_that_shows_no_power_has_what_its_counters_rise_by(people: Roster) -> None:
    last = _last([1.0] * 5, [NAN, NAN, NAN, 120.0, NAN])
    shown = np.zeros((5, len(QUANTITIES)), np.bool_)
    rises = np.full((5, len(COUNTERS)), NAN)
    at = {name: (QUANTITIES.index(name), COUNTERS.index(name)) for name in (live.IMPORT, live.EXPORT)}

    def count(row: int, name: str, rise: float) -> None:
        shown[row, at[name][0]], rises[row, at[name][1]] = True, rise

    count(0, live.IMPORT, 3.0)
    count(1, live.IMPORT, 20.0)
    count(1, live.EXPORT, 50.0)
    count(2, live.IMPORT, 20.0)
    count(2, live.EXPORT, NAN)
    count(3, live.IMPORT, 20.0)
    count(4, live.IMPORT, 20.0)
    assert live.by_counter(people, last, rises).tolist() == [True, True, True, False, False]
    kw = live.power_kw(people, last, rises, shown)
    assert kw.tolist() == pytest.approx([300.0, -30.0, NAN, 120.0, NAN], nan_ok=True)


def test_a_park_without_meters_is_drawn() -> None:
    nobody = roster(Registry((), ()), {}, NOW)
    assert AreaSums(nobody).rows(np.empty(0), np.empty(0), np.empty(0, np.int8)) == []
    assert live.counts(np.empty(0, np.int8)) == Counts(0, 0, 0, 0)
