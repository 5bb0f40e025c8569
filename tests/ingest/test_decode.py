import math
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import Decoder
from ingest.device import Device
from ingest.errors import PayloadError
from ingest.kinds import read_template
from ingest.plan import plan

_STRUCT = {
    "int16": ">h",
    "int32": ">i",
    "int64": ">q",
    "uint16": ">H",
    "uint32": ">I",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}


def words(content: bytes) -> list[int]:
    return [int.from_bytes(content[i : i + 2], "big") for i in range(0, len(content), 2)]


def read(device: Device, content: bytes) -> list[float]:
    """Decodes `content`, which stands from the first address of the only block."""
    (block,) = plan(device)
    return [float(v) for v in Decoder(device, (block,)).decode({block: words(content)})]


def single(kind: str, content: bytes, *, device: dict[str, object] | None = None, **rest: object) -> float:
    template = read_template(
        {
            "code": "t",
            "name": {"en": "T", "zh": "T"},
            "protocol": "modbus",
            "source": "a test",
            "registers": [{"address": 7, "type": kind, "quantity": "active_power", "unit": "kW", **rest}],
            **(device or {}),
        }
    )
    assert isinstance(template, Device)
    return read(template, content)[0]


@pytest.mark.parametrize(
    ("order", "travels"),
    [("ABCD", "c3669a80"), ("CDAB", "9a80c366"), ("BADC", "66c3809a"), ("DCBA", "809a66c3")],
)
def test_the_four_word_orders(order: str, travels: str) -> None:
    raw = bytes.fromhex(travels)
    assert single("float32", raw, word_order=order) == pytest.approx(-230.603515625, abs=0)
    assert single("uint32", raw, word_order=order) == 0xC3669A80
    assert single("int32", raw, device={"word_order": order}) == 0xC3669A80 - (1 << 32)


def test_word_orders_of_eight_bytes() -> None:
    assert single("uint64", bytes.fromhex("0001020304050607")) == 0x0001020304050607
    assert single("uint64", bytes.fromhex("0607040502030001"), word_order="CDAB") == 0x0001020304050607
    assert single("uint64", bytes.fromhex("0100030205040706"), word_order="BADC") == 0x0001020304050607
    assert single("uint64", bytes.fromhex("0706050403020100"), word_order="DCBA") == 0x0001020304050607


@given(st.sampled_from(sorted(_STRUCT)), st.data())
def test_numbers_come_back_as_struct_wrote_them(kind: str, data: st.DataObject) -> None:
    bits = int(kind[-2:])
    if kind.startswith("float"):
        most = 2.0**49
        number: float = data.draw(st.floats(-most, most, width=bits))  # type: ignore[arg-type]
    else:
        low = -(1 << bits - 1) if kind.startswith("int") else 0
        number = data.draw(st.integers(max(low, -(10**15)), min(low + (1 << bits) - 1, 10**15)))
    assert single(kind, struct.pack(_STRUCT[kind], number)) == float(number)


@given(st.integers(0, 99_999_999))
def test_bcd_shows_its_digits(number: int) -> None:
    assert single("bcd32", bytes.fromhex(f"{number:08d}")) == number


def test_a_bcd_digit_above_nine_is_no_number() -> None:
    assert math.isnan(single("bcd32", bytes.fromhex("0012a456")))


@pytest.mark.parametrize(
    ("kind", "content", "pattern"),
    [
        ("int16", "8000", 0x8000),
        ("int16", "ffff", 0xFFFF),
        ("uint16", "ffff", 0xFFFF),
        ("int32", "80000000", 0x80000000),
        ("uint64", "000000ffffffffff", 0xFFFFFFFFFF),
    ],
)
def test_a_sentinel_is_missing_and_without_it_a_number(kind: str, content: str, pattern: int) -> None:
    raw = bytes.fromhex(content)
    assert math.isnan(single(kind, raw, missing=[pattern]))
    assert math.isnan(single(kind, raw, device={"missing": {kind: [pattern]}}))
    assert not math.isnan(single(kind, raw))


def test_the_sentinel_is_looked_for_in_the_ordered_words() -> None:
    assert math.isnan(single("int32", bytes.fromhex("00008000"), word_order="CDAB", missing=[0x80000000]))


@pytest.mark.parametrize("content", ["7fc00000", "ffc00000", "7f800000", "ff800000"])
def test_floats_that_are_not_finite_are_missing(content: str) -> None:
    assert math.isnan(single("float32", bytes.fromhex(content)))


