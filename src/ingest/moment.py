"""How the times of payloads and rows become microseconds since 1970 UTC."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ingest.errors import PayloadError
from ingest.json_device import TimeField, TimeForm

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST_US = (datetime(2000, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_AHEAD_US = 86_400_000_000
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_DIGITS = re.compile(r"\d{14}", re.ASCII)
_OFFSET = re.compile(
    r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d?(?:\.\d+)?)(?::?(?P<minutes>[0-5]\d))?", re.ASCII
)
_PER_US: Mapping[TimeForm, float] = {
    TimeForm.EPOCH_S: 1e6,
    TimeForm.EPOCH_MS: 1e3,
    TimeForm.EPOCH_US: 1.0,
    TimeForm.EPOCH_NS: 1e-3,
}


def microseconds(moment: datetime) -> int:
    """[us since 1970-01-01 UTC] of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def plausible(time_us: int, now: float) -> bool:
    """Neither before 2000 nor more than a day after `now` [s]."""
    return EARLIEST_US <= time_us <= now * 1e6 + _AHEAD_US


def plausible_times(time_us: NDArray[np.int64], now: float) -> NDArray[np.bool_]:
    """The same of many, bool[n]."""
    return (time_us >= EARLIEST_US) & (time_us <= now * 1e6 + _AHEAD_US)


def check_plausible(field: str, value: object, time_us: int, now: float) -> int:
    """The time itself. Raises PayloadError."""
    if time_us < EARLIEST_US:
        raise PayloadError(field, value, "a time before the year 2000")
    if not plausible(time_us, now):
        raise PayloadError(field, value, "a time more than a day ahead")
    return time_us


def read_rfc3339(field: str, value: object, zone: tzinfo | None) -> int:
    """[us]; `zone` is that of times which carry none. Raises PayloadError."""
    if not isinstance(value, str):
        raise PayloadError(field, value, "a time is text in RFC 3339, such as 2026-11-22T15:30:00+08:00")
    match = _RFC3339.fullmatch(value)
    if match is None:
        raise PayloadError(field, value, "not a time in RFC 3339, such as 2026-11-22T15:30:00+08:00")
    if match["zone"] is None and zone is None:
        raise PayloadError(field, value, "a time without a zone, and its source declares none")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise PayloadError(field, value, f"not a time: {error}") from error
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def read_zone(field: str, value: object) -> tzinfo:
    """From `+08:00`, `UTC+8`, 8 [h], `Z` or `Asia/Shanghai`. Raises PayloadError."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:+}" if numeric else str(value)
    match = _OFFSET.fullmatch(text)
    if match is not None:
        minutes = 60 * float(match["hours"]) + int(match["minutes"] or 0)
        shift = timedelta(minutes=minutes if match["sign"] == "+" else -minutes)
        if abs(shift) < timedelta(days=1):
            return timezone(shift)
    try:
        return UTC if text in {"Z", "z", "UTC", "GMT"} else ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise PayloadError(field, value, "not a zone, such as +08:00, UTC+8, 8 or Asia/Shanghai") from error


class TimeReader:
    """Reads the times of one device in the form its template declares."""

    def __init__(self, declared: TimeField, zone: str | None = None) -> None:
        """`zone` is the source's, for times whose template declares none."""
        named = declared.zone or zone
        self._form = declared.form
        self._field = declared.path
        self._zone_field = declared.zone_path
        self._zone = ZoneInfo(named) if named else None
        self._read: Callable[[object, tzinfo | None], int] = self._reader()

    def read(self, value: object, now: float, zone: object = None) -> int:
        """[us]; `now` [s] where the form is none, `zone` what the payload says of it. Raises PayloadError."""
        if self._form is TimeForm.NONE:
            return round(now * 1e6)
        told = self._zone if zone is None else read_zone(self._zone_field, zone)
        return check_plausible(self._field, value, self._read(value, told), now)

    def _reader(self) -> Callable[[object, tzinfo | None], int]:
        if self._form is TimeForm.RFC3339:
            return lambda value, zone: read_rfc3339(self._field, value, zone)
        return self._digits if self._form is TimeForm.DIGITS else self._epoch

    def _epoch(self, value: object, _zone: tzinfo | None) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PayloadError(self._field, value, f"a time in form {self._form} is a number")
        per_us = _PER_US[self._form]
        if self._form is TimeForm.EPOCH_NS and isinstance(value, int):
            return value // 1000
        try:
            return round(value * per_us)
        except (OverflowError, ValueError) as error:
            raise PayloadError(self._field, value, "no clock shows this") from error

    def _digits(self, value: object, zone: tzinfo | None) -> int:
        text = str(value)
        if _DIGITS.fullmatch(text) is None:
            raise PayloadError(self._field, value, "local digits are YYYYMMDDhhmmss")
        if zone is None:
            raise PayloadError(self._field, value, "a time without a zone, and its source declares none")
        try:
            moment = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        except ValueError as error:
            raise PayloadError(self._field, value, f"not a time: {error}") from error
        return microseconds(moment)
