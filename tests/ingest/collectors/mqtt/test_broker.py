from pathlib import Path

import aiomqtt
import pytest

from ingest.collectors.mqtt import MqttSource
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.trust import Trust
from ingest.errors import SourceError


def broker_at(url: str, **variables: str) -> Broker:
    return Broker.of(MqttSource(kind="mqtt", code="s", url=url, topic="{meter}"), variables)


def test_the_broker_is_read_from_its_url() -> None:
    variables = {"PARKWATT_MQTT_USER": "u", "PARKWATT_MQTT_PASSWORD": "p"}
    broker = broker_at("mqtts://b.example?version=3.1.1&client=east", **variables)
    assert (broker.host, broker.port, broker.tls, broker.client) == ("b.example", 8883, True, "east")
    assert (broker.user, broker.password) == ("u", "p")
    assert broker.versions == (aiomqtt.ProtocolVersion.V311,)
    plain = broker_at("mqtt://127.0.0.1:18830")
    assert (plain.port, plain.tls, plain.client, plain.user) == (18830, False, "parkwatt-s", None)
    assert plain.versions == (aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311)


@pytest.mark.parametrize(
    "url", ["http://b", "mqtt://", "mqtt://user:secret@b", "mqtt://b?version=4", "b:1883"]
)
def test_a_url_that_is_none_is_refused_without_showing_secrets(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        broker_at(url)
    assert "secret" not in str(caught.value)


def test_a_source_has_credentials_of_its_own() -> None:
    source = MqttSource(kind="mqtt", code="hall-2", url="mqtts://b", topic="{meter}", ca="site.pem")
    variables = {
        "PARKWATT_MQTT_USER": "all",
        "PARKWATT_MQTT_PASSWORD": "common",
        "PARKWATT_MQTT_USER_HALL_2": "two",
        "PARKWATT_MQTT_CA": "common.pem",
        "PARKWATT_MQTT_CERT_HALL_2": "two.pem",
        "PARKWATT_MQTT_KEY_HALL_2": "two.key",
        "PARKWATT_MQTT_KEY_PASSWORD": "of another key",
    }
    broker = Broker.of(source, variables)
    assert (broker.user, broker.password) == ("two", None), "the common password is not shown to this broker"
    assert broker.trust == Trust("site.pem", "two.pem", "two.key", None)


def test_a_worker_has_sessions_of_its_own() -> None:
    assert broker_at("mqtt://b", PARKWATT_MQTT_WORKER="two").client == "parkwatt-s-two"
    assert broker_at("mqtt://b?client=east", PARKWATT_MQTT_WORKER="two").client == "east-two"


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ca .*nowhere\.pem"):
        Trust(ca=str(tmp_path / "nowhere.pem")).context()
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(SourceError, match=r"cert .*broken\.pem"):
        Trust(cert=str(broken)).context()
