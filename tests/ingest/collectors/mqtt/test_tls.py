"""Mosquitto behind TLS with an authority of the test's own, client certificates and passwords."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest
from aiomqtt import ProtocolVersion

from ingest.collectors.mqtt import MqttSource
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.connect import make_client
from ingest.collectors.mqtt.session import session
from ingest.errors import SourceError

pytestmark = pytest.mark.broker
_LOCK = "key-password"


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _certificate(folder: Path, name: str, signer: str, address: str = "127.0.0.1", days: str = "2") -> None:
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", f"{name}.key", "-nodes"]
    if name == signer:
        _openssl(folder, "req", "-x509", *key, *subject, "-days", days, "-out", f"{name}.pem")
        return
    _openssl(folder, "req", *key, *subject, "-out", f"{name}.csr")
    signed = [
        "-CA",
        f"{signer}.pem",
        "-CAkey",
        f"{signer}.key",
        "-CAcreateserial",
        "-copy_extensions",
        "copy",
    ]
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed, "-days", days, "-out", f"{name}.pem")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a stranger, a broker and a client; the client's key once more under lock."""
    if shutil.which("openssl") is None:
        pytest.skip("Debian's openssl is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name, signer in (("ca", "ca"), ("stranger", "stranger"), ("broker", "ca"), ("client", "ca")):
        _certificate(folder, name, signer)
    _certificate(folder, "elsewhere", "ca", address="192.0.2.1")
    _certificate(folder, "expired", "ca", days="-1")
    _openssl(folder, "ec", "-in", "client.key", "-aes256", "-passout", f"pass:{_LOCK}", "-out", "locked.key")
    return folder


@pytest.fixture
def port(keys: Path, mosquitto: Callable[[str], int]) -> int:
    passwords = keys / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", passwords, "reader", "of-this-source"], check=True)
    return mosquitto(
        f"cafile {keys}/ca.pem\ncertfile {keys}/broker.pem\nkeyfile {keys}/broker.key\n"
        f"require_certificate true\nallow_anonymous false\npassword_file {passwords}"
    )


def _broker(port: int, keys: Path, variables: dict[str, str] | None = None, **files: str) -> Broker:
    paths = {field: str(keys / name) for field, name in files.items()}
    source = MqttSource(
        kind="mqtt", code="hall-2", url=f"mqtts://127.0.0.1:{port}?version=5", topic="t/{meter}", **paths
    )
    own = {"PARKWATT_MQTT_USER_HALL_2": "reader", "PARKWATT_MQTT_PASSWORD_HALL_2": "of-this-source"}
    return Broker.of(source, own | (variables or {}))


async def _first_payload(broker: Broker, keys: Path, port: int) -> bytes:
    context = ssl.create_default_context(cafile=str(keys / "ca.pem"))
    context.load_cert_chain(keys / "client.pem", keys / "client.key")
    account = {"username": "reader", "password": "of-this-source"}
    async with session(broker, "t/+") as connection:
        async with aiomqtt.Client("127.0.0.1", port, tls_context=context, **account) as publisher:
            await publisher.publish("t/one", b"41.5", qos=1)
        async with asyncio.timeout(60):
            (arrival,) = await connection.window(1)
        connection.acknowledge([arrival])
        return arrival.payload


def test_certificate_password_and_mqtt_5(port: int, keys: Path) -> None:
    broker = _broker(port, keys, ca="ca.pem", cert="client.pem", key="client.key")
    assert asyncio.run(_first_payload(broker, keys, port)) == b"41.5"


def test_a_locked_key_is_opened_by_the_environment(port: int, keys: Path) -> None:
    files = {
        "PARKWATT_MQTT_CERT": str(keys / "client.pem"),
        "PARKWATT_MQTT_KEY": str(keys / "locked.key"),
        "PARKWATT_MQTT_CA": str(keys / "ca.pem"),
    }
    broker = _broker(port, keys, files | {"PARKWATT_MQTT_KEY_PASSWORD": _LOCK})
    assert asyncio.run(_first_payload(broker, keys, port)) == b"41.5"
    with pytest.raises(SourceError, match="PARKWATT_MQTT_KEY_PASSWORD is not set"):
        _broker(port, keys, files).trust.context()


async def _enter(broker: Broker) -> None:
    async with session(broker, "t/+"):
        pass


@pytest.mark.parametrize(
    ("files", "variables", "reason"),
    [
        ({"cert": "client.pem", "key": "client.key"}, {}, "is not trusted here .* its authority with ca$"),
        (
            {"ca": "stranger.pem", "cert": "client.pem", "key": "client.key"},
            {},
            "is not trusted here .* its authority with ca$",
        ),
        ({"ca": "ca.pem"}, {}, "may want a certificate of ours: cert and key"),
        (
            {"ca": "ca.pem", "cert": "stranger.pem", "key": "stranger.key"},
            {},
            "may not accept our certificate: expired, or",
        ),
        (
            {"ca": "ca.pem", "cert": "expired.pem", "key": "expired.key"},
            {},
            "may not accept our certificate: expired, or",
        ),
        (
            {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"},
            {"PARKWATT_MQTT_PASSWORD_HALL_2": "wrong"},
            "refuses: not as reader: look at PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD",
        ),
        (
            {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"},
            {"PARKWATT_MQTT_USER_HALL_2": "", "PARKWATT_MQTT_PASSWORD_HALL_2": ""},
            "refuses: it wants an account: set PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD",
        ),
    ],
    ids=[
        "unknown-authority",
        "other-authority",
        "no-certificate",
        "stranger",
        "expired",
        "wrong-password",
        "no-account",
    ],
)
def test_whoever_is_not_known_stays_outside(
    port: int, keys: Path, files: dict[str, str], variables: dict[str, str], reason: str
) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        asyncio.run(_enter(_broker(port, keys, variables, **files)))
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("elsewhere", "its certificate is for another name"), ("expired", "its certificate has expired, or")],
)
def test_a_broker_that_is_not_the_one_is_named_with_what_is_wrong(
    keys: Path, mosquitto: Callable[[str], int], name: str, reason: str
) -> None:
    port = mosquitto(f"cafile {keys}/ca.pem\ncertfile {keys}/{name}.pem\nkeyfile {keys}/{name}.key")
    with pytest.raises(SourceError, match=reason):
        asyncio.run(_enter(_broker(port, keys, ca="ca.pem")))


def test_a_broker_without_tls_is_named_so(keys: Path, mosquitto: Callable[[str], int]) -> None:
    with pytest.raises(SourceError, match=r"it may not speak TLS \(mqtt://\)"):
        asyncio.run(_enter(_broker(mosquitto(""), keys, ca="ca.pem")))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mqtt://127.0.0.1:{}", "nothing listens there"),
        ("mqtt://no-such-broker.invalid:{}", "no such host is known here"),
    ],
)
def test_a_broker_that_is_not_there_is_named_so(free_port: Callable[[], int], url: str, reason: str) -> None:
    source = MqttSource(kind="mqtt", code="hall-2", url=url.format(free_port()), topic="t/{meter}")
    with pytest.raises(SourceError, match=reason):
        asyncio.run(_enter(Broker.of(source, {})))


def test_a_socket_that_closes_before_it_is_waited_for_is_left_alone() -> None:
    source = MqttSource(kind="mqtt", code="hall-2", url="mqtt://127.0.0.1:1", topic="t/{meter}")
    complaints: list[dict[str, object]] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, what: complaints.append(what))
        paho = make_client(Broker.of(source, {}), ProtocolVersion.V5)._client
        ours, theirs = socket.socketpair()
        for register in (paho.on_socket_register_write, paho.on_socket_open):
            assert register is not None
            register(paho, None, ours)
        ours.close()
        theirs.close()
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert complaints == []