@pytest.mark.parametrize("content", ["7f7fffff", "ff7fffff", "5863d000"])
def test_floats_that_nothing_comes_to_are_missing(content: str) -> None:
    assert math.isnan(single("float32", bytes.fromhex(content)))


def test_scale_and_offset_come_before_the_unit() -> None:
    assert single("int16", struct.pack(">h", 2305), scale=0.1, unit="kW") == 230.5
    assert single("int16", struct.pack(">h", 1000), scale=10, offset=-500, unit="W") == 9.5


@given(st.integers(0, 10**12))
def test_hundredths_are_exact_decimals(raw: int) -> None:
    assert single("uint64", struct.pack(">Q", raw), scale=0.01) == raw / 100


@pytest.mark.parametrize(("power", "value"), [(-2, 12.34), (0, 1234.0), (3, 1_234_000.0)])
def test_a_scale_register_is_a_power_of_ten(power: int, value: float) -> None:
    raw = struct.pack(">hhh", 1234, 0, power)
    assert single("int16", raw, scale_register=9) == value


@pytest.mark.parametrize("power", [-0x8000, 11, -11])
def test_a_scale_that_is_none_leaves_no_value(power: int) -> None:
    assert math.isnan(single("int16", struct.pack(">hh", 1234, power), scale_register=8))


def test_what_was_not_fetched_is_missing(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 0, "type": "int16", "quantity": "voltage", "unit": "V"},
        {"address": 90, "type": "int16", "quantity": "current", "unit": "A"},
    )
    first, second = plan(device)
    decoder = Decoder(device, (first, second))
    np.testing.assert_array_equal(decoder.decode({first: [230]}), [230.0, np.nan])
    np.testing.assert_array_equal(decoder.decode({second: [5]}), [np.nan, 5.0])


def test_a_value_whose_scale_was_not_fetched_is_missing(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 0, "type": "int16", "quantity": "voltage", "unit": "V", "scale_register": 90},
        {"address": 1, "type": "int16", "quantity": "current", "unit": "A"},
    )
    first, second = plan(device)
    decoder = Decoder(device, (first, second))
    np.testing.assert_array_equal(decoder.decode({first: [230, 5]}), [np.nan, 5.0])


def test_coils_are_one_or_zero(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"table": "coil", "address": 3, "type": "bool", "quantity": "production_count", "unit": "1"},
        {"table": "coil", "address": 4, "type": "bool", "quantity": "running_hours", "unit": "h"},
    )
    (block,) = plan(device)
    assert Decoder(device, (block,)).decode({block: [True, False]}).tolist() == [1.0, 0.0]


def test_another_device_is_refused(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 1, "type": "int16", "quantity": "voltage", "unit": "V"},
        identity=[{"address": 0, "value": 203}],
    )
    (block,) = plan(device)
    decoder = Decoder(device, (block,))
    assert decoder.decode({block: [203, 5]}).tolist() == [5.0]
    with pytest.raises(PayloadError, match=r"holding 0: another device: .* known by 203 \(got 103\)"):
        decoder.decode({block: [103, 5]})


def test_many_polls_are_decoded_as_each_of_them_alone(modbus: Callable[..., Device]) -> None:
    device = modbus(
        {"address": 0, "type": "int32", "quantity": "voltage", "unit": "V", "word_order": "CDAB"},
        {"address": 2, "type": "bcd32", "quantity": "energy_import", "unit": "kWh", "scale": 0.1},
        {"address": 4, "type": "uint16", "quantity": "current", "unit": "A", "missing": [0xFFFF]},
        {"address": 5, "type": "int16", "quantity": "active_power", "unit": "kW", "scale_register": 6},
        {"address": 7, "type": "float32", "quantity": "frequency", "unit": "Hz"},
        {"address": 90, "type": "uint64", "quantity": "energy_export", "unit": "kWh"},
    )
    blocks = plan(device)
    decoder = Decoder(device, blocks)
    rng = np.random.default_rng(7)
    polls = [
        {block: rng.integers(0, 1 << 16, block.count).astype(">u2") for block in blocks} for _ in range(50)
    ]
    for poll in polls[::2]:
        poll[blocks[0]][2:4] = 0x1234, 0x5678
        poll[blocks[0]][4] = 0xFFFF
        poll[blocks[0]][6] = rng.integers(-11, 12) & 0xFFFF
    for part in (polls, [{blocks[0]: poll[blocks[0]]} for poll in polls]):
        alone = np.array([decoder.decode(poll) for poll in part])
        np.testing.assert_array_equal(decoder.decode_alike(part), alone)
        assert not np.isnan(alone[::2, 1]).any()
        assert np.isnan(alone[::2, 2]).all()
