from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accounting import intervals
from accounting.counter import Flag
from accounting.errors import SeriesError
from accounting.grid import HOUR_US, SLOT_US, Grid
from accounting.intervals import ANCHORS, Readings, Settled, allot, integrate, settle

HOUR = Grid(0, 4)
NAN = float("nan")


def shown(
    *meters: list[tuple[float, float]],
    multiplier: float = 1.0,
    max_gap: float = 3600.0,
    rollover: float = NAN,
) -> Readings:
    """Readings of meters as (hour, value)."""
    rows = [(n, round(hour * HOUR_US), value) for n, meter in enumerate(meters) for hour, value in meter]
    meter, time, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Readings(
        np.array(meter, dtype=np.int32),
        np.array(time, dtype=np.int64),
        np.array(value, dtype=np.float64),
        np.full(len(rows), multiplier),
        np.full(len(meters), max_gap),
        np.full(len(meters), rollover),
    )


def hours(settled: Settled) -> list[float]:
    return settled.amount[0].reshape(-1, 4).sum(axis=1).tolist()


def flags(settled: Settled) -> list[tuple[float, str]]:
    events = settled.events
    return sorted((t / HOUR_US, Flag(f).name) for t, f in zip(events.time.tolist(), events.flag, strict=True))


def test_three_missing_hours_are_spread_evenly_and_estimated() -> None:
    readings = shown([(h, 5000 + 100 * h) for h in (0, 1, 2, 5, 6, 7, 8)])
    settled = settle(readings, Grid(0, 32))
    assert hours(settled) == [100.0] * 8
    assert settled.amount.sum() == 800
    assert settled.coverage[0].tolist() == [1] * 8 + [0] * 12 + [1] * 12
    assert len(settled.events) == 0


def test_a_gap_of_weeks_is_spread_over_all_of_it() -> None:
    settled = settle(shown([(0, 0), (500.5, 1001)]), Grid(0, 2002))
    np.testing.assert_allclose(settled.amount, 0.5, rtol=1e-12)
    assert not settled.coverage.any()


def test_a_span_as_long_as_max_gap_is_measured() -> None:
    assert settle(shown([(0, 0), (1, 4)]), HOUR).coverage.tolist() == [[1, 1, 1, 1]]
    assert not settle(shown([(0, 0), (1, 4)], max_gap=3599.9), HOUR).coverage.any()


def test_readings_off_the_edges_are_shared_by_time() -> None:
    settled = settle(shown([(0.2, 0), (0.3, 2), (0.6, 5)]), HOUR)
    np.testing.assert_allclose(settled.amount[0], [1, 3, 1, NAN], rtol=1e-12)
    np.testing.assert_allclose(settled.coverage[0], [0.2, 1, 0.4, 0], rtol=1e-6)


def test_several_readings_in_a_slot_are_summed() -> None:
    settled = settle(shown([(n / 60, n**2) for n in range(61)]), HOUR)
    assert settled.amount.tolist() == [[225, 675, 1125, 1575]]
    assert settled.coverage.tolist() == [[1, 1, 1, 1]]


def test_nothing_is_known_before_the_first_and_after_the_last() -> None:
    settled = settle(shown([(0.25, 7), (0.5, 8)]), HOUR)
    np.testing.assert_array_equal(settled.amount, [[NAN, 1, NAN, NAN]])
    assert settled.coverage.tolist() == [[0, 1, 0, 0]]


def test_one_reading_says_nothing() -> None:
    settled = settle(shown([(0.5, 8)]), HOUR)
    assert np.isnan(settled.amount).all()
    assert not settled.coverage.any()


def test_no_reading_and_no_meter() -> None:
    assert np.isnan(settle(shown([]), HOUR).amount).all()
    assert settle(shown([], [], []), HOUR).amount.shape == (3, 4)
    assert settle(shown(), HOUR).amount.shape == (0, 4)
    assert settle(shown([(0, 0), (1, 1)]), Grid(0, 0)).amount.shape == (1, 0)


