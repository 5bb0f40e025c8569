"""The MQTT side of the demo park: a small broker, and the meters that publish to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import msgspec
from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.contexts import (  # type: ignore[import-untyped]
    BrokerConfig,
    ListenerConfig,
    ListenerType,
)

from ingest.collectors.mqtt import MqttSource
from ingest.json_device import JsonDevice
from telemetry.demo.faults import Switch
from telemetry.demo.instruments import Instrument, Instruments
from telemetry.demo.modbus import Clock
from telemetry.demo.registers import DemoError, payload

_PERIOD_S = 5.0
_AGAIN_S = 2.0
_CLOSING_S = 2.0
_DEFAULT_PORT = 1883


def address(url: str) -> tuple[str, int]:
    """Host and port of mqtt://host:port. Raises DemoError for anything else."""
    parts = urlsplit(url)
    if parts.scheme != "mqtt" or not parts.hostname:
        raise DemoError(f"{url!r} is not the address of a broker; an example is mqtt://127.0.0.1:1883")
    return parts.hostname, parts.port or _DEFAULT_PORT


class _Broker(Broker):  # type: ignore[misc]  # amqtt is untyped
    """amqtt, in which a client that comes again before its goodbye is read stays connected.

    amqtt 0.12 takes the end of the old connection for the end of the session that the new one has taken over.
    """

    async def _client_message_loop(self, client_session: Any, handler: Any) -> None:  # noqa: ANN401
        if not client_session.transitions.is_connected():
            client_session.transitions.connect()
        await super()._client_message_loop(client_session, handler)

    async def _handle_disconnect(self, client_session: Any, handler: Any, disconnected: Any) -> None:  # noqa: ANN401
        if self._get_handler(client_session) in {None, handler}:
            await super()._handle_disconnect(client_session, handler, disconnected)
        else:
            await self._stop_handler(handler)


@asynccontextmanager
async def broker(url: str) -> AsyncIterator[None]:
    """An MQTT 3.1.1 broker for anyone on this machine. Raises DemoError when it cannot listen."""
    host, port = address(url)
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise DemoError(f"the demo's own broker asks for no password and stays on loopback, not on {host!r}")
    running = _Broker(_configuration(f"{host}:{port}"))
    try:
        await running.start()
    except Exception as error:
        raise DemoError(f"the demo's broker cannot listen on {host}:{port}: {error}") from error
    try:
        yield
    finally:
        # It waits for ever for a client that was cut off while it was greeted.
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await running.shutdown()


def _configuration(bind: str) -> BrokerConfig:
    return BrokerConfig(
        listeners={"default": ListenerConfig(type=ListenerType.TCP, bind=bind)},
        plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    )


async def publish(
    source: MqttSource, instruments: Instruments, switch: Switch, clock: Clock, closing: asyncio.Event
) -> None:
    """Publishes every meter of the source each five seconds until closing; comes back to a lost broker.

    Not to be cancelled: aiomqtt cannot be cut off while it connects.
    """
    host, port = address(source.url)
    while not closing.is_set():
        try:
            async with aiomqtt.Client(host, port, identifier=f"demo-{source.code}") as client:
                while not closing.is_set():
                    now = clock()
                    for topic, message in messages(source, instruments, switch, now):
                        await client.publish(topic, message, qos=1)
                    await _rest(closing, max(0.0, _PERIOD_S - (clock() - now)))
        except aiomqtt.MqttError:
            await _rest(closing, _AGAIN_S)


async def _rest(closing: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()


def messages(
    source: MqttSource, instruments: Instruments, switch: Switch, now: float
) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of every meter that is not cut off."""
    for one in instruments.of_source(source.code):
        values = instruments.now(one.meter.code, now, switch.faults())
        if values is not None:
            yield _topic(source, one), msgspec.json.encode(_document(one, values, now))


def _topic(source: MqttSource, one: Instrument) -> str:
    return source.topic.replace("{meter}", str(one.meter.address or one.meter.code))


def _document(one: Instrument, values: dict[str, float], now: float) -> dict[str, object]:
    if not isinstance(one.device, JsonDevice):
        raise DemoError(f"{one.meter.code}: a meter that publishes has a JSON template")
    return payload(one.device, values, now)
