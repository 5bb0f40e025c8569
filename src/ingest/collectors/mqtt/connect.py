"""How a client connects: the versions in turn, with acknowledgement by hand."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from aiomqtt import Client, MqttCodeError, MqttError, ProtocolVersion
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.inbox import Inbox
from ingest.collectors.mqtt.refusal import hung_up, no_way, refused
from ingest.errors import LineDown, SourceError

_log = logging.getLogger("ingest.mqtt.client")
_log.setLevel(logging.CRITICAL)  # health records and logs each failure once
_CONNACK_S = 4.0
_ANSWER_S = 10.0
IN_FLIGHT = 5_000


class _VersionRefusedError(Exception):
    """The broker was reached, and there was no session."""


async def connect(broker: Broker, inbox: Inbox) -> Client:
    """A broker without MQTT 5 refuses it, or never answers. Raises SourceError."""
    for version in broker.versions[:-1]:
        try:
            return await _attempt(broker, version, inbox)
        except _VersionRefusedError:
            continue
    try:
        return await _attempt(broker, broker.versions[-1], inbox)
    except _VersionRefusedError as error:
        raise SourceError(str(error)) from error


async def leave(client: Client) -> None:
    try:
        await client.__aexit__(None, None, None)
    except MqttError as error:
        _log.debug("left without a goodbye: %s", error)


async def _attempt(broker: Broker, version: ProtocolVersion, inbox: Inbox) -> Client:
    client = make_client(broker, version)
    paho = client._client  # noqa: SLF001  # aiomqtt has no acknowledgement by hand
    paho.manual_ack_set(on=True)
    paho.on_message = inbox.take
    ended = _watch(paho)
    try:  # by hand, because aiomqtt keeps the socket of an entry that failed
        await client.__aenter__()
    except MqttError as error:
        answered = paho.socket() is not None or isinstance(error, MqttCodeError)
        paho.disconnect()
        place = f"{broker.host}:{broker.port}"
        if answered:
            raise _VersionRefusedError(f"the broker at {place} refuses: {refused(error, broker)}") from error
        if ended.is_set():
            raise _VersionRefusedError(f"the broker at {place} hangs up: {hung_up(broker)}") from error
        raise LineDown(f"no connection to {place}: {no_way(error, broker)}") from error
    except asyncio.CancelledError:
        paho.disconnect()
        raise
    client.timeout = _ANSWER_S
    inbox.watch(client._disconnected)  # noqa: SLF001  # aiomqtt tells its own queue alone
    return client


class _Loop:
    """The loop as aiomqtt sees it, which waits on sockets that paho's thread may have closed by then."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # everything else is the loop's own
        return getattr(self._loop, name)

    def add_reader(self, number: int, heard: Callable[[], None]) -> None:
        with suppress(OSError):
            self._loop.add_reader(number, heard)

    def add_writer(self, number: int, ready: Callable[[], None]) -> None:
        with suppress(OSError):
            self._loop.add_writer(number, ready)


def _watch(paho: PahoClient) -> asyncio.Event:
    """Set once the broker ends the connection: before its first answer aiomqtt tells nothing of that."""
    ended, told = asyncio.Event(), paho.on_disconnect

    def note(*words: Any) -> None:  # noqa: ANN401  # paho calls it as it likes
        ended.set()
        if told is not None:
            told(*words)

    paho.on_disconnect = note
    return ended


def make_client(broker: Broker, version: ProtocolVersion) -> Client:
    five = version is ProtocolVersion.V5
    client = Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password,
        logger=_log,
        identifier=broker.client,
        protocol=version,
        clean_session=None if five else not broker.keeps_s,
        clean_start=not broker.keeps_s if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=_properties(broker) if five else None,
        tls_context=broker.trust.context() if broker.tls else None,
        timeout=_CONNACK_S,
    )
    client._loop = cast("asyncio.AbstractEventLoop", _Loop(client._loop))  # noqa: SLF001  # it has no other way in
    return client


def _properties(broker: Broker) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is untyped here
    properties.SessionExpiryInterval = broker.keeps_s
    properties.ReceiveMaximum = IN_FLIGHT
    return properties