def test_empty_meters_stand_between_full_ones() -> None:
    settled = settle(shown([], [(0, 1), (1, 5)], [], [(0, 10), (1, 50)], []), HOUR)
    assert settled.amount[[1, 3]].tolist() == [[1] * 4, [10] * 4]
    assert np.isnan(settled.amount[[0, 2, 4]]).all()


def test_values_not_read_are_left_out() -> None:
    settled = settle(shown([(0, 0), (0.25, NAN), (0.5, float("inf")), (1, 8)]), HOUR)
    assert settled.amount.tolist() == [[2, 2, 2, 2]]


def test_multiplier_scales_what_flows_from_its_reading_on() -> None:
    readings = shown([(0, 14250), (0.5, 15070), (1, 15890)])
    settled = settle(replace(readings, multiplier=np.array([80.0, 80.0, 80.0])), HOUR)
    assert settled.amount.sum() == 131_200
    changed = settle(replace(readings, multiplier=np.array([80.0, 40.0, 1.0])), HOUR)
    assert changed.amount.tolist() == [[32_800, 32_800, 16_400, 16_400]]


@pytest.mark.parametrize("when", [0.5, 0.6])
def test_rollover_on_an_edge_or_within_a_slot_loses_nothing(when: float) -> None:
    settled = settle(shown([(0, 99_980), (0.25, 99_990), (when, 10), (1, 30)], rollover=100_000), HOUR)
    assert settled.amount.sum() == pytest.approx(50, rel=1e-12)
    assert settled.coverage.tolist() == [[1, 1, 1, 1]]
    assert flags(settled) == [(when, "ROLLOVER")]
    assert settled.events.delta.tolist() == [20]


def test_rollover_across_a_gap_agrees_with_the_flow_around_it() -> None:
    readings = shown([(0, 4900), (1, 5000), (81, 3000), (82, 3100)], rollover=10_000)
    settled = settle(readings, Grid(0, 328))
    assert settled.amount.sum() == pytest.approx(8200, rel=1e-12)
    assert flags(settled) == [(81, "ROLLOVER")]


def test_a_reset_of_a_counter_that_could_roll_over_is_a_reset() -> None:
    settled = settle(shown([(0, 600_000), (0.25, 600_001), (0.5, 0.5), (1, 2)], rollover=1e6), HOUR)
    assert settled.amount.tolist() == [[1, 0.5, 0.75, 0.75]]
    assert flags(settled) == [(0.5, "RESET")]


def test_rollover_alone_needs_more_than_half_the_range() -> None:
    assert settle(shown([(0, 800), (1, 100)], rollover=1000), HOUR).amount.sum() == 300
    assert settle(shown([(0, 450), (1, 100)], rollover=1000), HOUR).amount.sum() == 100


def test_reset_counts_what_the_counter_shows_and_is_estimated() -> None:
    settled = settle(shown([(0, 1000), (0.25, 1010), (0.5, 4), (1, 24)], multiplier=10), HOUR)
    assert settled.amount.tolist() == [[100, 40, 100, 100]]
    assert settled.coverage.tolist() == [[1, 0, 1, 1]]
    assert flags(settled) == [(0.5, "RESET")]
    assert settled.events.delta.tolist() == [40]


def test_reset_to_zero_is_dated_by_the_zero() -> None:
    settled = settle(shown([(0, 1000), (0.25, 0), (0.5, 0), (0.75, 6), (1, 12)]), HOUR)
    assert settled.amount.tolist() == [[0, 0, 6, 6]]
    assert settled.coverage.tolist() == [[0, 1, 1, 1]]
    assert flags(settled) == [(0.25, "RESET")]


def test_a_small_step_back_counts_nothing() -> None:
    settled = settle(shown([(0, 1000), (0.25, 999), (0.5, 999.2), (0.75, 999.3), (1, 999.5)]), HOUR)
    np.testing.assert_allclose(settled.amount, [[0, 0.2, 0.1, 0.2]], atol=1e-12)
    assert settled.coverage.tolist() == [[0, 1, 1, 1]]
    assert flags(settled) == [(0.25, "STEP_BACK")]


