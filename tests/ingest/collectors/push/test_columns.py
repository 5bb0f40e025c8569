import json
import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.quantity import CATALOGUE
from ingest.collectors.push import columns as posted_columns
from ingest.collectors.push import rows as posted_rows
from ingest.collectors.push.columns import parse
from ingest.collectors.push.parsed import Parsed, Rejected
from ingest.errors import PayloadError, TooManyRows

NOW = 1_795_332_600.0
TIME = "2026-11-22T15:30:00+08:00"
TIME_US = 1_795_332_600_000_000
KNOWN = {"M1", "M2"}


def read(zone: ZoneInfo | None = None, **columns: Any) -> Parsed:
    return parse(json.dumps(columns).encode(), "push", KNOWN, zone, NOW)


def shown(parsed: Parsed) -> list[tuple[str, int, dict[str, float]]]:
    batch = parsed.batch
    return [
        (
            batch.meters[meter],
            int(at),
            {q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not math.isnan(v)},
        )
        for meter, at, values in zip(batch.row_meter, batch.time, batch.values, strict=True)
    ]


TWO = {"meter": ["M1", "M2"], "time": [TIME, "2026-11-22T15:30:01+08:00"]}


def test_columns_become_one_batch() -> None:
    parsed = read(**TWO, active_power=[1.5, None], voltage=[230, 231])
    assert parsed.rejected == ()
    assert parsed.batch.source == "push"
    assert shown(parsed) == [
        ("M1", TIME_US, {"active_power": 1.5, "voltage": 230.0}),
        ("M2", TIME_US + 1_000_000, {"voltage": 231.0}),
    ]


@pytest.mark.parametrize("meter", ["M1", ["M1", "M1"]])
@pytest.mark.parametrize(
    ("unit", "time"),
    [
        ("s", [1795332600, 1795332601]),
        ("s", [1795332600.0, 1795332601]),
        ("ms", [1795332600000, 1795332601000]),
        ("us", [1795332600000000, 1795332601000000]),
        ("ns", [1795332600000000999, 1795332601000000001]),
        (None, [TIME, "2026-11-22T07:30:01+00:00"]),
    ],
)
def test_good_columns_do_not_take_the_long_way(
    monkeypatch: pytest.MonkeyPatch, unit: str | None, time: list[Any], meter: object
) -> None:
    monkeypatch.setattr(posted_columns, "_read_document", None)
    parsed = read(meter=meter, time=time, time_unit=unit, current=[1, 2])
    assert [at for _, at, _ in shown(parsed)] == [TIME_US, TIME_US + 1_000_000]


def test_what_cannot_be_used_is_named_and_the_rest_kept() -> None:
    parsed = read(
        meter=["M9", "M1", "M1", "M1", 7, "M2", "M2"],
        time=[TIME, TIME, "yesterday", "1999-12-31T23:59:59Z", TIME, TIME, "2026-11-22T15:30:01+08:00"],
        active_power=[1, "n/a", 1, 1, 1, None, 5],
        energy_import=[1, 2, 1, 1, 1, None, 1e16],
        energi=[1, 1, 1, 1, 1, 1, 1],
    )
    assert shown(parsed) == [
        ("M1", TIME_US, {"energy_import": 2.0}),
        ("M2", TIME_US + 10**6, {"active_power": 5.0}),
    ]
    assert parsed.rows.tolist() == [1, 6]
    assert [(r.row, r.field, r.value) for r in parsed.rejected] == [
        (0, "energi", "[1, 1, 1, 1, 1, 1, 1]"),
        (0, "meter", "M9"),
        (1, "active_power", "n/a"),
        (2, "time", "yesterday"),
        (3, "time", "1999-12-31T23:59:59.000000Z"),
        (4, "meter", 7),
        (5, "", None),
        (6, "energy_import", 1e16),
    ]
    assert all(r.reason for r in parsed.rejected)


def test_an_unknown_meter_in_a_good_body_costs_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted_columns, "_read_document", None)
    parsed = read(meter=["M9", "M1"], time=[TIME, TIME], current=[1, 2])
    assert shown(parsed) == [("M1", TIME_US, {"current": 2.0})]
    assert parsed.rejected == (Rejected(0, "meter", "M9", "no meter has this code"),)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"1e400", b"true"])
