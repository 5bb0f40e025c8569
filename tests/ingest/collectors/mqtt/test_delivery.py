"""What a broker's limits, reconnections and shared subscriptions do to messages of QoS 1."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiomqtt
import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.collectors.mqtt import MqttCollector, MqttSource
from ingest.health import SourceHealth
from ingest.json_device import JsonDevice

NOW = 1_795_332_600.0
FIRST_MS = 1_795_332_600_000


class Sink:
    """Keeps the times it got [ms after the first]; holds them back while the gate is shut."""

    def __init__(self, *, shut: bool = False) -> None:
        self.times: list[int] = []
        self.offered: list[int] = []
        self.gate = asyncio.Event()
        if not shut:
            self.gate.set()

    async def write(self, batch: Batch) -> NDArray[np.uint8]:
        times = (batch.time // 1000 - FIRST_MS).tolist()
        self.offered += times
        await self.gate.wait()
        self.times += times
        return np.zeros(len(batch), np.uint8)


@pytest.fixture
def device(mqtt: Callable[..., JsonDevice]) -> JsonDevice:
    power = {"path": "p", "quantity": "active_power", "unit": "kW"}
    return mqtt(power, time={"path": "t", "form": "epoch_ms"})


def collector_at(
    port: int, device: JsonDevice, client: str, share: str = "", version: str = "5"
) -> MqttCollector:
    url = f"mqtt://127.0.0.1:{port}?version={version}&client={client}"
    source = MqttSource(kind="mqtt", code="s", url=url, topic=f"{share}park/{{meter}}/state")
    meter = SimpleNamespace(code="M", source="s", device="d", address=None)
    opened = open_collector(source, [meter], {"d": device}, lambda: NOW)
    assert isinstance(opened, MqttCollector)
    return opened


@asynccontextmanager
async def running(collector: MqttCollector, sink: Sink) -> AsyncIterator[None]:
    task = asyncio.create_task(collector.run(sink))
    try:
        await until(lambda: collector.health.line.last_success is not None or task.done())
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def publish(port: int, numbers: Iterable[int]) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        client.pending_calls_threshold = 10_000
        messages = (b'{"t": %d, "p": 1}' % (FIRST_MS + number) for number in numbers)
        await asyncio.gather(*(client.publish("park/M/state", each, qos=1) for each in messages))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not condition():  # noqa: ASYNC110  # another task does the work
            await asyncio.sleep(0.005)


@pytest.mark.broker
def test_workers_split_one_stream(mosquitto: Callable[[str], int], device: JsonDevice) -> None:
    port = mosquitto("allow_anonymous true\nmax_inflight_messages 50")
    first, second = Sink(), Sink()
    one, two = (collector_at(port, device, name, "$share/workers/") for name in ("one", "two"))

    async def scenario() -> None:
        async with running(one, first), running(two, second):
            await publish(port, range(400))
            await until(lambda: len(first.times) + len(second.times) >= 400)
            await asyncio.sleep(0.1)

    asyncio.run(scenario())
    assert sorted(first.times + second.times) == list(range(400)), "each message once between the two"
    assert min(len(first.times), len(second.times)) > 50


@pytest.mark.broker
def test_what_a_killed_worker_did_not_acknowledge_comes_again(
    mosquitto: Callable[[str], int], device: JsonDevice
) -> None:
    port = mosquitto("allow_anonymous true")
    dying, second, again = Sink(shut=True), Sink(), Sink()

    async def scenario() -> None:
        two = collector_at(port, device, "two", "$share/workers/")
        async with running(two, second):
            async with running(collector_at(port, device, "one", "$share/workers/"), dying):
                await publish(port, range(100))
                await until(lambda: bool(dying.offered))
            assert dying.times == []
            async with running(collector_at(port, device, "one", "$share/workers/"), again):
                await until(lambda: len(again.times) + len(second.times) >= 100)
                await asyncio.sleep(0.1)

    asyncio.run(scenario())
    assert set(dying.offered) <= set(again.times)
    assert sorted(again.times + second.times) == list(range(100))


@pytest.mark.broker
def test_a_broker_that_lets_20_wait_is_no_obstacle(
    mosquitto: Callable[[str], int], device: JsonDevice
) -> None:
    """A batch closes when no more arrives: until then Mosquitto, by its own limit, holds the rest back."""
    port, sink = mosquitto("allow_anonymous true"), Sink()

    async def scenario() -> None:
        async with running(collector_at(port, device, "one"), sink):
            await publish(port, range(300))
            await until(lambda: len(sink.times) >= 300)

    asyncio.run(scenario())
    assert sink.times == list(range(300))


@pytest.mark.broker
def test_the_embedded_broker_speaks_3_1_1(amqtt: int, device: JsonDevice) -> None:
    """It keeps nothing for those who are away, so what comes between is not looked for."""
    sink = Sink()

    async def scenario() -> None:
        async with running(collector_at(amqtt, device, "one", version="3.1.1"), sink):
            await publish(amqtt, range(20))
            await until(lambda: len(sink.times) >= 20)
        async with running(collector_at(amqtt, device, "one", version="3.1.1"), sink):
            await publish(amqtt, range(20, 40))
            await until(lambda: len(sink.times) >= 40)

    asyncio.run(scenario())
    assert sorted(sink.times) == list(range(40))


@pytest.mark.broker
def test_what_the_broker_dropped_is_shown_and_told_once(
    mosquitto: Callable[[str], int], device: JsonDevice, caplog: pytest.LogCaptureFixture
) -> None:
    port = mosquitto("allow_anonymous true\nmax_queued_messages 10\nsys_interval 1")
    sink, collector = Sink(), collector_at(port, device, "one")

    async def scenario() -> None:
        async with running(collector, sink):
            pass
        await publish(port, range(100))
        async with running(collector, sink):
            await until(lambda: collector.health.dropped > 0)
        first = collector.health.dropped
        await publish(port, range(100, 200))
        async with running(collector, sink):
            await until(lambda: first < collector.health.dropped == 200 - len(set(sink.times)))

    with caplog.at_level(logging.WARNING, "ingest"):
        asyncio.run(scenario())
    assert collector.health.dropped >= 60
    (told,) = [record.message for record in caplog.records if "dropped" in record.message]
    assert told.startswith("source s: the broker has dropped ")
    assert collector.health.refused == 0


class Wire:
    """A broker of raw bytes: publishes what it is told, and writes down what is acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.connect = b""
        self.filters: list[str] = []
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while head := await reader.read(1):
            body = await reader.readexactly((await reader.readexactly(1))[0])
            if head[0] >> 4 == 1:
                self.connect = body
                writer.write(b"\x20\x03\x00\x00\x00")
            elif head[0] >> 4 == 8:
                self.filters.append(body[5:-1].decode())
                writer.write(b"\x90\x04" + body[:2] + b"\x00\x01")
            elif head[0] >> 4 == 4:
                self.acknowledged.append(int.from_bytes(body[:2], "big"))

    def tell(self, topic: str, payload: str) -> None:
        assert self._writer is not None
        rest = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00" + payload.encode()
        self._writer.write(bytes([0x30, len(rest)]) + rest)

    def publish(self, *mids: int, dup: bool = False) -> None:
        assert self._writer is not None
        for mid in mids:
            payload = b'{"t": %d, "p": 1}' % (FIRST_MS + mid)
            rest = b"\x00\x0cpark/M/state" + mid.to_bytes(2, "big") + b"\x00" + payload
            self._writer.write(bytes([0x3A if dup else 0x32, len(rest)]) + rest)


