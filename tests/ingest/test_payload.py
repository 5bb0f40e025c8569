from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import PayloadError
from ingest.json_device import JsonDevice
from ingest.kinds import read_template
from ingest.payload import PayloadReader, Reading
from ingest.typed_payload import typed

NOW = 1_795_332_600.5
NOW_US = 1_795_332_600_500_000
POWER = {"path": "em.0.power", "quantity": "active_power", "unit": "W"}
ROOT = Path(__file__).parents[2]
ENERGY = {"path": "em.0.energy", "quantity": "energy_import", "unit": "Wh"}
Build = Callable[..., JsonDevice]


def test_paths_lead_through_objects_and_arrays(mqtt: Build) -> None:
    reading = PayloadReader(mqtt(POWER, ENERGY)).read(b'{"em": [{"power": 1500, "energy": 2}]}', NOW)
    assert reading.values.tolist() == [1.5, 0.002]
    assert reading.time_us == NOW_US


def test_the_empty_path_is_the_payload_itself(mqtt: Build) -> None:
    reader = PayloadReader(mqtt({"path": "", "quantity": "active_power", "unit": "W"}))
    assert reader.read(b" 1500.0\n", NOW).values.tolist() == [1.5]


def test_null_and_absent_are_missing(mqtt: Build) -> None:
    voltage = {"path": "u", "quantity": "voltage", "unit": "V"}
    reading = PayloadReader(mqtt(POWER, ENERGY, voltage)).read(b'{"em": [{"power": null}], "u": 230}', NOW)
    np.testing.assert_array_equal(reading.values, [np.nan, np.nan, 230.0])
    assert not reading.complaints


def test_a_number_that_means_no_value(mqtt: Build) -> None:
    device = mqtt({**POWER, "path": "p", "missing": [-1]}, {**ENERGY, "path": "e"})
    np.testing.assert_array_equal(
        PayloadReader(device).read(b'{"p": -1, "e": -1}', NOW).values, [np.nan, -0.001]
    )


@pytest.mark.parametrize("code", ["parkwatt-json", "parkwatt-json-rfc3339"])
def test_the_payload_of_the_documentation_is_read(code: str) -> None:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
    payload = next(line for line in text.splitlines() if line.startswith(f"{code}: "))
    template = yaml.safe_load((ROOT / "config" / "devices" / f"{code}.yaml").read_text(encoding="utf-8"))
    device = read_template(template)
    assert isinstance(device, JsonDevice)
    reading = PayloadReader(device).read(payload.removeprefix(f"{code}: ").encode(), NOW)
    shown = {q: v for q, v in zip(device.quantities, reading.values, strict=True) if not np.isnan(v)}
    assert (reading.time_us, reading.complaints) == (1_795_305_600_000_000, ())
    assert shown == {"energy_import": 14250.0, "active_power": 412.5}


