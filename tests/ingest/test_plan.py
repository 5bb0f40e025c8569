from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ingest.device import Device, Table
from ingest.plan import Span, blocks, plan

_words = st.builds(
    Span, st.sampled_from([Table.HOLDING, Table.INPUT]), st.integers(0, 400), st.sampled_from([1, 2, 4])
)


@given(st.lists(_words, max_size=60), st.integers(4, 125), st.integers(0, 12))
def test_every_register_stands_whole_in_a_block(spans: list[Span], max_words: int, max_gap: int) -> None:
    found = blocks(spans, max_words, max_gap)
    for span in spans:
        assert any(b.table == span.table and b.start <= span.start and span.end <= b.end for b in found)
    assert all(block.count <= max_words for block in found)


@given(st.lists(_words, max_size=60), st.integers(4, 125), st.integers(0, 12))
def test_no_block_bridges_more_than_the_gap_nor_reads_at_its_edges_what_nobody_wants(
    spans: list[Span], max_words: int, max_gap: int
) -> None:
    wanted = {(s.table, a) for s in spans for a in range(s.start, s.end)}
    for block in blocks(spans, max_words, max_gap):
        assert (block.table, block.start) in wanted
        assert (block.table, block.end - 1) in wanted
        unwanted = 0
        for address in range(block.start, block.end):
            unwanted = 0 if (block.table, address) in wanted else unwanted + 1
            assert unwanted <= max_gap


def test_gaps_of_ten_are_bridged_and_of_eleven_not() -> None:
    near = [Span(Table.INPUT, 0, 2), Span(Table.INPUT, 12, 2)]
    far = [Span(Table.INPUT, 0, 2), Span(Table.INPUT, 13, 2)]
    assert blocks(near, 125, 10) == (Span(Table.INPUT, 0, 14),)
    assert blocks(far, 125, 10) == tuple(far)


def test_a_register_is_not_cut_at_the_end_of_a_block() -> None:
    spans = [Span(Table.HOLDING, 0, 124), Span(Table.HOLDING, 124, 2)]
    assert blocks(spans, 125, 10) == tuple(spans)


def test_bits_have_a_limit_of_their_own() -> None:
    spans = [Span(Table.COIL, address, 1) for address in range(2001)]
    assert blocks(spans, 125, 10) == (Span(Table.COIL, 0, 2000), Span(Table.COIL, 2000, 1))


def test_scale_registers_and_identity_words_are_fetched_too(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 100, "type": "int16", "quantity": "voltage", "unit": "V", "scale_register": 105},
        identity=[{"address": 300, "value": 7}],
    )
    assert plan(device) == (Span(Table.HOLDING, 100, 6), Span(Table.HOLDING, 300, 1))


def test_a_device_may_forbid_gaps(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 0, "type": "int16", "quantity": "voltage", "unit": "V"},
        {"address": 2, "type": "int16", "quantity": "current", "unit": "A"},
        max_gap=0,
    )
    assert len(plan(device)) == 2
