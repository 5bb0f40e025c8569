"""Messages written byte by byte, without any library of protobuf."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.sparkplug.host import Behind, Host
from ingest.collectors.sparkplug.payload import decode, rebirth
from ingest.collectors.sparkplug.source import SparkplugSource
from ingest.collectors.sparkplug.template import SparkplugDevice
from ingest.errors import PayloadError
from ingest.health import Cause, SourceHealth

NOW = 1_795_332_600.0
AT = 1_795_332_600_000
INT16, INT32, INT64, FLOAT, DOUBLE, BOOLEAN, TEXT = 2, 3, 4, 9, 10, 11, 12


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: float | str | bytes | bool) -> bytes:
    """Integers as varints, floats as doubles, text and bytes with their length."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def metric(
    value: bytes, name: str = "", alias: int | None = None, at: int | None = None, kind: int = 0
) -> bytes:
    told = [(1, name or None), (2, alias), (3, at), (4, kind or None)]
    return field(2, b"".join(field(number, part) for number, part in told if part is not None) + value)


def unit(text: str) -> bytes:
    return field(9, field(1, "engUnit") + field(2, field(1, TEXT) + field(8, text)))


def quality(code: int) -> bytes:
    return field(9, field(1, "Quality") + field(2, field(1, INT32) + field(3, code)))


def payload(seq: int | None, *metrics: bytes, at: int = AT) -> bytes:
    return field(1, at) + b"".join(metrics) + (b"" if seq is None else field(3, seq))


POWER = metric(field(13, 1500.0), "P", 1, kind=DOUBLE)
BORN = payload(0, metric(field(11, 7), "bdSeq"))


class Site:
    """A meter M behind g/e/d, and the node's own meter N."""

    def __init__(self, device: SparkplugDevice) -> None:
        self.health = SourceHealth.of("s", "sparkplug", ["M", "N"])
        behind = [Behind("M", ("g", "e"), "d", device), Behind("N", ("g", "e"), "", device)]
        self.host = Host(self.health, behind)
        self.beside: list[tuple[str, int, Any]] = []
        """What was kept aside."""
        assert self.host.requests(NOW) == [("g", "e")], "whoever joins late asks for births"

    def take(
        self, kind: str, content: bytes, device: str = "d", at: float = NOW
    ) -> list[tuple[str, int, Any]]:
        topic = f"spBv1.0/g/{kind}/e" + (f"/{device}" if kind[0] == "D" else "")
        found: list[tuple[str, int, Any]] = []
        for batch in self.host.read([Arrival(topic, content, 0, 0, retain=False, at=at)]):
            for number, time, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
                shown = {
                    q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)
                }
                kept = self.beside if batch.unmapped else found
                kept.append((batch.meters[number], int(time) // 1000 - AT, shown))
        return found

    def born(self) -> None:
        assert self.take("NBIRTH", BORN) == []
        assert self.take("DBIRTH", payload(1, POWER)) == [("M", 0, {"active_power": 1.5})]

    def asked(self) -> bool:
        return self.host.requests(NOW + 61) == [("g", "e")]


@pytest.fixture
def site(sparkplug: Callable[..., SparkplugDevice]) -> Site:
    return Site(
        sparkplug(
            {"metric": "P", "quantity": "active_power", "unit": "W"},
            {"metric": "E", "quantity": "energy_import", "unit": "kWh", "missing": [-1]},
        )
    )


def test_aliases_stand_for_the_names_of_the_birth(site: Site) -> None:
    site.born()
    assert site.take("DDATA", payload(2, metric(field(13, 3000.0), alias=1, at=AT + 5))) == [
        ("M", 5, {"active_power": 3.0})
    ]
    assert site.take(
        "DDATA",
        payload(3, metric(field(12, b"")[:0] + varint(12 << 3 | 5) + struct.pack("<f", 0.5), alias=1)),
    ) == [("M", 0, {"active_power": 0.0005})]
    assert site.health.refused == 0
    assert not site.asked()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (INT16, field(10, 0xFF06), -0.25),
        (INT32, field(10, 0xFFFFFF06), -0.25),
        (INT64, field(11, (1 << 64) - 250), -0.25),
        (INT32, field(10, 250), 0.25),
        (7, field(10, 0xFFFFFF06), 4294967.046),
        (0, field(11, 250), 0.25),
    ],
)
def test_integers_of_signed_types(site: Site, kind: int, value: bytes, shown: float) -> None:
    site.take("NBIRTH", BORN)
    (row,) = site.take("DBIRTH", payload(1, metric(value, "P", 1, kind=kind)))
    assert row == ("M", 0, {"active_power": pytest.approx(shown, rel=1e-12)})
    assert site.take("DDATA", payload(2, metric(value, alias=1))) == [row], (
        "the type stood in the birth alone"
    )


