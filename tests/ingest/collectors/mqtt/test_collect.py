import asyncio
import secrets
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import numpy as np
import pytest
from listening import listening

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.collectors.mqtt import MqttSource
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.connect import make_client
from ingest.collectors.mqtt.session import session
from ingest.errors import SourceError, StoreUnavailable
from ingest.json_device import JsonDevice

NOW = 1_795_332_600.0
TIMED = b'{"t": 1795332600000, "p": %d}'
Build = Callable[..., JsonDevice]


def at(url: str, code: str = "s", topic: str = "{meter}", **rest: str) -> MqttSource:
    return MqttSource(kind="mqtt", code=code, url=url, topic=topic, **rest)


def broker_at(url: str, **variables: str) -> Broker:
    return Broker.of(at(url), variables)


class Keeping:
    """A sink that keeps the rows it got; `away` makes it refuse as many writes, `gate` holds it back."""

    def __init__(self, away: int = 0) -> None:
        self.rows: list[tuple[str, int, dict[str, float]]] = []
        self.beside: list[tuple[str, int, dict[str, float]]] = []
        self.away = away
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        self.calls += 1
        await self.gate.wait()
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        for meter, at, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
            shown = {q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)}
            kept = self.beside if batch.unmapped else self.rows
            kept.append((batch.meters[meter], int(at), shown))
        return np.zeros(len(batch), np.uint8)

    def powers(self) -> list[float]:
        return [values["active_power"] for _, _, values in self.rows]


class Park:
    """A broker, a source of its own in it, and the collector of two meters."""

    def __init__(self, url: str, device: JsonDevice) -> None:
        self.parts = urlsplit(url)
        self.root = f"test/{secrets.token_hex(6)}"
        name = self.root.replace("/", "-")
        self.source = at(f"{url}?version=5", code=name, topic=f"{self.root}/{{meter}}/state")
        meters = [
            SimpleNamespace(code="M1", source=name, device="d", address="one"),
            SimpleNamespace(code="M2", source=name, device="d", address=None),
        ]
        self.open = lambda: open_collector(self.source, meters, {"d": device}, lambda: NOW)

    async def publish(self, *messages: tuple[str, bytes], retain: bool = False) -> None:
        async with aiomqtt.Client(self.parts.hostname or "", self.parts.port or 1883) as client:
            for address, payload in messages:
                await client.publish(f"{self.root}/{address}/state", payload, qos=1, retain=retain)

    async def while_running(
        self, sink: Keeping, scenario: Callable[[Any], Awaitable[None]], *, subscribed: bool = True
    ) -> None:
        collector = self.open()
        assert collector is not None
        task = asyncio.create_task(collector.run(sink))
        try:
            if subscribed:
                await until(lambda: collector.health.line.last_success is not None or task.done())
            await scenario(collector)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # another task does the work
            await asyncio.sleep(0.005)


async def nothing(_: object) -> None:
    await asyncio.sleep(0.2)


@pytest.fixture
def device(mqtt: Build) -> JsonDevice:
    return mqtt(
        {"path": "p", "quantity": "active_power", "unit": "kW"},
        {"path": "u", "quantity": "voltage", "unit": "V"},
        time={"path": "t", "form": "epoch_ms"},
    )


@pytest.fixture
def park(broker_url: str, device: JsonDevice) -> Park:
    return Park(broker_url, device)


@pytest.mark.broker
def test_messages_become_rows_in_the_order_of_arrival(park: Park) -> None:
    sink = Keeping()

    async def scenario(collector: Any) -> None:
        await park.publish(("one", TIMED % 1), ("M2", TIMED % 2), ("one", b'{"t": 1795332601000, "p": 3}'))
        await until(lambda: len(sink.rows) == 3)
        assert collector.health.meters["M1"].reads == 2

    asyncio.run(park.while_running(sink, scenario))
    assert sink.rows == [
        ("M1", 1_795_332_600_000_000, {"active_power": 1.0}),
        ("M2", 1_795_332_600_000_000, {"active_power": 2.0}),
        ("M1", 1_795_332_601_000_000, {"active_power": 3.0}),
    ]