@pytest.mark.parametrize("value", [b"true", b'"12"', b"{}", b"[1]"])
def test_one_bad_value_leaves_the_others(mqtt: Build, value: bytes) -> None:
    reading = PayloadReader(mqtt(POWER, ENERGY)).read(b'{"em": [{"power": %s, "energy": 5}]}' % value, NOW)
    np.testing.assert_array_equal(reading.values, [np.nan, 0.005])
    (complaint,) = reading.complaints
    assert complaint.field == "em.0.power"
    assert complaint.reason == "active_power is a number"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"em": []}', "holds none of the values, such as em.0.power"),
        (b"null", "holds none of the values"),
        (b'{"em": [{"power": "high"}]}', "active_power is a number"),
        (b'{"em": [{"power": 2e18}]}', "active_power is never so much"),
    ],
)
def test_a_payload_without_any_value_is_refused(mqtt: Build, payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        PayloadReader(mqtt(POWER, ENERGY)).read(payload, NOW)


@pytest.mark.parametrize(
    ("form", "value", "zone", "us"),
    [
        ("epoch_s", "1795332600", None, 0),
        ("epoch_s", "1795332600.25", None, 250_000),
        ("epoch_ms", "1795332600250", None, 250_000),
        ("epoch_us", "1795332600250001", None, 250_001),
        ("epoch_ns", "1795332600250001999", None, 250_001),
        ("rfc3339", '"2026-11-22T15:30:00+08:00"', None, 0),
        ("rfc3339", '"2026-11-22t07:30:00.25z"', None, 250_000),
        ("rfc3339", '"2026-11-22 15:30:00"', "Asia/Shanghai", 0),
        ("digits", '"20261122153000"', "Asia/Shanghai", 0),
        ("digits", "20261122153000", "Asia/Shanghai", 0),
        ("digits", "20261122153000", "Asia/Tokyo", -3_600_000_000),
    ],
)
def test_every_form_of_time(mqtt: Build, form: str, value: str, zone: str | None, us: int) -> None:
    device = mqtt({**POWER, "path": "p"}, time={"path": "t", "form": form, "zone": zone})
    reading = PayloadReader(device).read(b'{"t": %s, "p": 1}' % value.encode(), NOW)
    assert reading.time_us == 1_795_332_600_000_000 + us


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        ("epoch_ms", '"1795332600250"', "is a number"),
        ("epoch_ms", "true", "is a number"),
        ("epoch_ms", "null", "is a number"),
        ("epoch_ms", "1795332600", "before the year 2000"),
        ("epoch_s", "1795332600250", "more than a day ahead"),
        ("epoch_s", "1e300", "more than a day ahead"),
        ("rfc3339", '"2026-11-22T15:30:00"', "without a zone"),
        ("rfc3339", '"2026-02-30T15:30:00Z"', "not a time"),
        ("rfc3339", '"2026-11-22T15:30:00+25:00"', "not a time"),
        ("rfc3339", '"yesterday"', "RFC 3339"),
        ("rfc3339", "20261122", "RFC 3339"),
        ("digits", '"20261322153000"', "not a time"),
        ("digits", '"2026112215300"', "YYYYMMDDhhmmss"),
    ],
)
def test_a_time_that_cannot_be_is_refused(mqtt: Build, form: str, value: str, reason: str) -> None:
    zone = "Asia/Shanghai" if form == "digits" else None
    device = mqtt({**POWER, "path": "p"}, time={"path": "t", "form": form, "zone": zone})
    with pytest.raises(PayloadError, match=reason) as caught:
        PayloadReader(device).read(b'{"t": %s, "p": 1}' % value.encode(), NOW)
    assert caught.value.field == "t"


@pytest.mark.parametrize(
    "zone", ['"+08:00"', '"+0800"', '"UTC+8"', "8", "8.0", '"Asia/Shanghai"', '"GMT+08:00"', "null"]
)
@pytest.mark.parametrize(
    ("form", "value"), [("digits", '"20261122153000"'), ("rfc3339", '"2026-11-22 15:30:00"')]
)
def test_the_payload_tells_its_zone(mqtt: Build, form: str, value: str, zone: str) -> None:
    """Null leaves it to the zone that the source declares."""
    device = mqtt({**POWER, "path": "p"}, time={"path": "t", "form": form, "zone_path": "tz"})
    payload = b'{"t": %s, "tz": %s, "p": 1}' % (value.encode(), zone.encode())
    reader = PayloadReader(device, "Asia/Shanghai")
    assert reader.read(payload, NOW).time_us == 1_795_332_600_000_000
    (quick,) = reader.read_many([payload], [NOW])
    assert isinstance(quick, Reading)
    assert quick.time_us == 1_795_332_600_000_000


@pytest.mark.parametrize("zone", ['"+25:00"', '"Mars/Base"', "true", "[]", '"../etc"', '""'])
def test_a_zone_that_is_none_is_refused(mqtt: Build, zone: str) -> None:
    device = mqtt({**POWER, "path": "p"}, time={"path": "t", "form": "digits", "zone_path": "tz"})
    payload = b'{"t": "20261122153000", "tz": %s, "p": 1}' % zone.encode()
    with pytest.raises(PayloadError, match="not a zone") as caught:
        PayloadReader(device).read(payload, NOW)
    assert caught.value.field == "tz"


def test_digits_without_any_zone_are_refused(mqtt: Build) -> None:
    device = mqtt({**POWER, "path": "p"}, time={"path": "t", "form": "digits"})
    with pytest.raises(PayloadError, match="its source declares none"):
        PayloadReader(device).read(b'{"t": "20261122153000", "p": 1}', NOW)