def test_data_before_its_birth_waits_for_it(site: Site) -> None:
    data = payload(9, metric(field(13, 3000.0), alias=1), at=AT + 5)
    assert site.take("DDATA", data) == []
    assert site.take("NBIRTH", BORN) == []
    assert site.take("DBIRTH", payload(1, POWER)) == [
        ("M", 5, {"active_power": 3.0}),
        ("M", 0, {"active_power": 1.5}),
    ]
    assert site.health.refused == 0
    assert not site.asked(), "the birth has come"


def test_what_waits_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.collectors.sparkplug.host._HELD", 3)
    for seq in range(5):
        site.take("DDATA", payload(seq, metric(field(13, 1.0), alias=1), at=AT + seq))
    assert site.health.refused == 2
    site.take("NBIRTH", BORN)
    assert [at for _, at, _ in site.take("DBIRTH", payload(1, POWER))] == [2, 3, 4, 0]


def test_a_gap_asks_for_a_birth_and_a_repetition_does_not(site: Site) -> None:
    site.born()
    data = metric(field(13, 3000.0), alias=1)
    for seq in (2, 2, 3, 2, 4, 4, 4, 3):
        assert site.take("DDATA", payload(seq, data))
    assert not site.asked()
    assert site.take("DDATA", payload(6, data)), "what arrived counts"
    assert site.host.requests(NOW + 59) == []
    assert site.asked()
    assert not site.asked(), "once a minute"


def test_the_sequence_goes_round_after_255(site: Site) -> None:
    site.take("NBIRTH", payload(254, metric(field(11, 7), "bdSeq")))
    site.take("DBIRTH", payload(255, POWER))
    site.take("DDATA", payload(0, metric(field(13, 1.0), alias=1)))
    site.take("NDATA", payload(1))
    assert not site.asked()


def test_an_alias_that_no_birth_announced_asks_for_one(site: Site) -> None:
    site.born()
    assert site.take("DDATA", payload(2, metric(field(13, 1.0), alias=1), metric(field(13, 1.0), alias=77)))
    assert site.health.refused == 1
    assert site.health.aside[0].reason == "alias: no birth announced it (got 77)"
    assert site.asked()


def test_null_bad_quality_and_declared_numbers_are_missing(site: Site) -> None:
    site.take("NBIRTH", BORN)
    null, energy = metric(field(7, 1), "P", kind=DOUBLE), metric(field(13, 5.0), "E", kind=DOUBLE)
    assert site.take("DBIRTH", payload(1, null, energy)) == [("M", 0, {"energy_import": 5.0})]
    stale = metric(field(13, 1.0) + quality(500), "P", kind=DOUBLE)
    assert site.take("DDATA", payload(2, stale, metric(field(13, -1.0), "E"))) == []
    good = metric(field(13, 1000.0) + quality(192), "P", kind=DOUBLE)
    assert site.take("DDATA", payload(3, good)) == [("M", 0, {"active_power": 1.0})]
    assert site.health.refused == 0


