import pytest

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
