"""The connection to a broker, in which messages are acknowledged by hand."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, urlsplit

from aiomqtt import Client, Message, MqttCodeError, MqttError, ProtocolVersion
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.errors import SourceError

_log = logging.getLogger("ingest.mqtt.client")
_log.setLevel(logging.CRITICAL)  # health records and logs each failure once
_VERSIONS = {"5": ProtocolVersion.V5, "3.1.1": ProtocolVersion.V311}
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNACK_S = 4.0
_ANSWER_S = 10.0
_SESSION_S = 7 * 86_400
_IN_FLIGHT = 5_000
_KEPT_QOS0 = 50_000


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and as whom to connect; `?version=5` or `3.1.1` fixes the version."""

    host: str
    port: int
    tls: bool
    versions: tuple[ProtocolVersion, ...]
    """To try in turn."""
    client: str
    """Client id: the broker keeps the session under it."""
    user: str | None = None
    password: str | None = None
    lasting: bool = True
    """The broker keeps what comes while nobody is connected."""

    @classmethod
    def at(cls, url: str, source: str, variables: Mapping[str, str]) -> "Broker":
        """From `mqtt://host:port?version=5&client=name`. Raises SourceError."""
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise SourceError(f"source {source}: {parts.scheme}://{parts.hostname} is not mqtt://host:port")
        if query.get("version", "5") not in _VERSIONS:
            raise SourceError(f"source {source}: MQTT version {query['version']!r} is not 5 or 3.1.1")
        named = query.get("version")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "mqtts",
            (_VERSIONS[named],) if named else tuple(_VERSIONS.values()),
            query.get("client", f"parkwatt-{source}"),
            variables.get("PARKWATT_MQTT_USER"),
            variables.get("PARKWATT_MQTT_PASSWORD"),
        )


class _Inbox(asyncio.Queue[Message]):
    """Bounded: of QoS 0 what is too much is dropped and counted, of QoS 1 the broker sends no more."""

    dropped = 0

    def put_nowait(self, item: Message) -> None:
        if item.qos == 0 and self.qsize() >= _KEPT_QOS0:
            self.dropped += 1
        else:
            super().put_nowait(item)


class Session:
    """One connection. What is not acknowledged comes again with the next one."""

    def __init__(self, client: Client, inbox: _Inbox) -> None:
        self._client = client
        self._inbox = inbox

    async def window(self, most: int) -> list[Message]:
        """What has arrived, at least one message. Raises SourceError when the connection ends."""
        try:
            window = [await anext(self._client.messages)]
        except MqttError as error:
            raise SourceError(f"the broker disconnected: {error}") from error
        while len(window) < most and not self._inbox.empty():
            window.append(self._inbox.get_nowait())
        return window

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """In order of arrival; call it on the loop's thread."""
        paho = self._client._client  # noqa: SLF001  # aiomqtt has no acknowledgement by hand
        for message in messages:
            if message.qos:
                paho.ack(message.mid, message.qos)

    def take_dropped(self) -> int:
        """How many messages of QoS 0 were dropped since the last call."""
        dropped, self._inbox.dropped = self._inbox.dropped, 0
        return dropped


@asynccontextmanager
async def session(broker: Broker, topic: str) -> AsyncIterator[Session]:
    """A session subscribed to a topic filter. Raises SourceError."""
    client, inbox = await _connect(broker)
    try:
        await _subscribe(client, topic)
        yield Session(client, inbox)
    finally:
        await _leave(client)


async def _connect(broker: Broker) -> tuple[Client, _Inbox]:
    """Tries the versions in turn: a broker without MQTT 5 refuses it, or never answers."""
    for version in broker.versions[:-1]:
        try:
            return await _attempt(broker, version)
        except _VersionRefusedError:
            continue
    try:
        return await _attempt(broker, broker.versions[-1])
    except _VersionRefusedError as error:
        raise SourceError(str(error)) from error


class _VersionRefusedError(Exception):
    """The broker was reached, and there was no session."""


async def _attempt(broker: Broker, version: ProtocolVersion) -> tuple[Client, _Inbox]:
    inbox = _Inbox()
    client = _client(broker, version, inbox)
    paho = client._client  # noqa: SLF001  # aiomqtt has no acknowledgement by hand
    paho.manual_ack_set(on=True)
    try:  # by hand, because aiomqtt keeps the socket of an entry that failed
        await client.__aenter__()
    except MqttError as error:
        reached = paho.socket() is not None or isinstance(error, MqttCodeError)
        paho.disconnect()
        if reached:
            raise _VersionRefusedError(
                f"the broker at {broker.host}:{broker.port} refuses: {error}"
            ) from error
        raise SourceError(f"no connection to {broker.host}:{broker.port}: {error}") from error
    except asyncio.CancelledError:
        paho.disconnect()
        raise
    client.timeout = _ANSWER_S
    return client, inbox


def _client(broker: Broker, version: ProtocolVersion, inbox: _Inbox) -> Client:
    five = version is ProtocolVersion.V5
    return Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password,
        logger=_log,
        identifier=broker.client,
        protocol=version,
        clean_session=None if five else not broker.lasting,
        clean_start=not broker.lasting if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=_properties(broker) if five else None,
        queue_type=cast("type[asyncio.Queue[Message]]", lambda maxsize: inbox),  # noqa: ARG005  # aiomqtt calls it so
        tls_context=ssl.create_default_context() if broker.tls else None,
        timeout=_CONNACK_S,
    )


def _properties(broker: Broker) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is untyped here
    properties.SessionExpiryInterval = _SESSION_S if broker.lasting else 0
    properties.ReceiveMaximum = _IN_FLIGHT
    return properties


async def _subscribe(client: Client, topic: str) -> None:
    try:
        codes = await client.subscribe(topic, qos=1)
    except MqttError as error:
        raise SourceError(f"no subscription to {topic}: {error}") from error
    refused = [code for code in codes if (code if isinstance(code, int) else code.value) >= 0x80]  # noqa: PLR2004  # failure
    if refused:
        raise SourceError(f"the broker refuses the subscription to {topic}: {refused[0]}")


async def _leave(client: Client) -> None:
    try:
        await client.__aexit__(None, None, None)
    except MqttError as error:
        _log.debug("left without a goodbye: %s", error)
