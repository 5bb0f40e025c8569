"""Modbus TCP from the wire to committed rows, beside pymodbus' client alone; ten thousand meters."""

import asyncio
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from pymodbus.client import AsyncModbusTcpClient

from accounting.quantity import CATALOGUE
from bench.measure import ROUNDS, Measure
from bench.write import METERS_MADE, database
from ingest.collector import open_collector
from ingest.collectors.modbus import Line, ModbusCollector, ModbusSource, Recipe, Unit
from ingest.device import Device
from ingest.kinds import read_template
from ingest.pace import Pace
from ingest.pipeline import Pipeline
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

READS = 10_000
UNITS = 200
WORDS = 100
VALUES = 20
GATEWAYS = 50
METERS = 10_000
POLL_S = 10.0
POLLS = 3
HALF_A_CORE = 0.5


def template() -> Device:
    """Twenty values among a hundred registers, read in one block."""
    registers = [
        {
            "address": round(n * (WORDS - 2) / (VALUES - 1)),
            "type": "float32",
            "quantity": name,
            "unit": CATALOGUE[name].unit,
        }
        for n, name in enumerate(list(CATALOGUE)[:VALUES])
    ]
    head = {"code": "bench", "name": {"en": "Bench", "zh": "基准"}, "source": "a benchmark"}
    device = read_template({**head, "protocol": "modbus", "registers": registers})
    assert isinstance(device, Device)
    return device


def source(code: str, port: int, poll_s: float = 3600) -> ModbusSource:
    told = {"kind": "modbus", "code": code, "host": "127.0.0.1", "port": port}
    return ModbusSource.model_validate({**told, "poll_s": poll_s, "timeout_s": 5})


@asynccontextmanager
async def pipeline(url: str) -> AsyncIterator[Pipeline]:
    db = Database.open(url)
    writer = Writer(db)
    writer.refresh()
    through = Pipeline(writer, writers=2)
    running = asyncio.create_task(through.run())
    await asyncio.sleep(0)
    try:
        yield through
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        db.close()


async def committed(url: str, port: int, recipe: Recipe) -> float:
    """Seconds from the first request to the commit of the last row."""
    place = source("bench", port)
    units = [Unit(f"m{n}", n + 1, recipe, place.timing) for n in range(UNITS)]
    async with pipeline(url) as sink:
        collector = ModbusCollector(place, Line(place), units, time.time)
        begun = time.perf_counter()
        drain = asyncio.create_task(collector._backlog.drain(sink))  # noqa: SLF001  # without the rhythm of the polls
        for _ in range(READS // UNITS):
            await collector.poll()
        while collector.health.waiting:  # noqa: ASYNC110  # another task empties it
            await asyncio.sleep(0.005)
        taken = time.perf_counter() - begun
        drain.cancel()
        collector.close()
        await asyncio.sleep(0)
    return taken


async def bare(port: int) -> float:
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    begun = time.perf_counter()
    for n in range(READS):
        answer = await client.read_holding_registers(0, count=WORDS, device_id=n % UNITS + 1)
        assert len(answer.registers) == WORDS
    taken = time.perf_counter() - begun
    client.close()
    await asyncio.sleep(0)
    return taken


async def park(url: str, ports: list[int]) -> tuple[float, int]:
    """Cores taken by all the meters of all the gateways, read and written, and how many polls were whole."""
    device, each, way = template(), METERS // GATEWAYS, {"device": "bench", "pace": Pace()}
    sources = [source(f"g{n}", port, POLL_S) for n, port in enumerate(ports)]
    meters = [
        SimpleNamespace(code=f"m{n}", source=f"g{n // each}", address=n % each + 1, **way)
        for n in range(METERS)
    ]
    opened = (open_collector(one, meters, {"bench": device}, time.time) for one in sources)
    collectors = [one for one in opened if one is not None]
    async with pipeline(url) as sink:
        running = asyncio.gather(*(one.run(sink) for one in collectors))
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(POLL_S * POLLS)
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return share, sum(one.health.line.reads for one in collectors)


@contextmanager
def server(count: int = 1) -> Iterator[list[int]]:
    """Devices of raw bytes in a process of their own, behind `count` ports."""
    command = [sys.executable, "-m", "bench.modbus", str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    try:
        yield [int(port) for port in process.stdout.readline().split()]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def rounds(url: str, port: int) -> Iterator[tuple[float, float]]:
    recipe = Recipe(template())
    with psycopg.connect(url, autocommit=True) as conn:
        for _ in range(ROUNDS + 1):
            conn.execute("truncate reading, latest, dirty, batch, seen")
            taken = asyncio.run(committed(url, port, recipe))
            assert conn.execute("select count(*) from reading").fetchone() == (READS,)
            yield taken, asyncio.run(bare(port))


def measure() -> Iterator[Measure]:
    with database() as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(METERS_MADE, [METERS - 1])
        with server() as (port,):
            ours, reference = zip(*list(rounds(url, port))[1:], strict=True)
        yield Measure(
            "modbus.committed",
            READS / statistics.median(ours),
            READS / statistics.median(reference),
            "reads/s",
            f"pymodbus' async client, {WORDS} registers a read, not decoded; ours to the commit",
        )
        with server(GATEWAYS) as ports:
            share, reads = asyncio.run(park(url, ports))
        with psycopg.connect(url) as conn:
            stored = _one(conn, "select count(*) from reading where time > now() - interval '1 minute'")
        assert stored >= METERS * (POLLS - 1), (stored, reads)
        yield Measure(
            "modbus.park",
            METERS * HALF_A_CORE / share,
            METERS,
            "meters at 10 s in half a core",
            f"the goal; {GATEWAYS} gateways, without the database; took {share:.3f} cores",
        )


def _one(conn: psycopg.Connection[Any], query: Any) -> int:  # noqa: ANN401
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _answering(tail: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(12):
            writer.write(request[:4] + struct.pack(">H", len(tail) + 1) + request[6:7] + tail)
        writer.close()

    return serve


async def play(count: int) -> None:
    words = struct.pack(f">{WORDS // 2}f", *(float(n) for n in range(WORDS // 2)))
    answering = _answering(struct.pack(">BB", 3, len(words)) + words)
    listening = [await asyncio.start_server(answering, "127.0.0.1", 0) for _ in range(count)]
    print(*(one.sockets[0].getsockname()[1] for one in listening), flush=True)
    await asyncio.gather(*(one.serve_forever() for one in listening))


if __name__ == "__main__":
    asyncio.run(play(int(sys.argv[1])))