async def over_the_wire(
    device: JsonDevice, scenario: Callable[[Wire, Sink, SourceHealth], Awaitable[None]], sink: Sink
) -> None:
    wire = Wire()
    async with listening(wire.serve) as port:
        collector = collector_at(port, device, "one")
        async with running(collector, sink):
            await scenario(wire, sink, collector.health)


def test_acknowledgements_follow_the_commit_in_the_order_of_arrival(device: JsonDevice) -> None:
    async def scenario(wire: Wire, sink: Sink, _: SourceHealth) -> None:
        wire.publish(7, 3, 9)
        await until(lambda: bool(sink.offered))
        wire.publish(5)
        await asyncio.sleep(0.1)
        assert wire.acknowledged == [], "nothing is durable yet"
        sink.gate.set()
        await until(lambda: len(wire.acknowledged) == 4)
        assert wire.acknowledged == [7, 3, 9, 5]
        assert sink.times == [7, 3, 9, 5]

    asyncio.run(over_the_wire(device, scenario, Sink(shut=True)))


@pytest.mark.parametrize(("form", "kept_s"), [("epoch_ms", 7 * 86_400), ("none", 60)])
def test_the_broker_keeps_for_long_only_what_tells_its_time(
    mqtt: Callable[..., JsonDevice], form: str, kept_s: int
) -> None:
    power = {"path": "p", "quantity": "active_power", "unit": "kW"}
    device = mqtt(power, time={"path": "t", "form": form} if form != "none" else {})

    async def scenario(wire: Wire, _sink: Sink, _: SourceHealth) -> None:
        assert wire.connect[7] & 2 == 0, "the session is resumed"
        assert b"\x11" + kept_s.to_bytes(4, "big") in wire.connect[10:25], "session expiry interval"

    asyncio.run(over_the_wire(device, scenario, Sink()))


def test_the_counters_of_emqx_nodes_are_added_up(device: JsonDevice) -> None:
    """As emqx_sys.erl publishes emqx_metrics: each node for itself, as text, at QoS 0 and not retained."""

    async def scenario(wire: Wire, sink: Sink, health: SourceHealth) -> None:
        assert "$SYS/brokers/+/metrics/delivery/dropped/queue_full" in wire.filters
        for node, dropped in (("emqx@10.0.0.1", "40"), ("emqx@10.0.0.2", "2"), ("emqx@10.0.0.1", "41")):
            wire.tell(f"$SYS/brokers/{node}/metrics/delivery/dropped/queue_full", dropped)
        wire.publish(1)
        await until(lambda: sink.times == [1])
        assert (health.dropped, health.refused) == (43, 0)

    asyncio.run(over_the_wire(device, scenario, Sink()))


def test_message_ids_are_used_again(device: JsonDevice) -> None:
    async def scenario(wire: Wire, sink: Sink, _: SourceHealth) -> None:
        for _ in range(3):
            wire.publish(1, 2)
            wire.publish(2, dup=True)
        await until(lambda: len(wire.acknowledged) == 9)
        assert wire.acknowledged == [1, 2, 2] * 3
        assert sink.times == [1, 2, 2] * 3

    asyncio.run(over_the_wire(device, scenario, Sink()))


def test_an_unreadable_message_is_acknowledged_in_its_turn(device: JsonDevice) -> None:
    async def scenario(wire: Wire, sink: Sink, _: SourceHealth) -> None:
        wire.publish(1)
        assert wire._writer is not None
        rest = b"\x00\x0cpark/M/state\x00\x02\x00{"
        wire._writer.write(bytes([0x32, len(rest)]) + rest)
        wire.publish(3)
        await until(lambda: len(wire.acknowledged) == 3)
        assert wire.acknowledged == [1, 2, 3]
        assert sink.times == [1, 3]

    asyncio.run(over_the_wire(device, scenario, Sink()))
