from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.mqtt.routes import Routes
from ingest.collectors.mqtt.rows import RowReader
from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import SourceError
from ingest.health import SourceHealth
from ingest.json_device import JsonDevice
from ingest.sampling import SPARSE, Sampling

NOW = 1_795_332_600.0
Build = Callable[..., JsonDevice]
Shown = tuple[str, float, dict[str, float]]


def meter(code: str, address: str, device: str = "d") -> Any:
    return SimpleNamespace(code=code, source="s", device=device, address=address)


def message(topic: str, payload: str, at: float = NOW, *, retain: bool = False) -> Arrival:
    return Arrival(topic, payload.encode(), 1, 1, retain, at)


class Reader:
    def __init__(
        self,
        topic: str,
        devices: dict[str, JsonDevice],
        *meters: Any,
        sampling: Sampling = SPARSE,
    ) -> None:
        routes = Routes(Pattern(topic), meters, devices)
        self.health = SourceHealth.of("s", "mqtt", routes.meters)
        self.rows = RowReader(self.health, routes, sampling)
        self.beside: list[Shown] = []
        """What was kept aside."""

    def read(self, *window: Arrival) -> list[Shown]:
        found: list[Shown] = []
        for batch in self.rows.read(window):
            for number, at, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
                shown = {
                    q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)
                }
                kept = self.beside if batch.unmapped else found
                kept.append((batch.meters[number], at / 1e6 - NOW, shown))
        return found


@pytest.fixture
def split(mqtt: Build) -> JsonDevice:
    """A device that sends each quantity on a topic of its own, undated."""
    return mqtt(
        {"channel": "emeter/0/power", "quantity": "active_power_l1", "unit": "W"},
        {"channel": "emeter/0/total", "quantity": "energy_import_l1", "unit": "Wh"},
        {"channel": "emeter/1/power", "quantity": "active_power_l2", "unit": "W"},
    )


def test_quantities_on_topics_of_their_own_become_one_row(split: JsonDevice) -> None:
    reader = Reader("shellies/{meter}/#", {"d": split}, meter("M", "em-1"), meter("N", "em-2"))
    assert reader.read(
        message("shellies/em-1/emeter/0/power", "1500", NOW + 0.1),
        message("shellies/em-2/emeter/0/power", "4", NOW + 0.2),
        message("shellies/em-1/emeter/0/total", "7000.5", NOW + 0.3),
        message("shellies/em-1/online", "true", NOW + 0.35),
        message("shellies/em-1/emeter/1/power", "500", NOW + 0.4),
        message("shellies/em-1/emeter/1/power", "600", NOW + 0.5),
    ) == [
        (
            "M",
            pytest.approx(0.4),
            {"active_power_l1": 1.5, "energy_import_l1": 7.0005, "active_power_l2": 0.5},
        ),
        ("N", pytest.approx(0.2), {"active_power_l1": 0.004}),
        ("M", pytest.approx(0.5), {"active_power_l2": 0.6}),
    ]
    assert reader.health.refused == 0, "a channel that no template wants is nobody's fault"


def test_dated_parts_stay_apart_for_the_store_to_merge(mqtt: Build) -> None:
    device = mqtt(
        {"channel": "em:0", "path": "p", "quantity": "active_power", "unit": "W"},
        {"channel": "emdata:0", "path": "e", "quantity": "energy_import", "unit": "Wh"},
        time={"path": "t", "form": "epoch_s"},
    )
    reader = Reader("{meter}/status/#", {"d": device}, meter("M", "pro"))
    found = reader.read(
        message("pro/status/em:0", '{"t": 1795332600, "p": 1000}'),
        message("pro/status/emdata:0", '{"t": 1795332600, "e": 1000}'),
    )
    assert found == [("M", 0.0, {"active_power": 1.0}), ("M", 0.0, {"energy_import": 1.0})]


def test_one_message_may_be_for_two_meters(mqtt: Build) -> None:
    devices = {
        "a": mqtt({"path": "0", "quantity": "active_power", "unit": "W"}, code="a"),
        "b": mqtt({"path": "1", "quantity": "active_power", "unit": "W"}, code="b"),
    }
    reader = Reader("t/{meter}", devices, meter("A", "x", "a"), meter("B", "x", "b"))
    assert reader.read(message("t/x", "[1000, 2000]")) == [
        ("A", 0.0, {"active_power": 1.0}),
        ("B", 0.0, {"active_power": 2.0}),
    ]
    with pytest.raises(SourceError, match="meters A and C have the same address 'x'"):
        Reader("t/{meter}", devices, meter("A", "x", "a"), meter("C", "x", "a"))


