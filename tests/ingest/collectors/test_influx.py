import numpy as np
import pytest
from pydantic import ValidationError

from ingest.collectors import influx
from ingest.collectors.influx import InfluxMapping
from ingest.collectors.push.parsed import Parsed
from ingest.errors import TooManyRows

NOW = 1_795_332_600.0
KNOWN = {"M-1", "M-2"}


def parse(text: str, precision: str = "s", **mapping: object) -> Parsed:
    rules = InfluxMapping.model_validate(mapping)
    return influx.parse(text.encode(), KNOWN, rules, source="influx", precision=precision, now=NOW)


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
    monkeypatch.setattr(influx, "MOST_LINES", 2)
    assert len(parse("M-1 active_power=1 1795332600\n" * 2).batch) == 2
    with pytest.raises(TooManyRows, match="more than 2 lines"):
        parse("M-1 active_power=1 1795332600\n" * 3)


def test_bytes_that_are_no_text_cost_their_line_alone() -> None:
    mapping = InfluxMapping()
    body = b"\xff active_power=1 1795332600\nM-1 active_power=1 1795332600"
    parsed = influx.parse(body, KNOWN, mapping, source="influx", precision="s", now=NOW)
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
