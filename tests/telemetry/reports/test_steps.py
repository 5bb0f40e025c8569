from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from accounting.grid import HOUR_US, SLOT_US
from telemetry.reports.errors import QueryError
from telemetry.reports.steps import MOST, Step, Steps, moment

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")


def _lengths(steps: Steps) -> list[int]:
    return [int(length) for length in np.diff(steps.edges)]


def test_a_day_of_the_park_starts_at_its_own_midnight() -> None:
    steps = Steps.covering(
        Step.DAY, SHANGHAI, datetime(2026, 11, 22, 3, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)
    )
    assert [t.isoformat() for t in steps.times()] == [
        "2026-11-22T00:00:00+08:00",
        "2026-11-23T00:00:00+08:00",
    ]
    assert steps.end.isoformat() == "2026-11-24T00:00:00+08:00"
    assert [day.isoformat() for day in steps.days] == ["2026-11-22", "2026-11-23"]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_days_at_a_clock_change_are_as_long_as_they_are(day: str, hours: int) -> None:
    lo = moment(day, "from", BERLIN)
    steps = Steps.covering(Step.DAY, BERLIN, lo, lo.replace(hour=12))
    assert _lengths(steps) == [hours * HOUR_US]
    hourly = Steps.covering(Step.HOUR, BERLIN, lo, steps.end)
    assert _lengths(hourly) == [HOUR_US] * hours


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    lo = moment("2026-10-25", "from", BERLIN)
    times = Steps.covering(Step.HOUR, BERLIN, lo, lo.replace(hour=5)).times()
    assert [t.isoformat() for t in times][2:4] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]


def test_hours_follow_the_wall_clock_where_the_offset_has_a_half() -> None:
    lo = datetime(2026, 1, 1, 4, 10, tzinfo=UTC)
    times = Steps.covering(Step.HOUR, KOLKATA, lo, lo.replace(hour=5)).times()
    assert [t.isoformat() for t in times] == ["2026-01-01T09:00:00+05:30", "2026-01-01T10:00:00+05:30"]


def test_months_have_their_own_lengths() -> None:
    steps = Steps.covering(
        Step.MONTH, SHANGHAI, moment("2024-01-31", "from", SHANGHAI), moment("2024-03-02", "to", SHANGHAI)
    )
    assert [length // (24 * HOUR_US) for length in _lengths(steps)] == [31, 29, 31]


def test_quarter_hours_cover_what_the_range_touches() -> None:
    lo = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    steps = Steps.covering(Step.QUARTER, SHANGHAI, lo, lo.replace(minute=16))
    assert _lengths(steps) == [SLOT_US, SLOT_US]


def test_too_many_intervals_are_refused_before_they_are_made() -> None:
    lo = datetime(2000, 1, 1, tzinfo=UTC)
    with pytest.raises(QueryError, match=str(MOST)):
        Steps.covering(Step.QUARTER, SHANGHAI, lo, lo.replace(year=2100))


def test_an_empty_range_is_refused() -> None:
    lo = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(QueryError, match="after from"):
        Steps.covering(Step.DAY, SHANGHAI, lo, lo)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-13-01",
        "2026-11-22T08:00:00",
        "0001-01-01",
        "2026-11-22T25:00:00Z",
        "",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_times_that_cannot_be_placed_are_refused_by_name(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        moment(text, "from", SHANGHAI)
    assert (caught.value.field, caught.value.value) == ("from", text)


def test_a_date_is_the_start_of_that_day_in_the_park() -> None:
    assert moment("2026-11-22", "from", SHANGHAI) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert moment("2026-11-22T08:00:00 08:00", "from", SHANGHAI) == datetime(2026, 11, 22, tzinfo=UTC)
