import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.collectors.influx import body
from ingest.collectors.influx.mapping import InfluxMapping
from ingest.collectors.push.parsed import Parsed
from ingest.errors import TooManyRows

NOW = 1_795_332_600.0
KNOWN = {"M-1", "M-2"}


def parse(text: str, precision: str = "s", **mapping: object) -> Parsed:
    rules = InfluxMapping.model_validate(mapping)
    return body.parse(text.encode(), KNOWN, rules, source="influx", precision=precision, now=NOW)


def rows(parsed: Parsed) -> list[tuple[str, float, dict[str, float]]]:
    batch = parsed.batch
    return [
        (
            batch.meters[batch.row_meter[i]],
            batch.time[i] / 1e6,
            {q: float(v) for q, v in zip(batch.quantities, batch.values[i], strict=True) if not np.isnan(v)},
        )
        for i in range(len(batch))
    ]


def complaints(parsed: Parsed) -> list[tuple[int, str]]:
    return [(each.row, each.field) for each in parsed.rejected]


def test_without_a_mapping_names_speak_for_themselves() -> None:
    parsed = parse(
        "M-1 active_power=12.5,energy_import=7i 1795332600\nelec,meter=M-2 voltage_l1=230u 1795332601"
    )
    assert rows(parsed) == [
        ("M-1", NOW, {"active_power": 12.5, "energy_import": 7.0}),
        ("M-2", NOW + 1, {"voltage_l1": 230.0}),
    ]
    assert parsed.rejected == ()


def test_a_mapping_names_meters_and_quantities_and_converts_units() -> None:
    parsed = parse(
        'modbus,slave_id=3,name=x wh=5000,P=1500,state="on" 1795332600\n'
        "modbus,slave_id=4,code=M-2 wh=7000 1795332600\n"
        "other,code=M-2 wh=2 1795332600",
        meters=[
            {"measurement": "modbus", "tags": {"slave_id": "3"}, "meter": "M-1"},
            {"meter_tag": "code"},
        ],
        fields=[
            {"measurement": "modbus", "field": "wh", "quantity": "energy_import", "unit": "Wh"},
            {"field": "wh", "quantity": "energy_import", "unit": "MWh", "scale": 0.5},
            {"field": "P", "quantity": "active_power", "unit": "W"},
        ],
        ignored=["state"],
    )
    assert rows(parsed) == [
        ("M-1", NOW, {"energy_import": 5.0, "active_power": 1.5}),
        ("M-2", NOW, {"energy_import": 7.0}),
        ("M-2", NOW, {"energy_import": 1000.0}),
    ]
    assert parsed.rejected == ()


@pytest.mark.parametrize(
    ("precision", "stamp"),
    [
        ("ns", "1795332600000000999"),
        ("us", "1795332600000000"),
        ("u", "1795332600000000"),
        ("ms", "1795332600000"),
        ("s", "1795332600"),
        ("m", "29922210"),
        ("h", "498703"),
    ],
)
def test_precision(precision: str, stamp: str) -> None:
    [(_, at, _)] = rows(parse(f"M-1 active_power=1 {stamp}", precision))
    assert at == (NOW if precision != "h" else 498703 * 3600)


def test_a_line_without_a_time_is_of_now() -> None:
    assert rows(parse("M-1 active_power=1")) == [("M-1", NOW, {"active_power": 1.0})]


def test_what_cannot_be_used_is_named_and_the_rest_kept() -> None:
    parsed = parse(
        "M-9 active_power=1 1795332600\n"
        'M-1 active_power=true,voltage_l1=230,nonsense=1,current_l1="5",energy_import=1e16 1795332600\n'
        "M-1 active_power\n"
        "M-1 active_power=1 1795332600000\n"
        "M-2 active_power=2 1795332600"
    )
    assert rows(parsed) == [("M-1", NOW, {"voltage_l1": 230.0}), ("M-2", NOW, {"active_power": 2.0})]
    assert complaints(parsed) == [
        (1, "meter"),
        (2, "active_power"),
        (2, "nonsense"),
        (2, "current_l1"),
        (2, "energy_import"),
        (3, "line"),
        (4, "time"),
    ]
    assert parsed.rows.tolist() == [2, 5]


def test_lines_of_one_moment_share_a_row_unless_they_contradict() -> None:
    parsed = parse(
        "M-1 active_power=1 5000000000\n"
        "M-1 active_power=1 1795332600\n"
        "M-1 voltage_l1=2 1795332600\n"
        "M-1 active_power=3 1795332600"
    )
    assert rows(parsed) == [
        ("M-1", NOW, {"active_power": 1.0, "voltage_l1": 2.0}),
        ("M-1", NOW, {"active_power": 3.0}),
    ]
    assert complaints(parsed) == [(1, "time")]


def test_two_fields_for_one_quantity() -> None:
    parsed = parse(
        "M-1 kw=1,active_power=2 1795332600",
        fields=[{"field": "kw", "quantity": "active_power", "unit": "kW"}],
    )
    assert rows(parsed) == [("M-1", NOW, {"active_power": 1.0})]
    assert complaints(parsed) == [(1, "active_power")]


