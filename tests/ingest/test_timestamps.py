from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import PayloadError
from ingest.moment import read_rfc3339
from ingest.timestamps import read_alike

_moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001  # zones are drawn beside
_zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.lists(st.tuples(_moments, _zones), min_size=1, max_size=5), st.integers(0, 9), st.booleans())
def test_reads_as_one_by_one(moments: list[tuple[datetime, timezone]], digits: int, utc: bool) -> None:
    texts = [
        written(moment.replace(tzinfo=UTC if utc else zone), digits, utc=utc) for moment, zone in moments
    ]
    read = read_alike(texts)
    assert read is not None
    assert read.tolist() == [read_rfc3339("time", text, None) for text in texts]


def written(moment: datetime, digits: int, *, utc: bool) -> str:
    fraction = f".{moment.microsecond:06d}789"[: digits + 1] if digits else ""
    offset = "Z" if utc else moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5]
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}{fraction}{offset}"


@given(st.text(st.sampled_from("0123456789-+:.TZ "), min_size=20, max_size=25))
def test_accepts_no_text_that_the_single_reader_refuses(text: str) -> None:
    read = read_alike([text])
    try:
        single = [read_rfc3339("time", text, None)]
    except PayloadError:
        assert read is None
    else:
        assert read is None or read.tolist() == single


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2026-11-22T15:30:00"],
        ["2026-11-22T15:30Z"],
        ["2026-11-22T15:30:00Z", "2026-11-22T15:30:00.5Z"],
        ["2026-11-22T15:30:00Z", "2026-11-22T15:30:0xZ"],
        ["2026-11-22T15:30:00Z", "2026-11-22T15:30:0\u0661Z"],
        ["2026-11-22T15:30:00+08:00", "2026-11-22T15:30:00 08:00"],
        ["2026-02-29T00:00:00Z"],
        ["2026-04-31T00:00:00Z"],
        ["2026-13-01T00:00:00Z"],
        ["2026-11-22T24:00:00Z"],
        ["2026-11-22T23:59:60Z"],
        ["0000-01-01T00:00:00Z"],
        ["2026-11-22T15:30:00+24:00"],
    ],
)
def test_leaves_the_unusual_to_the_single_reader(texts: list[str]) -> None:
    assert read_alike(texts) is None


def test_signs_of_zones_may_differ() -> None:
    read = read_alike(["2026-11-22T15:30:00+08:00", "2026-11-22T15:30:00-08:00"])
    assert read is not None
    assert (read[1] - read[0]) / 3.6e9 == 16
