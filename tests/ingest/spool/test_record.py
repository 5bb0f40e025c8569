import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ingest.batch import Batch
from ingest.errors import PayloadError
from ingest.spool.record import decode, encode, parts


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    n, k = draw(st.integers(0, 20)), draw(st.integers(1, 4))
    meters = tuple(draw(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True)))
    return Batch(
        draw(st.text(max_size=10)),
        meters,
        draw(arrays.arrays(np.int32, n, elements=st.integers(0, len(meters) - 1))),
        draw(arrays.arrays(np.int64, n)),
        tuple(f"quantity_{i}" for i in range(k)),
        draw(arrays.arrays(np.float64, (n, k))),
        draw(st.sampled_from(["", "4be1c0a7d2936f58"])),
        draw(st.booleans()),
    )


def rows(*some: Batch) -> list[tuple[str, str, int, tuple[str, ...], bytes]]:
    return [
        (one.source, one.meters[m], t, one.quantities, v.tobytes())
        for one in some
        for m, t, v in zip(one.row_meter.tolist(), one.time.tolist(), one.values, strict=True)
    ]


@given(batches())
def test_what_was_encoded_is_decoded(batch: Batch) -> None:
    assert rows(decode(encode(batch))) == rows(batch)
    assert decode(encode(batch)).edition == batch.edition
    assert decode(encode(batch)).unmapped is batch.unmapped


def test_a_record_from_before_editions_is_read() -> None:
    batch = Batch("s", ("m",), np.zeros(1, np.int32), np.zeros(1, np.int64), ("q",), np.ones((1, 1)))
    written = encode(batch)
    length = int.from_bytes(written[1:5], "little")
    head = msgspec.msgpack.encode(msgspec.msgpack.decode(written[5 : 5 + length])[:4])
    older = written[:1] + len(head).to_bytes(4, "little") + head + written[5 + length :]
    assert (decode(older).edition, rows(decode(older))) == ("", rows(batch))


@given(batches(), st.integers(1, 2000))
def test_pieces_hold_every_row_once_and_only_their_own_meters(batch: Batch, most: int) -> None:
    pieces = list(parts(batch, most))
    assert rows(*pieces) == rows(batch)
    if len(pieces) > 1:
        assert all(set(piece.row_meter.tolist()) == set(range(len(piece.meters))) for piece in pieces)
        assert all(len(piece) == 1 or len(encode(piece)) <= most + 100 for piece in pieces)


@given(batches(), st.data())
def test_what_is_no_batch_is_an_error_that_says_so(batch: Batch, data: st.DataObject) -> None:
    whole = encode(batch)
    with pytest.raises(PayloadError, match="record: not a batch"):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_newer_version_is_named() -> None:
    with pytest.raises(PayloadError, match="this ParkWatt reads version 1"):
        decode(b"\x09\0\0\0\0")