@pytest.mark.broker
def test_what_was_published_while_nobody_listened_comes_later(park: Park) -> None:
    sink = Keeping()

    async def scenario() -> None:
        await park.while_running(sink, nothing)
        await park.publish(*(("one", TIMED % n) for n in range(50)))
        await park.while_running(sink, lambda _: until(lambda: len(sink.rows) == 50))

    asyncio.run(scenario())
    assert sink.powers() == list(range(50))


@pytest.mark.broker
def test_what_was_not_durable_is_not_acknowledged_and_comes_again(park: Park) -> None:
    async def scenario() -> None:
        sink = Keeping()
        sink.gate.clear()

        async def interrupted(_: object) -> None:
            await park.publish(("one", TIMED % 7))
            await until(lambda: sink.calls == 1)

        await park.while_running(sink, interrupted)
        assert sink.rows == []
        again = Keeping()
        await park.while_running(again, lambda collector: until(lambda: collector.health.line.reads == 1))
        assert again.powers() == [7.0]
        third = Keeping()
        await park.while_running(third, nothing)
        assert third.rows == []

    asyncio.run(scenario())


@pytest.mark.broker
def test_a_store_that_is_away_is_waited_for(park: Park, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.collectors.mqtt.collect._FIRST_PAUSE_S", 0.01)
    sink = Keeping(away=3)

    async def scenario(collector: Any) -> None:
        await park.publish(*(("one", TIMED % n) for n in range(5)))
        await until(lambda: len(set(sink.powers())) == 5 and collector.health.waiting == 0)

    asyncio.run(park.while_running(sink, scenario))
    assert sorted(set(sink.powers())) == [0, 1, 2, 3, 4]


@pytest.mark.broker
def test_what_cannot_be_read_is_kept_aside_and_acknowledged(park: Park) -> None:
    sink = Keeping()

    async def scenario(collector: Any) -> None:
        await park.publish(
            ("one", b"{broken"),
            ("nobody", TIMED % 1),
            ("one", b'{"t": 1795332600000, "p": "high", "u": 230}'),
            ("one", TIMED % 5),
        )
        health = collector.health
        await until(lambda: health.line.reads == 4)
        assert health.refused == 3
        assert [one.reason.split(":")[0] for one in health.aside] == [
            "not JSON",
            "no meter has this address",
            "p",
        ]
        assert health.aside[0].origin == f"{park.root}/one/state"
        assert health.aside[0].content == "{broken"

    async def both() -> None:
        await park.while_running(sink, scenario)
        again = Keeping()
        await park.while_running(again, nothing)
        assert again.rows == []

    asyncio.run(both())
    assert [values for _, _, values in sink.rows] == [{"voltage": 230.0}, {"active_power": 5.0}]


@pytest.mark.broker
def test_what_the_template_does_not_mention_is_acknowledged_once_it_is_kept(park: Park) -> None:
    sink = Keeping(away=2)

    async def scenario(_: object) -> None:
        await park.publish(("one", b'{"t": %d, "p": 1, "wifi": {"rssi": -61}}' % (NOW * 1000)))
        await until(lambda: bool(sink.beside))

    asyncio.run(park.while_running(sink, scenario))
    assert set(map(str, sink.beside)) == {str(("M1", 1_795_332_600_000_000, {"wifi.rssi": -61.0}))}


@pytest.mark.broker
def test_a_retained_payload_without_a_time_is_not_taken_for_a_new_one(broker_url: str, mqtt: Build) -> None:
    park = Park(broker_url, mqtt({"path": "p", "quantity": "active_power", "unit": "kW"}))
    sink = Keeping()

    async def scenario() -> None:
        await park.publish(("one", b'{"p": 1}'), retain=True)
        await park.while_running(sink, nothing)
        assert sink.rows == []
        await park.while_running(sink, fresh)
        await park.publish(("one", b""), retain=True)

    async def fresh(_: object) -> None:
        await park.publish(("one", b'{"p": 2}'))
        await until(lambda: len(sink.rows) == 1)

    asyncio.run(scenario())
    assert sink.rows == [("M1", 1_795_332_600_000_000, {"active_power": 2.0})]


@pytest.mark.broker
def test_more_than_the_broker_keeps_in_flight_by_default_passes(park: Park) -> None:
    sink = Keeping()

    async def scenario(_: object) -> None:
        sink.gate.clear()
        await park.publish(*(("one", TIMED % n) for n in range(100)))
        sink.gate.set()
        await until(lambda: len(sink.rows) == 100)

    asyncio.run(park.while_running(sink, scenario))
    assert sink.powers() == list(range(100))


@pytest.mark.broker
def test_a_broker_that_goes_away_ends_the_run_with_its_reason(
    park: Park, free_port: Callable[[], int]
) -> None:
    park.source = park.source.model_copy(update={"url": f"mqtt://127.0.0.1:{free_port()}"})
    collector = park.open()
    assert collector is not None
    with pytest.raises(SourceError, match=r"no connection to 127\.0\.0\.1"):
        asyncio.run(collector.run(Keeping()))


def test_acknowledgement_by_hand_is_where_the_adapter_looks_for_it() -> None:
    async def scenario() -> None:
        client = make_client(broker_at("mqtt://127.0.0.1"), aiomqtt.ProtocolVersion.V5)
        paho = client._client
        assert paho._manual_ack is False
        paho.manual_ack_set(on=True)
        assert paho._manual_ack is True
        assert callable(paho.ack)
        assert hasattr(paho, "on_message")
        assert isinstance(client._disconnected, asyncio.Future)

    asyncio.run(scenario())


class Old:
    """A broker of raw bytes that knows 3.1.1 only; to MQTT 5 it answers `refusal`, or nothing."""

    def __init__(self, refusal: bytes | None) -> None:
        self.refusal = refusal
        self.versions: list[int] = []
        self.flags: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(1):
            body = await reader.readexactly((await reader.readexactly(1))[0])
            if head[0] >> 4 == 1:
                self.versions.append(body[6])
                self.flags.append(body[7])
                answer = b"\x20\x02\x00\x00" if body[6] == 4 else self.refusal
                if answer == HANGS_UP:
                    break
            else:
                answer = b"\x90\x03" + body[:2] + b"\x01" if head[0] >> 4 == 8 else None
            if answer:
                writer.write(answer)


HANGS_UP = b"hangs up"


@pytest.mark.parametrize(
    "refusal", [None, b"\x20\x03\x00\x84\x00", HANGS_UP], ids=["silence", "refusal", "hangs-up"]
)
def test_a_broker_without_mqtt_5_is_asked_again_in_its_own(
    refusal: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.collectors.mqtt.connect._CONNACK_S", 1.0)
    old = Old(refusal)

    async def scenario() -> None:
        async with listening(old.serve) as port:
            url = f"mqtt://127.0.0.1:{port}"
            async with session(broker_at(url), "park/+/state"):
                pass
            with pytest.raises(SourceError, match="hangs up" if refusal == HANGS_UP else "refuses"):
                async with session(broker_at(f"{url}?version=5"), "park/+/state"):
                    pass

    asyncio.run(scenario())
    assert old.versions == [5, 4, 5]
    assert not old.flags[1] & 2, "the session is kept"


def test_a_meter_without_an_mqtt_template_is_refused() -> None:
    source = at("mqtt://b")
    meter = SimpleNamespace(code="M", source="s", device="none", address=None)
    with pytest.raises(SourceError, match="meter M: 'none' is no MQTT template"):
        open_collector(source, [meter], {}, lambda: NOW)
