"""The days of China as they were announced, and which years nobody announced yet."""

from datetime import date

from telemetry.settings.holidays import of_country


def test_the_spring_festival_of_2024_with_its_make_up_workdays() -> None:
    """State Council, notice of 2023-10-25: free from 10 to 17 February, worked on 4 and 18 February."""
    known = of_country("CN")
    run = [day.day for day in known.free if day.day.year == 2024 and "春节" in day.holidays]
    assert run == [date(2024, 2, day) for day in range(10, 18)]
    assert {day.run for day in known.free if day.day in run} == {8}
    assert {date(2024, 2, 4), date(2024, 2, 18)} <= known.worked


def test_two_holidays_that_meet_share_their_run() -> None:
    day = of_country("CN").by_day[date(2023, 10, 3)]
    assert (day.holidays, day.run) == (("中秋节", "国庆节"), 8)


def test_years_without_a_decree_are_unknown() -> None:
    known = of_country("CN")
    assert {2023, 2024, 2025} <= set(known.years)
    assert 2035 not in known.years
    assert all(day.day.year in known.years for day in known.free)
    assert 2035 in of_country("DE").years
