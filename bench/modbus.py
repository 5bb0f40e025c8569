"""Reading 100 registers a unit over Modbus TCP, decoded into rows, beside pymodbus' client alone."""

import asyncio
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymodbus.client import AsyncModbusTcpClient

from accounting.quantity import CATALOGUE
from bench.measure import Measure, in_turn
from ingest.batch import Batch
from ingest.collectors.modbus import Line, ModbusCollector, ModbusSource, Recipe, Unit
from ingest.device import Device
from ingest.kinds import read_template

READS = 2000
UNITS = 200
WORDS = 100


class Null:
    """A sink that counts."""

    rows = 0

    async def write(self, batch: Batch) -> NDArray[np.uint8]:
        self.rows += len(batch)
        return np.zeros(len(batch), np.uint8)


def template() -> Device:
    registers = [
        {"address": 2 * i, "type": "float32", "quantity": name, "unit": CATALOGUE[name].unit}
        for i, name in enumerate(list(CATALOGUE)[: WORDS // 2])
    ]
    head = {"code": "bench", "name": {"en": "Bench", "zh": "基准"}, "source": "a benchmark"}
    device = read_template({**head, "protocol": "modbus", "registers": registers})
    assert isinstance(device, Device)
    return device


async def ours(port: int, recipe: Recipe) -> None:
    source = ModbusSource(kind="modbus", code="bench", host="127.0.0.1", port=port, poll_s=3600, retries=0)
    units = [Unit(f"M{n}", n + 1, recipe, source.timing) for n in range(UNITS)]
    line = Line(source)
    collector = ModbusCollector(source, line, units, time.time)
    sink = Null()
    drain = asyncio.create_task(collector._backlog.drain(sink))  # noqa: SLF001  # without the rhythm of the polls
    for _ in range(READS // UNITS):
        await collector.poll()
    while collector.health.waiting:  # noqa: ASYNC110  # another task empties it
        await asyncio.sleep(0.01)
    drain.cancel()
    line.close()
    await asyncio.sleep(0)
    assert sink.rows == READS


async def bare(port: int) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    for n in range(READS):
        answer = await client.read_holding_registers(0, count=WORDS, device_id=n % UNITS + 1)
        assert len(answer.registers) == WORDS
    client.close()
    await asyncio.sleep(0)


@contextmanager
def server() -> Iterator[int]:
    """A device of raw bytes in a process of its own."""
    command = [sys.executable, "-m", "bench.modbus"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def measure() -> Iterator[Measure]:
    recipe = Recipe(template())
    with server() as port:
        taken = in_turn(lambda: asyncio.run(ours(port, recipe)), lambda: asyncio.run(bare(port)))
    yield Measure(
        "modbus",
        READS / taken[0],
        READS / taken[1],
        "reads/s/core",
        f"pymodbus async client, {WORDS} registers a read, not decoded; ours polls, decodes, batches",
    )


async def play() -> None:
    words = struct.pack(f">{WORDS // 2}f", *(float(n) for n in range(WORDS // 2)))
    tail = struct.pack(">BB", 3, len(words)) + words

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(12):
            writer.write(request[:4] + struct.pack(">H", len(tail) + 1) + request[6:7] + tail)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(play())