def test_each_instant_is_a_row_and_old_ones_keep_their_time(site: Site) -> None:
    site.born()
    now, old = (
        metric(field(13, 1.0), alias=1, at=AT - 1),
        metric(field(13, 2.0) + field(5, 1), alias=1, at=AT - 3_600_000),
    )
    assert site.take("DDATA", payload(2, old, now)) == [
        ("M", -3_600_000, {"active_power": 0.002}),
        ("M", -1, {"active_power": 0.001}),
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (field(14, 1), "P: active_power is a number (got True)"),
        (field(15, "high"), "P: active_power is a number (got 'high')"),
        (field(17, b"\x08\x01"), "P: it holds no single number (got 'a data set or template')"),
        (field(18, b""), "P: it holds no single number (got 'a data set or template')"),
        (field(13, float("inf")), "P: active_power is not finite (got inf)"),
        (field(13, 5.0) + unit("kW"), "P: the device says kW, its template W (got 5.0)"),
    ],
)
def test_what_is_no_number_of_the_template_leaves_the_rest(site: Site, value: bytes, reason: str) -> None:
    site.take("NBIRTH", BORN)
    born = payload(1, metric(value, "P", 1), metric(field(13, 5.0), "E", 2, kind=DOUBLE))
    assert site.take("DBIRTH", born) == [("M", 0, {"energy_import": 5.0})]
    assert [one.reason for one in site.health.aside] == [reason]
    assert not site.health.meters["M"].failing


def test_a_unit_that_the_birth_names_wrongly_is_not_read_until_the_next_birth(site: Site) -> None:
    site.take("NBIRTH", BORN)
    site.take("DBIRTH", payload(1, metric(field(13, 5.0) + unit("MW"), "P", 1, kind=DOUBLE)))
    assert site.take("DDATA", payload(2, metric(field(13, 5.0), alias=1))) == []
    site.take("DBIRTH", payload(3, metric(field(13, 5.0) + unit("W"), "P", 1, kind=DOUBLE)))
    assert site.take("DDATA", payload(4, metric(field(13, 5.0), alias=1))) == [
        ("M", 0, {"active_power": 0.005})
    ]
    odd = metric(field(13, 5.0) + unit("Watt(s)"), "P", 1, kind=DOUBLE)
    assert site.take("DBIRTH", payload(5, odd)), "a word that is no unit of ours contradicts nothing"


def test_deaths_are_known_at_once(site: Site) -> None:
    site.born()
    site.take("DDEATH", payload(2))
    meter = site.health.meters["M"]
    assert (meter.failing, meter.last_cause, meter.last_error) == (
        True,
        Cause.SILENT,
        "g/e/d says that it is gone",
    )
    assert site.health.meters["N"].last_error == ""
    assert site.take("DDATA", payload(3, metric(field(13, 1.0), alias=1))) == []
    assert site.take("DBIRTH", payload(4, POWER))
    assert not meter.failing
    site.take("NDEATH", payload(None, metric(field(11, 7), "bdSeq")))
    assert meter.failing
    assert site.health.meters["N"].last_error == "g/e says that it is gone"


def test_the_late_death_of_an_earlier_session_is_none(site: Site) -> None:
    site.born()
    site.take("NDEATH", payload(None, metric(field(11, 6), "bdSeq")))
    assert not site.health.meters["M"].failing
    assert site.take("DDATA", payload(2, metric(field(13, 1.0), alias=1)))


