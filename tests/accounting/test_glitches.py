"""Every reading of a counter is judged alone, by the rule as it reads: slowly, one window after another."""

from itertools import groupby

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.glitches import REACH, ROW, glitches

_PASSES = 4

values = st.lists(
    st.one_of(st.integers(0, 6), st.sampled_from([0, 50, 900]), st.integers(40, 60)).map(float), max_size=60
)
meters = st.lists(values, min_size=1, max_size=4)


def runs_of_zeros(value: list[float], places: list[int]) -> list[list[int]]:
    """Places one by one, those of zeros in a row together."""
    numbered = groupby(enumerate(places), lambda each: -1 if value[each[1]] == 0 else each[0])
    return [[place for _, place in group] for _, group in numbered]


def marked(v: list[float]) -> set[int]:
    """What came back within two, or was there before."""
    found: set[int] = set()
    for at in (at for at in range(1, len(v)) if v[at] < v[at - 1]):
        dips = (w for w in (1, 2) if at + w < len(v) and v[at + w] >= v[at - 1])
        spikes = (
            w for w in (1, 2) if at > w and v[at] >= v[at - w - 1] and all(v[at - n] > v[at] for n in (1, w))
        )
        if dip := next(dips, 0):
            found |= {at + n for n in range(dip)}
        elif spike := next(spikes, 0):
            found |= {at - n - 1 for n in range(spike)}
    return found


def dropped(v: list[float], middle: int) -> bool:
    left = list(range(len(v)))
    for _ in range(_PASSES):
        each = runs_of_zeros(v, left)
        gone = {place for n in marked([v[run[0]] for run in each]) for place in each[n]}
        left = [place for place in left if place not in gone]
        if middle in gone or not gone:
            break
    return middle not in left


def judged(value: list[float]) -> list[bool]:
    each = runs_of_zeros(value, list(range(len(value))))
    v = [value[run[0]] for run in each]
    wrong = [dropped(v[max(n - REACH, 0) : n + REACH + 1], min(n, REACH)) for n in range(len(v))]
    row, stands = 0, set()
    for n in (n for n in range(len(v)) if v[n] != 0):
        row = row + 1 if wrong[n] else 0
        if row > ROW:
            stands.add(n)
    return [wrong[n] and n not in stands for n, run in enumerate(each) for _ in run]


@settings(max_examples=1000, deadline=None)
@given(meters)
def test_readings_are_dropped_as_one_by_one(shown: list[list[float]]) -> None:
    series = np.repeat(np.arange(len(shown)), [len(value) for value in shown])
    wrong, _ = glitches(series, np.array([each for value in shown for each in value]))
    expected = [each for value in shown for each in judged(value)]
    assert wrong.tolist() == np.flatnonzero(expected).tolist()
