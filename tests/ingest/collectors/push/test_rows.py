import json
import math
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.quantity import CATALOGUE
from ingest.collectors.push import rows as posted
from ingest.collectors.push.parsed import Parsed, Rejected
from ingest.collectors.push.rows import parse
from ingest.errors import PayloadError

NOW = 1_795_332_600.0
TIME = "2026-11-22T15:30:00+08:00"
TIME_US = 1_795_332_600_000_000
KNOWN = {"M1", "M2"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def row(**change: Any) -> dict[str, Any]:
    return {"meter": "M1", "time": TIME, "values": {"active_power": 1.5}, **change}


def read(*rows: Any, zone: ZoneInfo | None = None) -> Parsed:
    return parse(json.dumps(rows).encode(), "push", KNOWN, zone, NOW)


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


def test_rows_become_one_batch() -> None:
    parsed = read(row(), row(meter="M2", values={"voltage": 230, "active_power": 2}))
    assert parsed.rejected == ()
    assert parsed.batch.source == "push"
    assert parsed.batch.quantities == ("active_power", "voltage")
    assert shown(parsed) == [
        ("M1", TIME_US, {"active_power": 1.5}),
        ("M2", TIME_US, {"voltage": 230.0, "active_power": 2.0}),
    ]


def test_good_rows_do_not_take_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted, "_parse_rows", None)
    assert len(read(row(), row(time="2026-11-22T07:30:00.25Z")).batch) == 2


@pytest.mark.parametrize(
    ("change", "field", "value", "reason"),
    [
        ({"meter": "M9"}, "meter", "M9", "no meter has this code"),
        ({"meter": 7}, "meter", 7, "no meter has this code"),
        ({"time": "2026-11-22T15:30:00"}, "time", "2026-11-22T15:30:00", "a time without a zone"),
        ({"time": 1795332600}, "time", 1795332600, "a time is text in RFC 3339"),
        ({"time": None}, "time", None, "a time is text in RFC 3339"),
        ({"time": "22.11.2026"}, "time", "22.11.2026", "not a time in RFC 3339"),
        ({"time": "1999-12-31T23:59:59Z"}, "time", "1999-12-31T23:59:59Z", "before the year 2000"),
        ({"time": "2026-11-23T07:30:01Z"}, "time", "2026-11-23T07:30:01Z", "more than a day ahead"),
        ({"values": {"power": 1}}, "values.power", 1, "not in the catalogue"),
        ({"values": {"active_power": "1"}}, "values.active_power", "1", "not a number"),
        ({"values": {"active_power": True}}, "values.active_power", True, "not a number"),
        ({"values": {"active_power": math.nan}}, "values.active_power", None, "not a finite number"),
        ({"values": {"active_power": math.inf}}, "values.active_power", math.inf, "not a finite number"),
        ({"values": {"energy_import": 1.1e15}}, "values.energy_import", 1.1e15, "no meter shows so much"),
        ({"values": {"energy_import": -1.1e15}}, "values.energy_import", -1.1e15, "no meter shows so much"),
        ({"values": {"active_power": 10**400}}, "values.active_power", "1" + 99 * "0", "not a finite number"),
        ({"values": {"active_power": None}}, "values", "{'active_power': None}", "holds no value"),
        ({"values": {}}, "values", "{}", "holds no value"),
        ({"values": 5}, "values", 5, "values is an object"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_are_kept(
    change: dict[str, Any], field: str, value: object, reason: str
) -> None:
    parsed = read(row(), row(**change), row(meter="M2"))
    (rejected,) = parsed.rejected
    assert (rejected.row, rejected.field) == (1, field)
    assert rejected.value == value or (isinstance(rejected.value, float) and math.isnan(rejected.value))
    assert reason in rejected.reason
    assert [code for code, _, _ in shown(parsed)] == ["M1", "M2"]
    assert parsed.rows.tolist() == [0, 2]


def test_a_number_too_large_for_a_float_takes_only_its_own_row_down() -> None:
    body = b'[{"meter":"M1","time":"%s","values":{"active_power":1e400}},%s]' % (
        TIME.encode(),
        json.dumps(row()).encode(),
    )
    parsed = parse(body, "push", KNOWN, None, NOW)
    assert [rejected.reason for rejected in parsed.rejected] == ["not a finite number"]
    assert parsed.rows.tolist() == [1]


def test_a_row_keeps_its_good_values() -> None:
    parsed = read(row(values={"active_power": 1, "voltage": "high", "current": None, "amps": 3}, note="x"))
    assert shown(parsed) == [("M1", TIME_US, {"active_power": 1.0})]
    assert parsed.rejected == (
        Rejected(0, "note", "x", "no such field"),
        Rejected(0, "values.voltage", "high", "not a number"),
        Rejected(0, "values.amps", 3, "not in the catalogue of quantities"),
    )


def test_a_declared_zone_serves_times_that_carry_none() -> None:
    assert shown(read(row(time="2026-11-22T15:30:00"), zone=SHANGHAI))[0][1] == TIME_US
    assert shown(read(row(time="2026-11-22T08:30:00+01:00"), zone=SHANGHAI))[0][1] == TIME_US


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b"null", b'"rows"', b"\xff", b"[" * 100_000, b'[{"meter":"M1"},]'],
)
def test_a_body_that_is_no_list_of_rows_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(body, "push", KNOWN, None, NOW)


def test_a_row_that_is_no_object_is_named() -> None:
    parsed = read(5, row())
    assert parsed.rejected == (Rejected(0, "", 5, "a row is an object with meter, time and values"),)


_numbers = st.one_of(st.floats(-1e15, 1e15), st.integers(-(10**15), 10**15))
_rows = st.builds(
    lambda meter, offset, values: row(
        meter=meter, time=f"2026-11-22T15:30:00.{offset:06d}+08:00", values=values
    ),
    st.sampled_from(sorted(KNOWN)),
    st.integers(0, 999_999),
    st.dictionaries(st.sampled_from(sorted(CATALOGUE)), _numbers, min_size=1, max_size=8),
)


@given(st.lists(_rows, min_size=1, max_size=8))
def test_both_ways_read_the_same(rows: list[dict[str, Any]]) -> None:
    body = json.dumps(rows).encode()
    short = posted._parse_whole(body, "push", KNOWN, NOW)
    long = posted._parse_rows(rows, "push", KNOWN, None, NOW, forms={})
    assert short is not None
    assert not long.rejected
    assert shown(short) == shown(long)
    np.testing.assert_array_equal(short.batch.values, long.batch.values)
    assert shown(short) == [
        (one["meter"], TIME_US + int(one["time"][20:26]), {q: float(v) for q, v in one["values"].items()})
        for one in rows
    ]
