import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import aiomqtt
import pytest

from ingest.collectors.mqtt import MqttSource
from telemetry.demo import mqtt
from telemetry.demo.faults import Faults, Switch
from telemetry.demo.instruments import Instruments
from telemetry.demo.registers import DemoError
from telemetry.model import Site

NOW = 1_795_332_600.25


@pytest.fixture
def source(site: Site, free_port: Callable[[], int]) -> MqttSource:
    found = next(source for source in site.sources if isinstance(source, MqttSource))
    return found.model_copy(update={"url": f"mqtt://127.0.0.1:{free_port()}"})


def test_a_message_for_each_meter_that_is_not_cut_off(
    source: MqttSource, instruments: Instruments, tmp_path: Path
) -> None:
    switch = Switch(tmp_path)
    switch.set(Faults(drop=("P-G01",)))
    sent = dict(mqtt.messages(source, instruments, switch, NOW))
    assert len(sent) == len(list(instruments.of_source("MQTT"))) - 1
    assert "lychee-hill/P-G01/state" not in sent
    document = json.loads(sent["lychee-hill/D-G01/state"])
    assert document["time"] == 1_795_332_600_250
    assert document["gas"]["gas_flow"] > 0


class Recording(aiomqtt.Client):
    """The broker hands on every message at the subscriber's quality, so the sender's is seen here."""

    sent: ClassVar[list[int]] = []

    async def publish(self, *arguments: Any, qos: int = 0, **options: Any) -> None:
        self.sent.append(qos)
        await super().publish(*arguments, qos=qos, **options)


def test_the_park_publishes_to_its_own_broker(
    source: MqttSource, instruments: Instruments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt.aiomqtt, "Client", Recording)
    heard = asyncio.run(listen(source, instruments, Switch(tmp_path)))
    wanted = {f"lychee-hill/{one.meter.code}/state" for one in instruments.of_source("MQTT")}
    assert set(heard) == wanted
    assert set(Recording.sent) == {1}


async def listen(source: MqttSource, instruments: Instruments, switch: Switch) -> list[str]:
    host, port = mqtt.address(source.url)
    async with mqtt.broker(source.url), aiomqtt.Client(host, port) as client:
        await client.subscribe("lychee-hill/+/state", qos=1)
        closing = asyncio.Event()
        publishing = asyncio.create_task(mqtt.publish(source, instruments, switch, lambda: NOW, closing))
        heard: list[str] = []
        async with asyncio.timeout(60):
            async for message in client.messages:
                heard.append(str(message.topic))
                if len(heard) == len(list(instruments.of_source("MQTT"))):
                    break
        closing.set()
        await publishing
        return heard


def test_whoever_connects_again_before_the_goodbye_is_read_is_heard(source: MqttSource) -> None:
    host, port = mqtt.address(source.url)

    async def take_over() -> object:
        first, second = (aiomqtt.Client(host, port, identifier="one", clean_session=False) for _ in range(2))
        async with mqtt.broker(source.url), aiomqtt.Client(host, port) as publisher:
            await first.__aenter__()
            await first.subscribe("park", qos=1)
            async with second, asyncio.timeout(60):
                await second.subscribe("park", qos=1)
                with suppress(aiomqtt.MqttError):
                    await anext(aiter(first.messages))
                await publisher.publish("park", b"1", qos=1)
                return (await anext(aiter(second.messages))).payload

    assert asyncio.run(take_over()) == b"1"


def test_the_broker_without_passwords_stays_on_loopback() -> None:
    async def open_to_all() -> None:
        async with mqtt.broker("mqtt://0.0.0.0:18830"):
            pass

    with pytest.raises(DemoError, match="stays on loopback"):
        asyncio.run(open_to_all())


def test_a_taken_port_is_named(source: MqttSource) -> None:
    async def twice() -> None:
        async with mqtt.broker(source.url), mqtt.broker(source.url):
            pass

    with pytest.raises(DemoError, match=r"cannot listen on 127\.0\.0\.1"):
        asyncio.run(twice())


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(DemoError, match="an example is mqtt"):
        mqtt.address("127.0.0.1:1883")