def test_numbers_in_quotes_are_read_where_they_are_declared(mqtt: Build) -> None:
    device = mqtt({**POWER, "path": "p", "text": True}, {**ENERGY, "path": "e", "text": True})
    reading = PayloadReader(device).read(b'{"p": "1500.0", "e": ""}', NOW)
    np.testing.assert_array_equal(reading.values, [1.5, np.nan])
    with pytest.raises(PayloadError, match="a number in quotes"):
        PayloadReader(device).read(b'{"p": "high"}', NOW)
    with pytest.raises(PayloadError, match="not finite"):
        PayloadReader(device).read(b'{"p": "inf"}', NOW)


def test_one_number_may_be_two_quantities(mqtt: Build) -> None:
    device = mqtt({**POWER, "path": "p"}, {**POWER, "path": "p", "quantity": "demand"})
    assert PayloadReader(device).read(b'{"p": 1500}', NOW).values.tolist() == [1.5, 1.5]
    (quick,) = PayloadReader(device).read_many([b'{"p": 1500}'], [NOW])
    assert isinstance(quick, Reading)
    assert quick.values.tolist() == [1.5, 1.5]


def test_a_gateway_names_each_meter(mqtt: Build) -> None:
    device = mqtt(
        {"path": "v[id=Pa].val", "quantity": "active_power", "unit": "W", "text": True},
        records={"path": "data", "name": "addr"},
        time={"path": "ts", "form": "epoch_s"},
    )
    payload = (
        b'{"ts": 1795332600, "data": [{"addr": 1, "v": [{"id": "Ua", "val": "230"}, '
        b'{"id": "Pa", "val": "5"}]},'
        b' {"addr": "b2", "ts": 1795332601, "v": [{"id": "Pa", "val": 7}]}, {"addr": 3}]}'
    )
    found = dict(PayloadReader(device).read_records(payload, NOW))
    first, second, third = found["1"], found["b2"], found["3"]
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert (first.time_us, first.values.tolist()) == (1_795_332_600_000_000, [0.005])
    assert (second.time_us, second.values.tolist()) == (1_795_332_601_000_000, [0.007])
    assert isinstance(third, PayloadError)
    with pytest.raises(PayloadError, match="no array of meters"):
        list(PayloadReader(device).read_records(b'{"data": 3}', NOW))
    ((name, alone),) = PayloadReader(device).read_records(b'{"ts": 1795332600, "data": {"addr": "x"}}', NOW)
    assert name == "x"
    assert "holds none of the values" in str(alone)


NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
)
BODIES = st.one_of(
    st.binary(max_size=8),
    st.builds(
        msgspec.json.encode,
        st.dictionaries(
            st.sampled_from(["p", "em", "t", "x"]),
            st.one_of(NUMBERS, st.dictionaries(st.sampled_from(["energy", "y"]), NUMBERS), st.lists(NUMBERS)),
        ),
    ),
)


@given(st.lists(BODIES, max_size=5))
def test_the_quick_way_and_the_careful_way_agree(mqtt: Build, bodies: list[bytes]) -> None:
    device = mqtt(
        {**POWER, "path": "p", "missing": [-1], "scale": 0.1, "offset": 3},
        {**ENERGY, "path": "em.energy"},
        time={"path": "t", "form": "epoch_s"},
    )
    reader = PayloadReader(device)
    for found, body in zip(reader.read_many(bodies, [NOW] * len(bodies)), bodies, strict=True):
        careful = carefully(reader, body)
        if isinstance(careful, Reading) and isinstance(found, Reading):
            np.testing.assert_array_equal(found.values, careful.values)
        assert told(found) == told(careful)


def carefully(reader: PayloadReader, body: bytes) -> Reading | PayloadError:
    try:
        return reader.read(body, NOW)
    except PayloadError as error:
        return error


def told(found: Reading | PayloadError) -> object:
    return str(found) if isinstance(found, PayloadError) else (found.time_us, *map(str, found.complaints))


def test_the_quick_way_is_taken(mqtt: Build) -> None:
    device = mqtt({**POWER, "path": "p"}, {**ENERGY, "path": "em.energy"})
    quick = typed(device, None)
    assert quick is not None
    read = quick.read([b'{"p": 1}', b'{"p": "1"}', b'{"em": {"energy": 4}}', b'{"em": 4}', b"{}"])
    assert {place: values.tolist()[0] for place, (values, _, _) in read.items() if place == 0} == {0: 0.001}
    assert sorted(read) == [0, 2]