@pytest.mark.parametrize("wrong", [[0.0], [0.0, 0.0], [0.0] * 7, [3.0], [999.9], [3.0, 4.0], [4.0, 3.0]])
def test_a_dip_that_comes_back_is_dropped(wrong: list[float]) -> None:
    dip = [(0.25 + n / 100, value) for n, value in enumerate(wrong)]
    settled = settle(shown([(0, 1000), *dip, (0.5, 1010), (1, 1020)]), HOUR)
    assert settled.amount.tolist() == [[5, 5, 5, 5]]
    assert settled.coverage.tolist() == [[1, 1, 1, 1]]
    assert flags(settled) == [(hour, "GLITCH") for hour, _ in dip]


@pytest.mark.parametrize("wrong", [[4_294_967.295], [9e9, 9e9], [2000, 3000], [3000, 2000]])
def test_a_spike_that_comes_back_is_dropped(wrong: list[float]) -> None:
    spike = [(0.25 + n / 100, value) for n, value in enumerate(wrong)]
    settled = settle(shown([(0, 1000), *spike, (0.5, 1010), (1, 1020)]), HOUR)
    assert settled.amount.tolist() == [[5, 5, 5, 5]]
    assert flags(settled) == [(hour, "GLITCH") for hour, _ in spike]


def test_a_flickering_counter_keeps_its_total() -> None:
    for good, wrong in (
        ([1000, 1001, 1002, 1003], 0.0),
        ([1000, 1001, 1002, 1003], 9e9),
        ([10, 11, 12, 13], 0.5),
    ):
        rows = [value for g in good for value in (g, wrong)][:-1]
        settled = settle(shown([(n / 6, value) for n, value in enumerate(rows)]), HOUR)
        assert settled.amount.sum() == pytest.approx(3), (good, wrong)


def test_zeros_that_have_not_come_back_leave_their_time_unknown() -> None:
    settled = settle(shown([(0, 1000), (0.25, 1001), (0.5, 0), (0.75, 0)]), HOUR)
    np.testing.assert_array_equal(settled.amount, [[1, NAN, NAN, NAN]])
    assert len(settled.events) == 0


def test_a_counter_that_begins_at_zero_is_believed() -> None:
    assert settle(shown([(0, 0), (0.25, 0), (0.5, 0), (1, 2)]), HOUR).amount.tolist() == [[0, 0, 1, 1]]


def test_a_replacement_joins_the_old_end_and_the_new_start() -> None:
    readings = shown([(0, 900), (0.4, 904), (0.4, 7000), (1, 7006)])
    settled = settle(replace(readings, device=np.array([1, 1, 2, 2], dtype=np.int32)), HOUR)
    np.testing.assert_allclose(settled.amount, [[2.5, 2.5, 2.5, 2.5]], rtol=1e-12)
    assert settled.coverage.tolist() == [[1, 1, 1, 1]]
    assert flags(settled) == [(0.4, "REPLACEMENT")]


def test_between_devices_without_an_end_reading_nothing_is_known() -> None:
    readings = shown([(0, 900), (0.25, 904), (0.75, 3), (1, 5)])
    settled = settle(replace(readings, device=np.array([1, 1, 2, 2], dtype=np.int32)), HOUR)
    np.testing.assert_array_equal(settled.amount, [[4, NAN, NAN, 2]])
    assert settled.coverage.tolist() == [[1, 0, 0, 1]]


def test_an_unknown_stretch_takes_its_time_from_coverage_once() -> None:
    readings = shown([(0, 900), (0.05, 904), (0.2, 3), (0.25, 5)], max_gap=200)
    settled = settle(replace(readings, device=np.array([1, 1, 2, 2], dtype=np.int32)), HOUR)
    np.testing.assert_array_equal(settled.amount, [[6, NAN, NAN, NAN]])
    np.testing.assert_allclose(settled.coverage, [[0.4, 0, 0, 0]], rtol=1e-6)


