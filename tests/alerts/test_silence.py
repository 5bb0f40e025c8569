"""When silences hold, on the park's clock."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from accounting.grid import to_us
from alerts.silence import Silence, Weekly

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 6, 22, tzinfo=SHANGHAI)
"""A Monday."""
NIGHTS = Weekly(frozenset({"sat"}), time(22), time(6))
MORNINGS = Weekly(frozenset({"mon", "fri"}), time(8), time(12))


@pytest.mark.parametrize(
    ("weekly", "day", "clock", "held"),
    [
        (MORNINGS, 22, "08:00", True),
        (MORNINGS, 22, "07:59", False),
        (MORNINGS, 22, "12:00", False),
        (MORNINGS, 23, "09:00", False),
        (MORNINGS, 26, "11:59", True),
        (NIGHTS, 27, "21:59", False),
        (NIGHTS, 27, "22:00", True),
        (NIGHTS, 28, "05:59", True),
        (NIGHTS, 28, "06:00", False),
        (NIGHTS, 28, "23:00", False),
        (NIGHTS, 27, "03:00", False),
        (None, 24, "03:00", True),
    ],
)
def test_it_holds_in_its_hours(weekly: Weekly | None, day: int, clock: str, held: bool) -> None:
    silence = Silence(to_us(FIRST), to_us(FIRST.replace(month=7)), weekly=weekly)
    at = datetime.combine(FIRST.replace(day=day), time.fromisoformat(clock), SHANGHAI)
    assert silence.covers(to_us(at), SHANGHAI) is held


def test_it_holds_only_between_its_begin_and_its_end() -> None:
    whole = Weekly(frozenset({"mon"}), time(), time())
    silence = Silence(to_us(FIRST), to_us(FIRST.replace(day=29)), weekly=whole)
    held = [silence.covers(to_us(FIRST.replace(day=day, hour=12)), SHANGHAI) for day in (15, 22, 23, 29)]
    assert held == [False, True, False, False]
