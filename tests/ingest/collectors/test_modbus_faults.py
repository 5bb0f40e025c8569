"""Modbus through a proxy that delays, drops, cuts, repeats, reorders and splits what the devices say."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import listening
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.batch import Batch
from ingest.collectors.modbus import Line, ModbusCollector, ModbusSource, Recipe, Unit
from ingest.device import Device, Table
from ingest.plan import Span

pytestmark = pytest.mark.usefixtures("patience")
PEERS = Path(__file__).parents[2] / "peers"
UNITS = (1, 2, 3, 4, 5, 6)
STARTS = {"voltage_l1": 10, "voltage_l2": 100, "voltage_l3": 200, "current_l1": 300}
FAULTS = ["late", "lost", "cut", "twice", "swapped", "split"]
BITS = {"production_count": ("coil", 1), "running_hours": ("discrete", 2)}


def word(unit: int, table: int, address: int) -> int:
    """As tests/peers/modbus_units.cjs has it."""
    return unit * 5000 + table * 1200 + address


def held(unit: int) -> dict[str, float]:
    values = {name: float(word(unit, 4 if name == "voltage_l3" else 3, at)) for name, at in STARTS.items()}
    return values | {name: float((unit + code + 7) % 3 == 0) for name, (_, code) in BITS.items()}


@pytest.fixture
def device(modbus: Callable[..., Device]) -> Device:
    """Four blocks of one length, and bits: a late answer to one would pass for another's."""
    words = [
        {
            "table": "input" if name == "voltage_l3" else "holding",
            "address": at,
            "type": "uint16",
            "quantity": name,
            "unit": "V" if "voltage" in name else "A",
        }
        for name, at in STARTS.items()
    ]
    bits = [
        {
            "table": table,
            "address": 7,
            "type": "bool",
            "quantity": name,
            "unit": "1" if "count" in name else "h",
        }
        for name, (table, _) in BITS.items()
    ]
    return modbus(*words, *bits)


class Turn:
    """How many answers of another process are missing on one connection."""

    def __init__(self) -> None:
        self._missing = 0
        self._clock: Any = getattr(asyncio.get_running_loop(), "clock", None)

    def theirs(self) -> None:
        self._missing += 1
        self._clock.awaited += 1

    def ours(self) -> None:
        if self._missing:
            self._missing -= 1
            self._clock.awaited -= 1

    def end(self) -> None:
        while self._missing:
            self.ours()


def frames(buffer: bytes, framing: str) -> tuple[list[bytes], bytes]:
    """The whole frames and what is left; on RTU, where one is under way, what comes together is one."""
    if framing == "rtu":
        return [buffer], b""
    found = []
    while len(buffer) >= 6 and len(buffer) >= (end := 6 + int.from_bytes(buffer[4:6], "big")):
        found.append(buffer[:end])
        buffer = buffer[end:]
    return found, buffer


class Proxy:
    """Passes requests on as they are, and keeps their function codes; answers meet a fault now and then."""

    def __init__(
        self, port: int, seed: int, framing: str, kinds: Sequence[str], *, faulty: float = 0.25
    ) -> None:
        self.codes: set[int] = set()
        self.faults = 0
        self._port = port
        self._framing = framing
        self._kinds = kinds
        self._faulty = faulty
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._port)
        turn = Turn()
        back = asyncio.create_task(self._answers(theirs, writer, turn))
        try:
            async for request in self._frames(reader):
                self.codes.add(request[7 if self._framing == "tcp" else 1])
                if self._framing == "tcp":  # of another process, for whose answer time waits
                    turn.theirs()
                ours.write(request)
        finally:
            turn.end()
            back.cancel()
            ours.close()

    async def _frames(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        rest = b""
        with suppress(ConnectionError):
            while came := await reader.read(4096):
                found, rest = frames(rest + came, self._framing)
                for frame in found:
                    yield frame

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: Turn) -> None:
        held_back = b""
        async for answer in self._frames(reader):
            turn.ours()
            if self._random.random() > self._faulty:
                writer.write(answer + held_back)
                held_back = b""
                continue
            self.faults += 1
            held_back += await self._spoil(answer, writer)
        writer.close()

    async def _spoil(self, answer: bytes, writer: asyncio.StreamWriter) -> bytes:
        """What comes after the next answer."""
        kind = self._random.choice(self._kinds)
        if kind == "late":
            later = asyncio.create_task(self._later(answer, writer))
            self._tasks.add(later)
            later.add_done_callback(self._tasks.discard)
        elif kind == "cut":
            writer.write(answer[: self._random.randrange(1, len(answer))])
        elif kind == "twice":
            writer.write(answer + answer)
        elif kind == "split":
            for byte in answer:
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
        return answer if kind == "swapped" else b""

    async def _later(self, answer: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._random.uniform(0.02, 0.4))
        with suppress(ConnectionError):
            writer.write(answer)