def test_another_value_at_the_same_instant_is_flagged_and_the_first_stands() -> None:
    settled = settle(shown([(0, 0), (0.5, 2), (0.5, 2), (0.5, 3), (1, 4)]), HOUR)
    assert settled.amount.tolist() == [[1, 1, 1, 1]]
    assert flags(settled) == [(0.5, "REPEAT")]


def test_unsorted_readings_are_refused() -> None:
    with pytest.raises(SeriesError, match="not sorted by"):
        settle(shown([(1, 0), (0, 2)]), HOUR)
    readings = shown([(0, 0)], [(0, 1)])
    with pytest.raises(SeriesError, match="not sorted by"):
        settle(replace(readings, meter=readings.meter[::-1]), HOUR)


def test_a_meter_that_is_not_described_is_refused() -> None:
    readings = shown([(0, 0)], [(0, 1)])
    with pytest.raises(SeriesError, match=r"outside 0\.\.0"):
        replace(readings, max_gap=np.ones(1))
    with pytest.raises(SeriesError, match="length"):
        replace(readings, value=np.ones(1))


def test_more_than_one_axis_holds_is_refused() -> None:
    readings = shown([(0, 0)])
    wide = replace(readings, time=np.array([2**61]), max_gap=np.ones(5), rollover=np.ones(5))
    with pytest.raises(SeriesError, match="do not fit one axis"):
        settle(wide, HOUR)


def test_gauge_is_the_area_under_straight_lines() -> None:
    settled = integrate(shown([(0, 0), (1, 8)], multiplier=2), HOUR)
    np.testing.assert_allclose(settled.amount, [[0.5, 1.5, 2.5, 3.5]], rtol=1e-12)
    assert settled.coverage.tolist() == [[1, 1, 1, 1]]


def test_gauge_across_a_gap_is_estimated_and_zero_is_a_value() -> None:
    settled = integrate(shown([(0, 4), (0.25, 4), (0.5, 0), (0.75, 0)], max_gap=800), HOUR)
    np.testing.assert_allclose(settled.amount, [[1, 0.5, 0, NAN]], rtol=1e-12)
    assert settled.coverage.tolist() == [[0, 0, 0, 0]]


def test_a_fluctuating_gauge_settles_as_a_direct_quadrature_does() -> None:
    rng = np.random.default_rng(3)
    hour = np.sort(rng.uniform(-0.5, 1.5, 300))
    value = rng.normal(20, 30, 300)
    settled = integrate(shown(list(zip(hour, value, strict=True))), HOUR)
    fine = np.linspace(0, 1, 400_001)
    power = np.interp(fine, np.round(hour * HOUR_US) / HOUR_US, value)
    area = np.concatenate(([0.0], np.cumsum((power[1:] + power[:-1]) / 2 * np.diff(fine))))
    np.testing.assert_allclose(settled.amount[0], np.diff(area[::100_000]), rtol=1e-4)


@pytest.mark.parametrize(("stamped_end", "first"), [(True, 0), (False, 4)])
def test_amounts_belong_to_the_side_of_their_stamp(first: int, *, stamped_end: bool) -> None:
    settled = allot(shown([(1, 8)], multiplier=3), Grid(0, 8), np.array([3600.0]), stamped_end=stamped_end)
    expected = np.full(8, NAN)
    expected[first : first + 4] = 6
    np.testing.assert_array_equal(settled.amount[0], expected)
    assert settled.coverage[0].sum() == 4


def test_amounts_leave_what_lies_between_them_unknown() -> None:
    readings = shown([(0.25, 2), (1, 4)], max_gap=600)
    settled = allot(readings, HOUR, np.array([900.0]), stamped_end=True)
    np.testing.assert_array_equal(settled.amount, [[2, NAN, NAN, 4]])
    assert not settled.coverage.any()


