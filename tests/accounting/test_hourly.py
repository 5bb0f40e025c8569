import numpy as np
import pytest

from accounting.errors import FactorError
from accounting.factors import FactorSet
from accounting.grid import HOUR_US
from accounting.hourly import check, gaps, parse, runs

HEADER = FactorSet(code="grid-2026", publisher="p", title="t", edition="2026", source="a page")
ROWS = [
    {"region": "CN-GD", "start": "2026-05-01T01:00:00+08:00", "value": "0.4"},
    {"region": "CN-GD", "start": "2026-05-01T00:00:00+08:00", "value": "0.3"},
    {"region": "CN-GD", "start": "2026-05-01T03:00:00+08:00", "value": "0.5"},
    {"region": "GB", "start": "2026-04-30T16:00:00Z", "value": "0.1"},
]
MIDNIGHT = 1_777_564_800_000_000


def test_a_quarter_hour_takes_the_factor_of_its_hour_and_a_gap_none() -> None:
    found = {each.region: each for each in parse(HEADER, ROWS)}
    slots = MIDNIGHT + np.arange(-1, 17) * (HOUR_US // 4)
    expected = [np.nan, *[0.3] * 4, *[0.4] * 4, *[np.nan] * 4, *[0.5] * 4, np.nan]
    np.testing.assert_allclose(found["CN-GD"].at(slots), expected)
    np.testing.assert_allclose(found["GB"].at(slots[:6]), [np.nan, *[0.1] * 4, np.nan])
    assert (found["GB"].edition, found["GB"].source) == ("2026", "a page")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": "-0.1"}, "grid-2026, line 2: value '-0.1' is not a number from 0 up"),
        ({"value": "nan"}, "value 'nan'"),
        ({"start": "2026-05-01T00:30:00+08:00"}, "is not an hour with its zone"),
        ({"start": "2026-05-01T00:00:00"}, "is not an hour with its zone"),
        ({"start": "2026-05-01T00:00:00+08:00"}, "line 3: start '2026-05-01T00:00:00.08:00' stands twice"),
    ],
)
def test_a_bad_row_is_named(changes: dict[str, str], told: str) -> None:
    with pytest.raises(FactorError, match=told):
        parse(HEADER, [ROWS[0] | changes, *ROWS[1:]])


def test_two_series_for_one_hour_are_refused() -> None:
    one = parse(HEADER, ROWS)
    check(one)
    with pytest.raises(FactorError, match="hourly factors of CN-GD: '2026' and '2026' answer for the same"):
        check([*one, *parse(HEADER, ROWS[:1])])


def test_gaps_and_runs_of_hours_make_up_the_whole() -> None:
    hours = np.array([5, 6, 9, 12, 13])
    np.testing.assert_array_equal(gaps(hours), [[7, 9], [10, 12]])
    np.testing.assert_array_equal(runs(hours), [[5, 7], [9, 10], [12, 14]])
    assert (len(gaps(hours[:0])), len(runs(hours[:0]))) == (0, 0)