def test_what_is_no_finite_number_costs_its_value_alone(literal: bytes) -> None:
    body = b'{"meter":"M1","time":["%s"],"current":[%s],"voltage":[1]}' % (TIME.encode(), literal)
    parsed = parse(body, "push", KNOWN, None, NOW)
    assert shown(parsed) == [("M1", TIME_US, {"voltage": 1.0})]
    assert [r.field for r in parsed.rejected] == ["current"]


@pytest.mark.parametrize("unit", [None, "s", "ns"])
@pytest.mark.parametrize("time", [2**63, -(2**70), 1e300, True, None, [], "now"])
def test_a_time_that_is_none_costs_its_row_alone(unit: str | None, time: object) -> None:
    good = {None: TIME, "s": 1795332600, "ns": 1795332600 * 10**9}[unit]
    parsed = read(meter="M1", time=[time, good], time_unit=unit, current=[1, 2])
    assert shown(parsed) == [("M1", TIME_US, {"current": 2.0})]
    assert [(r.row, r.field) for r in parsed.rejected] == [(0, "time")]


def test_a_declared_zone_serves_times_that_carry_none() -> None:
    columns = {"meter": "M1", "time": ["2026-11-22T15:30:00"], "current": [1]}
    assert shown(read(ZoneInfo("Asia/Shanghai"), **columns))[0][1] == TIME_US
    assert [r.field for r in read(**columns).rejected] == ["time"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meter": ["M1"]}, "meter"),
        ({"meter": None}, "meter"),
        ({"time": []}, "time"),
        ({"time": TIME}, "time"),
        ({"time_unit": "weeks"}, "time_unit"),
        ({"active_power": [1]}, "active_power"),
        ({"active_power": 1}, "active_power"),
    ],
)
def test_columns_that_do_not_lie_side_by_side_are_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as refused:
        read(**{**TWO, "active_power": [1, 2], **change})
    assert refused.value.field == field


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff", b'{"meter":' * 50_000, b"{}"])
def test_a_body_that_is_no_object_of_columns_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(body, "push", KNOWN, None, NOW)


def test_a_body_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted_columns, "MOST_ROWS", 1)
    with pytest.raises(TooManyRows, match="more than 1 rows"):
        read(**TWO, current=[1, 2])


_numbers = st.none() | st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15)
_rows = st.lists(
    st.tuples(
        st.sampled_from(["M1", "M2", "M9"]),
        st.integers(0, 999_999).map(lambda us: f"2026-11-22T15:30:00.{us:06d}+08:00"),
        st.fixed_dictionaries(dict.fromkeys(("active_power", "energy_import"), _numbers)),
    ),
    min_size=1,
    max_size=8,
)


@given(_rows)
def test_columns_mean_what_rows_mean(rows: list[tuple[str, str, dict[str, float | None]]]) -> None:
    columns = read(
        meter=[meter for meter, _, _ in rows],
        time=[time for _, time, _ in rows],
        **{name: [values[name] for _, _, values in rows] for name in ("active_power", "energy_import")},
    )
    body = [{"meter": meter, "time": time, "values": values} for meter, time, values in rows]
    posted = posted_rows.parse(json.dumps(body).encode(), "push", KNOWN, None, NOW)
    assert shown(columns) == shown(posted)
    assert columns.rows.tolist() == posted.rows.tolist()
    assert [r.row for r in columns.rejected] == [r.row for r in posted.rejected]


@given(_rows, st.sampled_from(sorted(CATALOGUE)))
def test_both_ways_read_the_same(rows: list[tuple[str, str, dict[str, float | None]]], name: str) -> None:
    columns = {
        "meter": [meter for meter, _, _ in rows],
        "time": [time for _, time, _ in rows],
        name: [values["active_power"] for _, _, values in rows],
    }
    short = posted_columns._read_whole(json.dumps(columns).encode())
    long = posted_columns._read_document(columns, None, {})
    assert short is not None
    assert shown(posted_columns.compare(short, "push", KNOWN, NOW)) == shown(
        posted_columns.compare(long, "push", KNOWN, NOW)
    )
