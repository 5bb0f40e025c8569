import re
from pathlib import Path

import pytest
import yaml

from ingest.collectors.mqtt import MqttSource
from ingest.collectors.mqtt.topic import Pattern, Place
from ingest.errors import SourceError


def test_patterns_name_the_meter() -> None:
    pattern = Pattern("park/{line}/m-{meter}/state")
    assert pattern.filter == "park/+/+/state"
    assert pattern.place("park/a/m-17/state") == Place("17", None)
    assert pattern.place("park/a/17/state") is None
    assert pattern.place("park/a/b/m-17/state") is None
    shared = Pattern("$share/workers/park/{meter}/#")
    assert shared.filter == "$share/workers/park/+/#"
    assert shared.filter_of("x") == "park/x/#"
    assert shared.place("park/x/y/z") == Place("x", "y/z")
    assert shared.place("park/x") == Place("x", None)
    assert Pattern("a.b/{meter}").place("aXb/1") is None


def test_an_address_is_made_of_several_parts_of_the_topic() -> None:
    pattern = Pattern("plant/{area}/{meter}/{channel}", "{area}/{meter}")
    assert pattern.place("plant/hall1/m3/power") == Place("hall1/m3", "power")
    assert pattern.filter_of("hall1/m3") == "plant/hall1/m3/+"
    assert pattern.misfit("hall1/m3") is None
    assert pattern.misfit("hall1/m3/behind-it") is None
    assert pattern.misfit("m3") == "'m3' is not of the form {area}/{meter}"
    with pytest.raises(SourceError, match="no address of the form"):
        pattern.filter_of("m3")
    assert Pattern("N/{portal}/grid/{instance}/#").place("N/p1/grid/30/Ac/Power") == Place(
        "p1/30", "Ac/Power"
    )


@pytest.mark.parametrize("text", ["park/state", "{meter}/{meter}", "{a}/{a}/{meter}", "park/{channel}"])
def test_a_pattern_that_does_not_name_one_meter_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="another part stands in it, and none twice"):
        Pattern(text)
    with pytest.raises(ValueError, match="another part stands in it"):
        MqttSource(kind="mqtt", code="s", url="mqtt://b", topic=text)


def test_an_address_of_parts_that_the_topic_lacks_is_refused() -> None:
    with pytest.raises(SourceError, match="it is made of meter"):
        Pattern("plant/{meter}/{channel}", "{area}/{meter}")


_LIBRARY = Path(__file__).parents[4] / "config" / "devices"
_NOTES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")).get("note", "")
    for path in _LIBRARY.glob("*.yaml")
}
_TOPICS = {
    code: match[1] for code, note in _NOTES.items() if (match := re.match(r"topic: (\S+?)[;,.]? ", note))
}


@pytest.mark.parametrize(
    ("code", "topic", "place"),
    [
        ("shelly-gen1-emeter", "shellies/shellyem3-68C6/emeter/2/total", Place("shellyem3-68C6/2", "total")),
        ("shelly-pro-3em", "shellypro3em-1/status/em:0", Place("shellypro3em-1", "em:0")),
        ("tasmota-energy", "tele/plug001/SENSOR", Place("plug001", None)),
        ("zigbee2mqtt-plug", "zigbee2mqtt/kitchen", Place("kitchen", None)),
        ("victron-grid", "N/c0ffee/grid/30/Ac/L1/Power", Place("c0ffee/30", "Ac/L1/Power")),
    ],
)
def test_the_topic_in_a_template_s_note_leads_to_its_meter(code: str, topic: str, place: Place) -> None:
    assert Pattern(_TOPICS[code]).place(topic) == place


def test_the_topic_of_acrel_gateways_leads_to_their_meters() -> None:
    pattern = Pattern(_TOPICS["acrel-cloud-mqtt"], "{gateway}")
    assert pattern.place("/gw/acrelHW/AWT100/data/12308017890017") == Place("12308017890017", None)
    assert pattern.misfit("12308017890017/12109132830004") is None