def test_amounts_that_overlap_are_dropped() -> None:
    settled = allot(shown([(0.5, 2), (0.75, 4), (1, 6)]), HOUR, np.array([1800.0]), stamped_end=True)
    np.testing.assert_array_equal(settled.amount, [[1, 1, NAN, NAN]])
    assert flags(settled) == [(0.75, "OVERLAP"), (1, "OVERLAP")]


# properties

FLOWS = st.lists(st.floats(1.0, 8.0), min_size=12, max_size=60)


def counted(flows: list[float], minutes: int = 7) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    time = np.arange(len(flows) + 1, dtype=np.int64) * minutes * 60_000_000
    return time, 500.0 + np.concatenate(([0.0], np.cumsum(flows)))


def of_one(time: NDArray[np.int64], value: NDArray[np.float64], rollover: float = NAN) -> Readings:
    return Readings(
        np.zeros(len(time), dtype=np.int32),
        time,
        value,
        np.ones(len(time)),
        np.array([900.0]),
        np.array([rollover]),
    )


@given(flows=FLOWS, data=st.data())
def test_any_split_of_readings_keeps_the_total(flows: list[float], data: st.DataObject) -> None:
    time, value = counted(flows)
    inner = data.draw(st.sets(st.integers(1, len(flows) - 1)))
    kept = sorted({0, len(flows), *inner})
    rolling = value[kept] % 600.0
    settled = settle(of_one(time[kept], rolling, 600.0), Grid(0, 60))
    assert np.nansum(settled.amount) == pytest.approx(value[-1] - value[0], rel=1e-9)


@given(flows=FLOWS, more=FLOWS, data=st.data())
def test_a_reset_keeps_what_the_counter_shows(
    flows: list[float], more: list[float], data: st.DataObject
) -> None:
    begins = data.draw(st.floats(0.1, 5.0))
    value = np.concatenate((counted(flows)[1], begins + np.concatenate(([0.0], np.cumsum(more)))))
    time = np.arange(len(value), dtype=np.int64) * 420_000_000
    settled = settle(of_one(time, value), Grid(0, 120))
    total = sum(flows) + begins + sum(more)
    if value[-1] < value[len(flows)]:
        assert np.nansum(settled.amount) == pytest.approx(total, rel=1e-9)


@given(
    sizes=st.lists(st.floats(-6, 12), min_size=1, max_size=8),
    seed=st.integers(0, 2**32 - 1),
)
def test_meters_of_any_size_do_not_disturb_each_other(sizes: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 40, len(sizes))
    meter = np.repeat(np.arange(len(sizes), dtype=np.int32), counts)
    time = np.concatenate([np.sort(rng.choice(40, k, replace=False)) for k in counts]).astype(np.int64)
    value = np.concatenate(
        [np.cumsum(rng.uniform(0.1, 1, k)) * 10.0**size for k, size in zip(counts, sizes, strict=True)]
    )
    size = np.ones(len(sizes))
    many = Readings(meter, time * 300_000_000, value, np.ones(len(meter)), 900 * size, NAN * size)
    together = settle(many, Grid(0, 14))
    for k in range(len(sizes)):
        mine = meter == k
        alone = settle(of_one(many.time[mine], value[mine]), Grid(0, 14))
        np.testing.assert_allclose(together.amount[k], alone.amount[0], rtol=1e-12)
        np.testing.assert_array_equal(together.coverage[k], alone.coverage[0])
        if counts[k] > 1:
            assert np.nansum(together.amount[k]) == pytest.approx(np.ptp(value[mine]), rel=1e-9)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_meters_settled_block_by_block_settle_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    counts = np.array([0, 0, 9, 30, 0, 1, 2, 64, 5, 5, 0, 40, 0])
    size_of = np.ones(len(counts))
    meter = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    time = np.concatenate([np.sort(rng.choice(70, k, replace=False)) for k in counts]).astype(np.int64)
    value = rng.uniform(0, 100, len(meter)).cumsum() % 300
    readings = Readings(meter, time * 300_000_000, value, size_of[meter], 900 * size_of, 300 * size_of)
    for settled_by in (settle, integrate):
        whole = settled_by(readings, Grid(0, 25))
        with monkeypatch.context() as patch:
            patch.setattr(intervals, "_BLOCK", size)
            parts = settled_by(readings, Grid(0, 25))
        np.testing.assert_array_equal(parts.amount, whole.amount)
        np.testing.assert_array_equal(parts.coverage, whole.coverage)
        order = (
            np.lexsort((parts.events.time, parts.events.meter)),
            np.lexsort((whole.events.time, whole.events.meter)),
        )
        for column in ("meter", "time", "flag", "delta"):
            got, expected = (getattr(s.events, column)[o] for s, o in zip((parts, whole), order, strict=True))
            np.testing.assert_array_equal(got, expected)
    assert len(whole.events) == 0
    assert len(settle(readings, Grid(0, 25)).events) > 0


