from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from telemetry.reports.clock import REACH_DAYS, clock

ZONES = sorted(available_timezones())
DAYS = st.dates(date(1995, 1, 1), date(2035, 12, 31))


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 2 * REACH_DAYS * 86_400 - 1))
def test_within_it_the_clock_keeps_its_distance(name: str, day: date, second: int) -> None:
    zone = ZoneInfo(name)
    told = clock(zone, day)
    at = told.from_ + timedelta(seconds=second) % max(told.to - told.from_, timedelta(seconds=1))
    assert at.astimezone(zone).utcoffset() == timedelta(seconds=told.ahead_s)


def test_it_ends_where_summer_time_does() -> None:
    told = clock(ZoneInfo("Europe/Berlin"), date(2026, 7, 1))
    assert (told.from_, told.to) == (datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
    assert told.ahead_s == 7200


def test_where_no_clock_is_changed_it_reaches_beyond_a_year() -> None:
    told = clock(ZoneInfo("Asia/Shanghai"), date(2026, 11, 27))
    assert told.to - told.from_ == timedelta(days=2 * REACH_DAYS - 2)
    assert told.ahead_s == 28_800
