"""How far the park's clock is ahead of UTC, for whoever has no calendar of zones at hand."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

REACH_DAYS = 400
"""Beyond a year, so that the same time a year ago and next year are known too."""


class Clock(Struct, frozen=True, rename={"from_": "from"}):
    """A stretch in which the clock keeps one distance from UTC."""

    from_: datetime
    to: datetime
    ahead_s: Annotated[int, Meta(description="Seconds ahead of UTC", examples=[28800])]


@lru_cache(maxsize=8)
def clock(zone: ZoneInfo, day: date) -> Clock:
    """The whole UTC days around the beginning of `day` that share its distance, as far as looked at."""
    start = datetime.combine(day, time(), UTC)
    return Clock(_last(zone, start, -1), _last(zone, start, 1), _ahead(zone, start))


def _last(zone: ZoneInfo, start: datetime, way: int) -> datetime:
    """The last midnight, from `start` on, before the clock is changed."""
    days = (start + timedelta(days=way * n) for n in range(REACH_DAYS))
    *_, last = takewhile(lambda at: _ahead(zone, at) == _ahead(zone, start), days)
    return last


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    return int((at.astimezone(zone).replace(tzinfo=UTC) - at).total_seconds())
