"""Periods as people write them: a year, a month, a day, or two days."""

import calendar
import re
from datetime import date
from typing import Annotated

from msgspec import Meta

from telemetry.reports.errors import QueryError

_MONTHS = 12
_YEARS = range(1990, 2200)
Period = Annotated[
    str,
    Meta(
        max_length=25,
        description="A year, a month, a day, or two days with / between them, both included",
        examples=["2026-05"],
    ),
]


def span(text: str, field: str) -> tuple[date, date]:
    """First and last day of a period. Raises QueryError."""
    first, _, last = text.partition("/")
    try:
        lo, hi = _days(first)[0], _days(last or first)[1]
    except ValueError:
        reason = "is not a period such as 2026, 2026-05, 2026-05-17 or 2026-05-01/2026-05-15"
        raise QueryError(field, text, reason) from None
    if hi < lo:
        raise QueryError(field, text, "ends before it begins")
    return lo, hi


def month(text: str, field: str) -> date:
    """First day of a month. Raises QueryError."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or int(found[1]) not in _YEARS or not 1 <= int(found[2]) <= _MONTHS:
        raise QueryError(field, text, "is not a month from 1990 to 2199, such as 2026-10")
    return date(int(found[1]), int(found[2]), 1)


def _days(text: str) -> tuple[date, date]:
    """First and last day of a year, a month or a day. Raises ValueError."""
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    if re.fullmatch(r"\d{4}-\d{2}", text):
        year, month = int(text[:4]), int(text[5:])
        return date(year, month, 1), date(year, month, _length(year, month))
    day = date.fromisoformat(text)
    return day, day


def _length(year: int, month: int) -> int:
    if not 1 <= month <= _MONTHS:
        raise ValueError
    return calendar.monthrange(year, month)[1]