def test_the_meters_of_a_gateway(mqtt: Build) -> None:
    device = mqtt(
        {"path": "p", "quantity": "active_power", "unit": "W"}, records={"path": "meters", "name": "id"}
    )
    reader = Reader(
        "gw/{gateway}/up", {"d": device}, meter("M", "g1/m1"), meter("N", "g1/m2"), meter("O", "g2/m1")
    )
    assert reader.read(
        message(
            "gw/g1/up", '{"meters": [{"id": "m1", "p": 1000}, {"id": "m2", "p": "?"}, {"id": "m9", "p": 1}]}'
        ),
        message("gw/g2/up", '{"meters": [{"id": "m1", "p": 3000}]}'),
        message("gw/g2/up", "[]"),
        message("gw/g2/up", ""),
        message("gw/g3/up", '{"meters": []}'),
    ) == [("M", 0.0, {"active_power": 1.0}), ("O", 0.0, {"active_power": 3.0})]
    assert [one.reason.split(" (")[0] for one in reader.health.aside] == [
        "p: active_power is a number",
        "no meter has the name 'm9' of this gateway",
        "meters: no array of meters stands here",
        "no meter has this address",
    ]
    assert reader.health.meters["N"].failing


def test_a_retained_message_that_tells_no_time_may_be_of_any_age(split: JsonDevice) -> None:
    reader = Reader("shellies/{meter}/#", {"d": split}, meter("M", "em-1"))
    assert reader.read(message("shellies/em-1/emeter/0/power", "1", retain=True)) == []
    assert reader.health.refused == 0


def test_what_the_template_does_not_mention_is_kept_once_a_minute(mqtt: Build) -> None:
    device = mqtt(
        {"path": "p", "quantity": "active_power", "unit": "W"}, time={"path": "t", "form": "epoch_s"}
    )
    reader = Reader("t/{meter}", {"d": device}, meter("M", "x"))
    for after, rssi in ((0, -60), (59, -61), (60, -62), (61, -63)):
        payload = f'{{"t": {NOW + after - 5:.0f}, "p": 1000, "wifi": {{"rssi": {rssi}}}}}'
        assert len(reader.read(message("t/x", payload, NOW + after))) == 1
    assert reader.beside == [("M", -5.0, {"wifi.rssi": -60.0}), ("M", 55.0, {"wifi.rssi": -62.0})]


def test_a_payload_that_cannot_be_read_does_not_stand_for_its_minute(mqtt: Build) -> None:
    device = mqtt({"path": "p", "quantity": "active_power", "unit": "W"})
    reader = Reader("t/{meter}", {"d": device}, meter("M", "x"))
    reader.read(message("t/x", "{"), message("t/x", '{"p": 1, "a": 2, "no\\u0000": 3}', NOW + 1))
    assert reader.beside == [("M", 1.0, {"a": 2.0})]


def test_a_source_says_how_much_of_it_is_kept(mqtt: Build, caplog: pytest.LogCaptureFixture) -> None:
    device = mqtt({"path": "p", "quantity": "active_power", "unit": "W"})
    payloads = [message("t/x", f'{{"p": 1000, "a": {n}, "b": 2, "c": 3}}', NOW + n) for n in range(3)]
    every = Reader("t/{meter}", {"d": device}, meter("M", "x"), sampling=Sampling(every_s=0, names=2))
    every.read(*payloads)
    assert every.beside == [("M", float(n), {"a": float(n), "b": 2.0}) for n in range(3)]
    assert caplog.text.count("sends 3 numbers that its template does not mention; 2 of them are kept") == 1
    none = Reader("t/{meter}", {"d": device}, meter("M", "x"), sampling=Sampling(names=0))
    none.read(*payloads)
    assert none.beside == []


def test_a_payload_of_which_the_template_mentions_nothing_is_kept_all_the_same(mqtt: Build) -> None:
    device = mqtt(
        {"path": "p", "quantity": "active_power", "unit": "W"}, time={"path": "t", "form": "epoch_s"}
    )
    reader = Reader("t/{meter}", {"d": device}, meter("M", "x"))
    assert reader.read(message("t/x", f'{{"t": {NOW - 3:.0f}, "power": "1000.5"}}')) == []
    assert reader.beside == [("M", -3.0, {"power": 1000.5})]
    assert reader.health.refused == 1


def test_of_a_gateways_records_each_is_kept_under_its_meter(mqtt: Build) -> None:
    device = mqtt(
        {"path": "v[id=Pa].n", "quantity": "active_power", "unit": "W"},
        records={"path": "meters", "name": "id"},
        time={"path": "t", "form": "epoch_s"},
    )
    reader = Reader("gw/{gateway}/up", {"d": device}, meter("M", "g1/1"), meter("N", "g1/2"))
    record = '{"id": %d, "v": [{"id": "Pa", "n": 5}, {"id": "Ua", "n": 23%d}]}'
    for number in (1, 2, 2):
        reader.read(message("gw/g1/up", f'{{"t": {NOW - 1:.0f}, "meters": {record % (number, number)}}}'))
    assert reader.beside == [("M", -1.0, {"v[id=Ua].n": 231.0}), ("N", -1.0, {"v[id=Ua].n": 232.0})]


