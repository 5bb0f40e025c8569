import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc

from ingest.collectors.push import arrow
from ingest.collectors.push.arrow import parse
from ingest.collectors.push.parsed import Parsed
from ingest.errors import PayloadError, TooManyRows

NOW = 1_795_332_600.0
TIME_US = 1_795_332_600_000_000
KNOWN = {"M1", "M2"}
UTC_US = pa.timestamp("us", "UTC")


def stream(table: pa.Table, **options: Any) -> bytes:
    out = pa.BufferOutputStream()
    with ipc.new_stream(out, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return bytes(out.getvalue().to_pybytes())


def table(**change: Any) -> pa.Table:
    columns = {
        "meter": pa.array(["M1", "M2"]),
        "time": pa.array([TIME_US, TIME_US + 1], UTC_US),
        "active_power": pa.array([1.5, None]),
        "voltage": pa.array([230, 231], pa.int32()),
    }
    return pa.table({**columns, **change})


def read(body: bytes) -> Parsed:
    return parse(body, "push", KNOWN, None, NOW)


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


BOTH = [("M1", TIME_US, {"active_power": 1.5, "voltage": 230.0}), ("M2", TIME_US + 1, {"voltage": 231.0})]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"meter": pa.array(["M1", "M2"]).dictionary_encode()},
        {"meter": pa.array(["M1", "M2"], pa.large_string())},
        {
            "time": pa.array(
                [TIME_US * 1000 + 999, TIME_US * 1000 + 1000], pa.timestamp("ns", "Asia/Shanghai")
            )
        },
        {"active_power": pa.array([1.5, math.nan])},
        {"active_power": pa.array([1.5, None], pa.float32())},
        {"current": pa.nulls(2)},
    ],
)
def test_a_stream_becomes_one_batch(change: dict[str, Any]) -> None:
    parsed = read(stream(table(**change)))
    assert shown(parsed) == BOTH
    assert parsed.rejected == ()


def test_batches_of_a_stream_follow_one_another() -> None:
    parsed = read(
        stream(pa.concat_tables([table(), table(time=pa.array([TIME_US + 2, TIME_US + 3], UTC_US))]))
    )
    assert [at - TIME_US for _, at, _ in shown(parsed)] == [0, 1, 2, 3]


def test_what_cannot_be_used_is_named_and_the_rest_kept() -> None:
    parsed = read(
        stream(
            pa.table(
                {
                    "meter": ["M9", None, "M1", "M2", "M1"],
                    "time": pa.array([TIME_US, TIME_US, None, TIME_US, 0], UTC_US),
                    "current": [1, 1, 1, math.inf, 1],
                    "voltage": [1, 1, 1, 1, 1],
                    "volts": [1, 1, 1, 1, 1],
                }
            )
        )
    )
    assert shown(parsed) == [("M2", TIME_US, {"voltage": 1.0})]
    assert [(r.row, r.field) for r in parsed.rejected] == [
        (0, "volts"),
        (0, "meter"),
        (1, "meter"),
        (2, "time"),
        (3, "current"),
        (4, "time"),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meter": pa.array([1, 2])}, "meter"),
        ({"time": pa.array([1, 2])}, "time"),
        ({"time": pa.array([TIME_US, TIME_US], pa.timestamp("us"))}, "time"),
        ({"voltage": pa.array(["1", "2"])}, "voltage"),
        ({"voltage": pa.array([True, False])}, "voltage"),
    ],
)
def test_columns_of_another_kind_are_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as refused:
        read(stream(table(**change)))
    assert refused.value.field == field


def test_a_stream_without_a_column_or_without_rows() -> None:
    for short in (table().drop_columns("time"), table().slice(0, 0)):
        with pytest.raises(PayloadError):
            read(stream(short))


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_buffers_that_unpack_to_what_they_like_are_refused(codec: str) -> None:
    zeros = pa.array(np.zeros(100_000))
    wide = pa.table(
        {"meter": ["M1"] * 100_000, "time": pa.array([TIME_US] * 100_000, UTC_US), "current": zeros}
    )
    assert len(read(stream(wide)).batch) == 100_000
    with pytest.raises(PayloadError, match="Content-Encoding"):
        read(stream(wide, compression=codec))


def test_rows_without_bytes_are_counted_before_they_are_made() -> None:
    body = stream(pa.table({"meter": pa.nulls(10**6), "time": pa.nulls(10**6)}))
    assert len(body) < 2000
    with pytest.raises(TooManyRows):
        read(body)


def test_texts_that_are_no_utf8_are_refused() -> None:
    bad = pa.StringArray.from_buffers(
        2, pa.py_buffer(np.array([0, 1, 2], np.int32).tobytes()), pa.py_buffer(b"\xff\xfe")
    )
    with pytest.raises(PayloadError, match="Arrow"):
        read(stream(table(meter=bad)))


@settings(max_examples=300)
@given(st.binary(max_size=64), st.integers(0, 2000), st.booleans())
def test_no_bytes_break_the_reader(noise: bytes, at: int, cut: bool) -> None:
    whole = stream(table())
    body = whole[:at] + noise + (b"" if cut else whole[at + len(noise) :])
    try:
        parsed = read(body)
    except PayloadError:
        return
    assert len(parsed.batch) <= arrow.MOST_ROWS