def test_a_body_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MOST_LINES", 2)
    assert len(parse("M-1 active_power=1 1795332600\n" * 2).batch) == 2
    with pytest.raises(TooManyRows, match="more than 2 lines"):
        parse("M-1 active_power=1 1795332600\n" * 3)


_heads = st.sampled_from(["M-1", "M-2", "M-9", "elec,meter=M-1", "elec,meter=M-2,hall=1", "other,meter=M-1"])
_names = st.sampled_from(["active_power", "energy_import", "voltage", "P", "state", "nonsense"])
_ODD_NUMBERS = ["007i", "-0u", "1.5i", ".5", "5.", "+1", "1e3", "1e400", "1e15", "2e15", "9" * 30 + "i"]
_NO_NUMBERS = ["", "nan", "t", "FALSE", "i", "1_0", "0x1", "null", "[1]", "1=2", "1-2i", "--1"]
_TEXTS = ['"a b"', '"a,b=c"', '"', '"on']
_values = st.one_of(
    st.floats(-1e6, 1e6).map(str),
    st.integers(-(10**6), 10**6).map(lambda n: f"{n}i"),
    st.integers(0, 10**6).map(lambda n: f"{n}u"),
    st.sampled_from([*_ODD_NUMBERS, *_NO_NUMBERS, *_TEXTS]),
)
_fields = st.lists(st.tuples(_names, _values), min_size=1, max_size=3).map(
    lambda fields: ",".join(f"{name}={value}" for name, value in fields)
)
_stamps = st.one_of(
    st.integers(1795332600, 1795332602).map(str),
    st.sampled_from(["", "5", "-1", "9" * 19, "9" * 18, "0" * 20, "1.5", "1795332600 1"]),
)
_lines = st.one_of(
    st.tuples(_heads, _fields, _stamps).map(" ".join),
    st.tuples(_heads, st.just("active_power=1.5,voltage=230"), st.just("1795332600")).map(" ".join),
    st.text(st.sampled_from('M-1,= \\"\t\r1i#t'), max_size=12),
    st.sampled_from(
        ["", "# a comment", '# "a comment', "=1 =1 1", "M-1 =1 1795332600", 'on",voltage=3 1795332600']
    ),
)


@given(st.lists(_lines, max_size=8).map("\n".join), st.sampled_from(["ns", "ms", "s", "h"]))
@settings(max_examples=300)
def test_lines_read_together_mean_what_they_mean_one_by_one(text: str, precision: str) -> None:
    mapping = InfluxMapping.model_validate(
        {"fields": [{"field": "P", "quantity": "active_power", "unit": "W"}], "ignored": ["state"]}
    )
    single = body._read_single(text.encode(), body._Translator(mapping, KNOWN, precision, NOW))
    together = body.parse(text.encode(), KNOWN, mapping, source="influx", precision=precision, now=NOW)
    assert rows(together) == rows(single.parsed("influx"))
    assert together.rows.tolist() == single.parsed("influx").rows.tolist()
    assert complaints(together) == complaints(single.parsed("influx"))


def test_good_lines_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body._Reading, "take", None)
    text = (
        "M-1 active_power=1.5,energy_import=7i 1795332600\n"
        "M-2 active_power=-2e-3,energy_import=8i 1795332600\n"
        "elec,meter=M-2 voltage_l1=230u,current=.5 1795332601\r\n"
    )
    assert rows(parse(text)) == [
        ("M-1", NOW, {"active_power": 1.5, "energy_import": 7.0}),
        ("M-2", NOW, {"active_power": -0.002, "energy_import": 8.0}),
        ("M-2", NOW + 1, {"voltage_l1": 230.0, "current": 0.5}),
    ]


def test_one_bad_line_leaves_its_neighbours_together(monkeypatch: pytest.MonkeyPatch) -> None:
    single: list[int] = []
    monkeypatch.setattr(body._Reading, "take", lambda _, line, __: single.append(line))
    text = "".join(
        f"M-{n} active_power={value} 1795332600\n" for n, value in [(1, 1), (2, "x"), (9, 1), (1, 4)]
    )
    assert len(parse(text).batch) == 2
    assert single == [2, 3]


def test_bytes_that_are_no_text_cost_their_line_alone() -> None:
    mapping = InfluxMapping()
    posted = b"\xff active_power=1 1795332600\nM-1 active_power=1 1795332600"
    parsed = body.parse(posted, KNOWN, mapping, source="influx", precision="s", now=NOW)
    assert rows(parsed) == [("M-1", NOW, {"active_power": 1.0})]
    assert complaints(parsed) == [(1, "meter")]


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"meters": [{"measurement": "a"}]}, "either meter or meter_tag"),
        ({"meters": [{"meter": "M-1", "meter_tag": "a"}]}, "either meter or meter_tag"),
        ({"fields": [{"field": "a", "quantity": "nonsense", "unit": "kW"}]}, "catalogue"),
        ({"fields": [{"field": "a", "quantity": "active_power", "unit": "V"}]}, "cannot be converted"),
        ({"field": []}, "Extra inputs"),
    ],
)
def test_a_mapping_that_contradicts_itself(mapping: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        InfluxMapping.model_validate(mapping)