@given(flows=FLOWS, shift=st.integers(-3000, 3000))
def test_shifting_readings_and_grid_together_shifts_the_result(flows: list[float], shift: int) -> None:
    time, value = counted(flows)
    here = settle(of_one(time, value), Grid(0, 30))
    there = settle(of_one(time + shift * SLOT_US, value), Grid(shift * SLOT_US, 30))
    np.testing.assert_array_equal(here.amount, there.amount)
    np.testing.assert_array_equal(here.coverage, there.coverage)


@settings(max_examples=200)
@given(flows=FLOWS, data=st.data())
def test_a_range_with_its_anchors_settles_as_the_whole_does(flows: list[float], data: st.DataObject) -> None:
    time, value = counted(flows)
    value = value % 600.0
    spots = data.draw(st.lists(st.integers(0, len(value) // 6 - 1), max_size=3, unique=True))
    for spot in spots:
        k = 6 * spot + 3
        kind = data.draw(st.sampled_from(["zero", "dip", "spike", "reset", "missing"]))
        if kind == "reset":
            value[k:] -= value[k] - 0.25 if value[k] == value[k:].min() else 0.0
        elif k < len(value) - 1:
            value[k] = {"zero": 0.0, "dip": 0.5, "spike": 580.0, "missing": NAN}[kind]
    whole_grid = Grid(0, int(time[-1] // SLOT_US) + 1)
    whole = settle(of_one(time, value, 600.0), whole_grid)
    first = data.draw(st.integers(0, whole_grid.count - 1))
    count = data.draw(st.integers(1, whole_grid.count - first))
    part_grid = Grid(first * SLOT_US, count)
    read = np.flatnonzero(value > 0)
    lo = read[max(int(np.searchsorted(time[read], part_grid.start_us, side="right")) - ANCHORS, 0)]
    hi = read[min(int(np.searchsorted(time[read], part_grid.end_us)) + ANCHORS, len(read)) - 1]
    part = settle(of_one(time[lo : hi + 1], value[lo : hi + 1], 600.0), part_grid)
    np.testing.assert_allclose(part.amount[0], whole.amount[0, first : first + count], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(part.coverage[0], whole.coverage[0, first : first + count])


@given(flows=FLOWS, data=st.data())
def test_gauges_add_up_over_any_cut_of_the_grid(flows: list[float], data: st.DataObject) -> None:
    time, value = counted(flows)
    whole = integrate(of_one(time, value), Grid(0, 32))
    cut = data.draw(st.integers(0, 32))
    parts = [integrate(of_one(time, value), Grid(a * SLOT_US, n)) for a, n in ((0, cut), (cut, 32 - cut))]
    np.testing.assert_allclose(np.hstack([p.amount for p in parts]), whole.amount, rtol=1e-12)
    assert np.nansum(whole.amount) == pytest.approx(np.trapezoid(value, time / HOUR_US), rel=1e-9)
