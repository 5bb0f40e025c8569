"""Many times in RFC 3339 at once, where they are all written alike."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:[.,](?P<fraction>\d{1,9}))?(?P<zone>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_ZERO, _NINE, _MINUS = b"09-"
_CLOCK = np.array([23, 59, 59])


def read_alike(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """[us since 1970-01-01 UTC]; None as soon as one is written otherwise than the first, or is no time."""
    form = _FORM.fullmatch(texts[0]) if texts else None
    if form is None or len(set(map(len, texts))) != 1:
        return None
    table = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8).reshape(len(texts), -1)
    if not _alike(table, form["zone"]):
        return None
    digits = table.astype(np.int64) - _ZERO
    seconds = _seconds(digits)
    offset = _offset(table, digits) if len(form["zone"]) > 1 else np.zeros(len(texts), np.int64)
    if seconds is None or offset is None:
        return None
    time_us: NDArray[np.int64] = (seconds - offset) * 1_000_000 + _fraction(digits, form["fraction"] or "")
    return time_us


def _alike(table: NDArray[np.uint8], zone: str) -> bool:
    """Digits where the first has digits; elsewhere the same, save the zone's sign."""
    digit = (table >= _ZERO) & (table <= _NINE)
    same = table == table[0]
    if len(zone) > 1:
        same[:, -len(zone)] = np.isin(table[:, -len(zone)], (ord("+"), _MINUS))
    return bool(np.where(digit[0], digit, same).all())


def _number(digits: NDArray[np.int64], start: int, count: int) -> NDArray[np.int64]:
    number: NDArray[np.int64] = digits[:, start : start + count] @ 10 ** np.arange(count - 1, -1, -1)
    return number


def _seconds(digits: NDArray[np.int64]) -> NDArray[np.int64] | None:
    year, month, day = _number(digits, 0, 4), _number(digits, 5, 2), _number(digits, 8, 2)
    clock = np.stack([_number(digits, start, 2) for start in (11, 14, 17)], axis=1)
    if (year < 1).any() or (month < 1).any() or (month > 12).any() or (clock > _CLOCK).any():  # noqa: PLR2004
        return None
    months = (year - 1970) * 12 + month - 1
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    following = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    if (day < 1).any() or (day > following - first).any():
        return None
    seconds: NDArray[np.int64] = (first + day - 1) * 86_400 + clock @ np.array([3600, 60, 1])
    return seconds


def _fraction(digits: NDArray[np.int64], written: str) -> NDArray[np.int64] | int:
    """[us]; what is finer is cut off, as `datetime` does it."""
    count = min(len(written), 6)
    return _number(digits, 20, count) * 10 ** (6 - count) if count else 0


def _offset(table: NDArray[np.uint8], digits: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """East of UTC [s]."""
    width = table.shape[1]
    hours, minutes = _number(digits, width - 5, 2), _number(digits, width - 2, 2)
    if (hours > 23).any() or (minutes > 59).any():  # noqa: PLR2004
        return None
    sign: NDArray[np.int64] = np.where(table[:, width - 6] == _MINUS, -1, 1).astype(np.int64)
    return sign * (hours * 3600 + minutes * 60)