def test_a_new_birth_of_the_node_forgets_its_devices(site: Site) -> None:
    site.born()
    site.take("NBIRTH", BORN)
    assert site.take("DDATA", payload(1, metric(field(13, 1.0), alias=1))) == []
    assert site.asked()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xff\xff", "not a Sparkplug B payload"),
        (field(4, "SPBV1.0_COMPRESSED") + field(5, b"x"), "compressed payloads are not read"),
        (
            field(2, field(1, "P") + field(13, 1.0)) + field(3, 1),
            "neither the metric nor its payload tells the time",
        ),
        (payload(1, POWER, at=AT // 1000), "a time before the year 2000"),
    ],
)
def test_a_payload_that_cannot_be_read_is_refused(site: Site, content: bytes, reason: str) -> None:
    site.take("NBIRTH", BORN)
    assert site.take("DBIRTH", content) == []
    assert reason in site.health.aside[0].reason


def test_other_nodes_devices_and_commands_are_nobodys_business(site: Site) -> None:
    site.born()
    assert site.take("DBIRTH", payload(2, POWER), device="other") == []
    assert site.take("DDATA", payload(3, metric(field(13, 1.0), alias=1)), device="third") == []
    assert site.take("NCMD", rebirth(AT)) == []
    assert site.host.read([Arrival("spBv1.0/STATE/host", b"{}", 0, 0, retain=True, at=NOW)]) == []
    assert site.health.refused == 0
    assert not site.asked()


def test_the_request_for_a_birth_byte_by_byte() -> None:
    wanted = payload(None, metric(field(14, 1), "Node Control/Rebirth", at=AT, kind=BOOLEAN))
    assert rebirth(AT) == wanted
    (command,) = decode(wanted).metrics
    assert command.value is True


@pytest.mark.parametrize("address", [None, 7, "g", "g/e/d/x", "g/+/d", "g/#", "/e"])
def test_an_address_names_group_node_and_device(address: str | int | None) -> None:
    source = SparkplugSource(kind="sparkplug", code="s", url="mqtt://b")
    assert source.misfit(address) == f"{address!r} is not group/edge or group/edge/device"
    assert source.misfit("g/e") is None
    assert source.misfit("g/e/d") is None


def test_garbage_is_no_payload() -> None:
    with pytest.raises(PayloadError, match="not a Sparkplug B payload"):
        decode(b"\x0a\x80")


def test_metrics_that_the_template_does_not_mention_are_kept_once_a_minute_each(site: Site) -> None:
    site.take("NBIRTH", BORN)
    site.take(
        "DBIRTH",
        payload(
            1,
            POWER,
            metric(field(10, 0xFF06), "T", 7, kind=INT16),
            metric(field(14, True), "On", 8, kind=BOOLEAN),  # noqa: FBT003  # a value
            metric(field(15, "x"), "Name", 9, kind=TEXT),
            metric(field(11, AT), "Since", 10, kind=13),
        ),
    )
    site.take("DDATA", payload(2, metric(field(10, 5), alias=7, at=AT + 9)), at=NOW + 30)
    site.take("DDATA", payload(3, metric(field(13, 2.5), "New", at=AT + 9)), at=NOW + 30)
    site.take("DDATA", payload(4, metric(field(10, 6), alias=7, at=AT + 60_000)), at=NOW + 60)
    assert site.beside == [("M", 0, {"T": -250.0}), ("M", 9, {"New": 2.5}), ("M", 60_000, {"T": 6.0})]


def test_a_device_behind_the_node_that_no_site_declares_is_a_stranger(site: Site) -> None:
    site.born()
    site.take("DBIRTH", payload(2, POWER), device="other")
    site.take("DDATA", payload(3, POWER), device="other")
    assert {name: each.times for name, each in site.health.strangers.items()} == {"g/e/other": 2}


def test_a_device_without_a_meter_is_kept_whole(site: Site) -> None:
    site.born()
    assert site.take("DBIRTH", payload(2, POWER), device="x") == []
    assert site.take("DDATA", payload(3, metric(field(13, 3000.0), alias=1, at=AT + 5)), device="x") == []
    assert site.beside == [("@g/e/x", 0, {"P": 1500.0}), ("@g/e/x", 5, {"P": 3000.0})]
    assert list(site.health.strangers) == ["g/e/x"]
