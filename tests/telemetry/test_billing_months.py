"""Billing months follow one another without a gap or a day twice, whatever day they are read on."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.contract import Contract
from telemetry.reports.billing_month import BillingMonth, month_of
from telemetry.supply import Billing

DAY = timedelta(days=1)
TODAY = date(2027, 1, 15)


def _billing(*read: tuple[date, int]) -> Billing:
    contracts = tuple(Contract(since=since, reading_day=day) for since, day in read)
    return Billing(tariff="demo-park", contracts=contracts)


def _months(billing: Billing, labels: int = 12) -> list[BillingMonth]:
    return [month_of(billing, f"2026-{number:02}", TODAY) for number in range(1, labels + 1)]


@pytest.mark.parametrize(
    ("before", "since", "after", "month", "first", "last"),
    [
        (1, date(2026, 9, 1), 20, "2026-09", date(2026, 9, 1), date(2026, 9, 19)),
        (20, date(2026, 9, 20), 1, "2026-10", date(2026, 9, 20), date(2026, 10, 31)),
        (10, date(2026, 9, 10), 20, "2026-10", date(2026, 9, 10), date(2026, 10, 19)),
        (20, date(2026, 9, 20), 10, "2026-10", date(2026, 9, 20), date(2026, 10, 9)),
        (1, date(2026, 9, 1), 1, "2026-09", date(2026, 9, 1), date(2026, 9, 30)),
    ],
)
def test_the_first_month_of_another_reading_day_begins_where_the_last_one_ended(
    before: int, since: date, after: int, month: str, first: date, last: date
) -> None:
    billing = _billing((date(2025, 1, before), before), (since, after))
    found = month_of(billing, month, TODAY)
    assert (found.first, found.last, found.contract.since) == (first, last, since)


@given(st.integers(1, 28), st.lists(st.tuples(st.integers(1, 12), st.integers(1, 28)), max_size=3))
def test_every_day_is_in_one_month(first: int, changes: list[tuple[int, int]]) -> None:
    read, day = [(date(2025, 1, first), first)], first
    for month, after in sorted(changes):
        since = date(2026, month, day)
        if since > read[-1][0] and _billing(*read).running(since)[0] == since:
            read.append((since, after))
            day = after
    months = _months(_billing(*read))
    for one, other in pairwise(months):
        assert other.first == one.last + DAY
        assert other.first <= other.last


def test_the_month_that_runs_is_the_one_that_today_is_in() -> None:
    billing = _billing((date(2025, 1, 20), 20), (date(2026, 9, 20), 1))
    for number in range(90):
        today = date(2026, 8, 10) + number * DAY
        found = month_of(billing, None, today)
        assert found.first <= today <= found.last
