"""Readings that came late hold nobody up."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import START_US, Late, Memory, Readings, make_park

from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.rule import Rule
from alerts.watch import Watch

SECOND = 1_000_000
RULE = {
    "kind": "limit",
    "code": "high",
    "name": {"en": "High", "zh": "高"},
    "quantity": "active_power",
    "above": "400 kW",
    "hold": "30 s",
}


def read(meter: int, second: int, kw: float) -> tuple[int, int, dict[str, float]]:
    return meter, START_US + second * SECOND, {"active_power": kw}


def test_alerts_go_on_while_the_hour_is_lived_through_a_piece_at_a_time() -> None:
    """M1's peak of 30 s to 90 s comes at 200 s, M2 breaks its limit from 205 s on."""
    late = [read(1, second, 500 if second < 90 else 100) for second in range(30, 120, 10)]
    rows = [read(1, second, 100) for second in (*range(0, 30, 10), *range(120, 460, 10))]
    rows += [read(2, second, 500 if second >= 205 else 100) for second in range(0, 460, 5)]
    history, journal = Readings(rows + late), Memory()
    history.held = {1: (START_US + 30 * SECOND, START_US + 120 * SECOND, START_US + 200 * SECOND)}
    park, kept = make_park({"M1": {}, "M2": {}}), list[tuple[float, str, bool]]()
    watch = Watch(journal, history, "process", park, [read_rule(RULE)], budget_s=0.0)
    for tick in range(900):
        now = START_US + tick * SECOND // 2
        history.until_us = now
        found = watch.tick(now, Circumstances())
        kept += [(tick / 2, f"{each.subject.code} {each.what}", each.corrected) for each in found]
    assert kept[0] == (235.0, "M2 fired", False)
    assert [(told, corrected) for _, told, corrected in kept[1:]] == [("M1 resolved", True)]
    assert kept[1][0] > 360
    assert [(each.at_us - START_US) // SECOND for each in journal.kept] == [235, 90]


class Repeated(Readings):
    """What comes late has come before: nothing is known by it that was not."""

    def __init__(self, rows: list[tuple[int, int, dict[str, float]]], at_s: set[int]) -> None:
        super().__init__(rows)
        self.at_us = {START_US + second * SECOND for second in at_s}

    def late(self, since_us: int) -> Late:
        come = [time for time in self.at_us if time <= self.until_us]
        self.at_us -= set(come)
        meters = np.array([1, 2] * len(come), np.int32)
        return Late(meters, np.full(len(meters), since_us), np.full(len(meters), self.until_us))


def lived(history: Readings, rules: list[Rule], budget_s: float) -> list[tuple[str, int, bool]]:
    journal, park = Memory(), make_park({"M1": {}, "M2": {}})
    watch = Watch(journal, history, "process", park, rules, budget_s=budget_s)
    for tick in range(240):
        history.until_us = START_US + tick * SECOND
        watch.tick(history.until_us, Circumstances())
    return [(each.id, each.since_us, each.corrected) for each in journal.kept]


@settings(max_examples=40)
@given(
    powers=st.lists(st.tuples(st.sampled_from((100.0, 500.0)), st.integers(1, 9)), min_size=1, max_size=12),
    at_s=st.sets(st.integers(0, 240), min_size=1, max_size=20),
    phase_s=st.integers(0, 9),
    hold_s=st.sampled_from((0, 10, 30)),
    clear_s=st.sampled_from((0, 20)),
    budget_s=st.sampled_from((0.0, 10.0)),
)
def test_late_readings_that_tell_nothing_new_change_nothing(
    powers: list[tuple[float, int]],
    at_s: set[int],
    phase_s: int,
    hold_s: int,
    clear_s: int,
    budget_s: float,
) -> None:
    series = [kw for kw, times in powers for _ in range(times)][:24]
    rows = [read(1, phase_s + 10 * at, kw) for at, kw in enumerate(series)]
    rows += [read(2, second, 100) for second in range(0, 240, 7)]
    rules = [read_rule(RULE | {"hold": f"{hold_s} s", "clear": f"{clear_s} s"})]
    undisturbed = lived(Readings(rows), rules, budget_s)
    assert lived(Repeated(rows, at_s), rules, budget_s) == undisturbed


def held(rows: list[tuple[int, int, dict[str, float]]], lo: int, hi: int, at: int) -> Readings:
    """Those of the first meter in [lo, hi) come later."""
    history = Readings(rows)
    history.held = {1: (START_US + lo * SECOND, START_US + hi * SECOND, START_US + at * SECOND)}
    return history


def test_a_hold_that_late_readings_complete_is_not_waited_for_again() -> None:
    """Above since 10 s, fired at 70 s had they come; those of 10 s to 50 s come at 75 s."""
    rows = [read(1, second, 500 if second >= 10 else 100) for second in range(0, 240, 10)]
    rows += [read(2, second, 100) for second in range(0, 240, 10)]
    kept = lived(held(rows, 10, 60, 75), [read_rule(RULE | {"hold": "60 s"})], 10.0)
    fired = [int(identity.split("/")[2]) - START_US for identity, _, _ in kept]
    assert [since - START_US for _, since, _ in kept] == [10 * SECOND]
    assert fired[0] <= 95 * SECOND


@settings(max_examples=40)
@given(
    powers=st.lists(st.tuples(st.sampled_from((100.0, 500.0)), st.integers(1, 9)), min_size=1, max_size=6),
    last=st.sampled_from((100.0, 500.0)),
    span_s=st.tuples(st.integers(0, 150), st.integers(0, 150)),
    wait_s=st.integers(0, 100),
    budget_s=st.sampled_from((0.0, 10.0)),
)
def test_in_the_end_all_is_as_if_nothing_had_come_late(
    powers: list[tuple[float, int]],
    last: float,
    span_s: tuple[int, int],
    wait_s: int,
    budget_s: float,
) -> None:
    series = [kw for kw, times in powers for _ in range(times)][:14]
    series += [last] * (24 - len(series))
    rows = [read(1, 10 * at, kw) for at, kw in enumerate(series)]
    rows += [read(2, second, 100) for second in range(0, 240, 7)]
    rules, (lo, hi) = [read_rule(RULE)], sorted(span_s)
    late = held(rows, lo, hi, min(hi + wait_s, 170))
    assert standing(lived(late, rules, budget_s)) == standing(lived(Readings(rows), rules, budget_s))


def standing(kept: list[tuple[str, int, bool]]) -> set[str]:
    """Whose alert is not over."""
    what = {tuple(identity.split("/")[i] for i in (1, 2, 3)) for identity, _, _ in kept}
    over = {(subject, fired) for subject, fired, what in what if what == "resolved"}
    return {subject for subject, fired, what in what if what == "fired" and (subject, fired) not in over}
