"""JSON of 20 values over MQTT at QoS 1, acknowledged after the commit, beside aiomqtt alone."""

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiomqtt
import msgspec
import psycopg
import yaml
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from accounting.quantity import CATALOGUE
from bench.measure import ROUNDS, Measure
from bench.write import METERS_MADE, database
from ingest.collector import open_collector
from ingest.collectors.mqtt import MqttSource
from ingest.kinds import read_template
from ingest.pipeline import Pipeline
from ingest.template import Template
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

MESSAGES = 10_000
METERS = 200
FIRST_MS = 1_761_955_200_000
NAMES = [name for name, quantity in CATALOGUE.items() if quantity.carrier == "electricity"][:20]
TEMPLATE = Path(__file__).parents[1] / "config" / "devices" / "parkwatt-json.yaml"
LIMITS = "max_inflight_messages 1000\nmax_queued_messages 1000000\nset_tcp_nodelay true\nlog_type error\n"


@contextmanager
def broker() -> Iterator[int]:
    """Mosquitto with the limits of deploy/mosquitto.conf."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "this benchmark needs Debian's mosquitto"
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        probe.close()
        config = Path(folder) / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{LIMITS}")
        process = subprocess.Popen([program, "-c", config])
        try:
            _await(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _await(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)


def produce(port: int, first: int) -> None:
    """Another process publishes; the broker keeps it all for those who have subscribed."""
    command = [sys.executable, "-m", "bench.mqtt", str(port), str(first)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[1])


async def publish(port: int, first: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port, max_inflight_messages=1000) as client:
        client.pending_calls_threshold = MESSAGES
        for start in range(first, first + MESSAGES, 500):
            await asyncio.gather(*(client.publish(*message(n), qos=1) for n in range(start, start + 500)))


def message(number: int) -> tuple[str, bytes]:
    meter, poll = number % METERS, number // METERS
    values = {name: round(100 + number / 7 + i, 3) for i, name in enumerate(NAMES)}
    return f"park/m{meter}/state", msgspec.json.encode(
        {"time": FIRST_MS + 5000 * poll, "electricity": values}
    )


def session(port: int, name: str) -> aiomqtt.Client:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 3600, 5000
    version = aiomqtt.ProtocolVersion.V5
    return aiomqtt.Client(
        "127.0.0.1", port, identifier=name, protocol=version, clean_start=False, properties=properties
    )


async def subscribe(port: int, *names: str) -> None:
    for name in names:
        async with session(port, name) as client:
            await client.subscribe("park/+/state", qos=1)


async def bare(port: int) -> None:
    received = 0
    async with session(port, "bare") as client:
        async for _ in client.messages:
            received += 1
            if received == MESSAGES:
                return


async def ours(port: int, writer: Writer, template: Template) -> None:
    url = f"mqtt://127.0.0.1:{port}?version=5&client=ours"
    source = MqttSource(kind="mqtt", code="bench", url=url, topic="park/{meter}/state")
    meters: list[Any] = [
        SimpleNamespace(code=f"m{n}", source="bench", device="d", address=None) for n in range(METERS)
    ]
    collector = open_collector(source, meters, {"d": template}, time.time)
    assert collector
    pipeline = Pipeline(writer, writers=2)
    tasks = [asyncio.create_task(pipeline.run()), asyncio.create_task(collector.run(pipeline))]
    while collector.health.line.reads < MESSAGES:  # another task does the work
        await asyncio.sleep(0.005)
        assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def seconds(action: Callable[[], Awaitable[None]]) -> float:
    async def run() -> None:
        await action()

    start = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - start


def rounds(url: str, port: int) -> Iterator[tuple[float, float]]:
    template = read_template(yaml.safe_load(TEMPLATE.read_text(encoding="utf-8")))
    opened = Database.open(url)
    writer = Writer.open(opened)
    for number in range(ROUNDS):
        asyncio.run(subscribe(port, "bare", "ours"))
        produce(port, number * MESSAGES)
        received = seconds(lambda: bare(port))
        committed = seconds(lambda: ours(port, writer, template))
        with psycopg.connect(url) as conn:
            (rows,) = conn.execute("select count(*) from reading").fetchone() or (0,)
            assert rows == (number + 1) * MESSAGES, rows
        yield committed, received
    writer.close()
    opened.close()


def measure() -> Iterator[Measure]:
    with database() as url, broker() as port:
        migrate(url)
        with psycopg.connect(url) as conn:
            conn.execute(METERS_MADE, [METERS])
        taken = list(zip(*rounds(url, port), strict=True))
    committed, received = (MESSAGES / statistics.median(each) for each in taken)
    what = "aiomqtt alone, the same 20 values at QoS 1, not decoded; ours decodes, commits, then acknowledges"
    yield Measure("mqtt", committed, received, "messages/s", what)


if __name__ == "__main__":
    asyncio.run(publish(int(sys.argv[1]), int(sys.argv[2])))
