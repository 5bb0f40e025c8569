from collections.abc import Callable

import numpy as np
import pytest

from ingest.errors import PayloadError
from ingest.json_device import JsonDevice
from ingest.payload import PayloadReader

NOW = 1_795_332_600.5
NOW_US = 1_795_332_600_500_000
POWER = {"path": "em.0.power", "quantity": "active_power", "unit": "W"}
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
        (b'{"em": []}', "holds none of the values"),
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