def test_channels_that_the_template_does_not_mention_are_kept_by_their_names(split: JsonDevice) -> None:
    reader = Reader("shellies/{meter}/#", {"d": split}, meter("M", "em-1"))
    for channel, payload in (("emeter/0/pf", "0.97"), ("info", '{"wifi": {"rssi": -60}}'), ("state", "on")):
        assert reader.read(message(f"shellies/em-1/{channel}", payload)) == []
    assert reader.beside == [("M", 0.0, {"emeter/0/pf": 0.97}), ("M", 0.0, {"info wifi.rssi": -60.0})]
    assert reader.health.refused == 0


def test_what_is_not_sound_beside_the_values_costs_no_reading(mqtt: Build) -> None:
    device = mqtt({"path": "p", "quantity": "active_power", "unit": "W"})
    reader = Reader("t/{meter}", {"d": device}, meter("M", "x"), meter("N", "y"))
    broken = Arrival("t/x", b'{"p": 1000, "name": "\xff\xfe"}', 1, 1, False, NOW)  # noqa: FBT003  # retained
    huge = message("t/y", f'{{"p": 2000, "n": 1{"0" * 400}}}')
    assert "N" in {code for code, _, _ in reader.read(broken, huge)}
    assert reader.beside == []


def test_a_payload_that_its_template_maps_whole_shows_nothing_more(split: JsonDevice) -> None:
    reader = Reader("shellies/{meter}/#", {"d": split}, meter("M", "em-1"))
    reader.read(message("shellies/em-1/emeter/0/power", "1500"))
    assert reader.beside == []


def test_what_comes_from_an_address_without_a_meter_is_kept_whole(mqtt: Build) -> None:
    device = mqtt(
        {"path": "c[n=p].v", "quantity": "active_power", "unit": "W"}, time={"path": "t", "form": "epoch_s"}
    )
    reader = Reader("t/{meter}/#", {"d": device}, meter("M", "1"))
    payload = '{"t": 1795332500, "c": [{"n": "p", "v": 7}, {"n": "e", "v": 8}]}'
    assert reader.read(message("t/2/state", payload), message("t/2/state", payload, retain=True)) == []
    numbers = {"state c[n=p].v": 7.0, "state c[n=e].v": 8.0, "state t": 1795332500.0}
    assert reader.beside == [("@2", -100.0, numbers)] * 2
    assert (reader.health.refused, list(reader.health.strangers)) == (2, ["t/2/state"])


def test_an_undated_message_without_a_meter_is_dated_by_its_arrival_unless_retained(mqtt: Build) -> None:
    device = mqtt({"path": "p", "quantity": "active_power", "unit": "W"})
    for meters in ([meter("M", "1")], []):
        reader = Reader("t/{meter}", {"d": device}, *meters)
        reader.read(
            message("t/2", '{"p": 7}', NOW + 3), message("t/2", '{"p": 8}', retain=True), message("t/2", "{")
        )
        assert reader.beside == [("@2", 3.0, {"p": 7.0})]


def test_records_without_a_meter_are_kept_under_their_gateway(mqtt: Build) -> None:
    records = {"path": "all", "name": "id"}
    devices = {
        code: mqtt({"path": path, "quantity": "active_power", "unit": "W"}, code=code, records=records)
        for code, path in (("a", "p"), ("b", "q"))
    }
    reader = Reader("t/{meter}", devices, meter("A", "g/1", "a"), meter("B", "g/2", "b"))
    payload = '{"all": [{"id": 1, "p": 1000}, {"id": 2, "q": 2000}, {"id": "x", "r": 3}]}'
    assert reader.read(message("t/g", payload)) == [
        ("A", 0.0, {"active_power": 1.0}),
        ("B", 0.0, {"active_power": 2.0}),
    ]
    assert set(reader.health.strangers) == {"t/g/x"}, "another template's meters are no strangers"
    assert [each for each in reader.beside if each[0] == "@g/x"][:1] == [("@g/x", 0.0, {"r": 3.0})]
    reader.beside.clear()
    reader.read(message("t/h", '{"all": [{"id": 1, "p": 5}]}'))
    assert reader.beside == [("@h/1", 0.0, {"id": 1.0, "p": 5.0})], "a gateway like the others"


def test_where_nothing_besides_is_kept_neither_is_what_has_no_meter(mqtt: Build) -> None:
    device = mqtt({"path": "p", "quantity": "active_power", "unit": "W"})
    reader = Reader("t/{meter}", {"d": device}, meter("M", "1"), sampling=Sampling(names=0))
    reader.read(message("t/2", '{"p": 7}'))
    assert reader.beside == []