class Keeping:
    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, float]]] = []

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        for meter, values in zip(batch.row_meter, batch.values, strict=True):
            shown = {q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)}
            self.rows.append((batch.meters[meter], shown))
        return np.zeros(len(batch), np.uint8)


async def polled(
    port: int, device: Device, seed: int, framing: str = "tcp", in_flight: int = 1
) -> tuple[Proxy, Keeping]:
    proxy = Proxy(port, seed, framing, FAULTS)
    async with listening(proxy.serve) as at:
        source = ModbusSource(
            kind="modbus",
            code="gw",
            host="127.0.0.1",
            port=at,
            framing=framing,
            in_flight=in_flight,
            timeout_s=0.15,
            poll_s=0.05,
        )
        units = [Unit(f"M{unit}", unit, Recipe(device), source.timing) for unit in UNITS]
        one, sink = ModbusCollector(source, Line(source), units, lambda: 1e9), Keeping()
        drain = asyncio.create_task(one._backlog.drain(sink))
        for _ in range(8):
            await one.poll()
        async with asyncio.timeout(60):
            while one.health.waiting:  # noqa: ASYNC110  # another task empties it
                await asyncio.sleep(0.01)
        drain.cancel()
        one.close()
    return proxy, sink


def judge(runs: list[tuple[Proxy, Keeping]]) -> None:
    """Each value is what the device held, or is not there."""
    expected = {f"M{unit}": held(unit) for unit in UNITS}
    rows = list(itertools.chain.from_iterable(sink.rows for _, sink in runs))
    wrong = [
        (meter, name, value)
        for meter, values in rows
        for name, value in values.items()
        if value != expected[meter][name]
    ]
    assert wrong == []
    assert {meter for meter, _ in rows} == expected.keys()
    assert any(values == expected[meter] for meter, values in rows)
    assert all(proxy.faults > 0 for proxy, _ in runs)
    assert set().union(*(proxy.codes for proxy, _ in runs)) == {1, 2, 3, 4}


@asynccontextmanager
async def node_units(node: str, **place: object) -> AsyncIterator[None]:
    """modbus-serial playing every unit id."""
    process = await asyncio.create_subprocess_exec(
        node,
        str(PEERS / "modbus_units.cjs"),
        json.dumps({**place, "units": UNITS}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield
    finally:
        await process.communicate(b"")  # its input ends, and so does it


@pytest.mark.parametrize("in_flight", [1, 4])
def test_tcp_of_modbus_serial(
    node: str, device: Device, free_port: Callable[[], int], in_flight: int
) -> None:
    port = free_port()

    async def scenario() -> list[tuple[Proxy, Keeping]]:
        async with node_units(node, host="127.0.0.1", port=port):
            return [await polled(port, device, seed, in_flight=in_flight) for seed in range(4)]

    judge(asyncio.run(scenario()))


def _blocks(unit: int) -> tuple[list[SimData], ...]:
    def registers(table: int) -> list[SimData]:
        values = [word(unit, table, at) for at in range(400)]
        return [SimData(0, values=values, datatype=DataType.REGISTERS)]

    def bits(table: int) -> list[SimData]:
        values = [(unit + table + at) % 3 == 0 for at in range(16)]
        return [SimData(0, values=values, datatype=DataType.BITS)]

    return bits(1), bits(2), registers(3), registers(4)


def test_rtu_of_pymodbus_over_tcp(device: Device, free_port: Callable[[], int]) -> None:
    port = free_port()

    async def scenario() -> list[tuple[Proxy, Keeping]]:
        units = [SimDevice(unit, _blocks(unit)) for unit in UNITS]  # type: ignore[arg-type]
        server = ModbusTcpServer(units, framer=FramerType.RTU, address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        runs = [await polled(port, device, seed, "rtu") for seed in range(4)]
        with suppress(asyncio.CancelledError):
            await server.shutdown()
        return runs

    judge(asyncio.run(scenario()))


def test_serial_of_modbus_serial(node: str, wire: tuple[str, str]) -> None:
    ours, theirs = wire

    async def scenario() -> None:
        async with node_units(node, path=theirs):
            source = ModbusSource(kind="modbus", code="line", serial=ours, timeout_s=60)
            line = Line(source)
            words = await line.read(1, Span(Table.HOLDING, 10, 60))
            assert list(words) == [word(1, 3, at) for at in range(10, 70)]
            bits = await line.read(1, Span(Table.COIL, 3, 11))
            assert list(bits) == [(1 + 1 + at) % 3 == 0 for at in range(3, 14)]
            line.close()
            await asyncio.sleep(0)

    asyncio.run(scenario())
