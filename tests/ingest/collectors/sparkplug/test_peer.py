"""An edge node of the npm package sparkplug-client, beside our collector on a real broker."""

import asyncio
import json
import secrets
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.collectors.sparkplug.source import SparkplugSource
from ingest.collectors.sparkplug.template import SparkplugDevice

pytestmark = pytest.mark.broker
_PEERS = Path(__file__).parents[3] / "peers"
_DAY_MS = 86_400_000
_REBIRTH = {"event": "command", "metrics": [{"name": "Node Control/Rebirth", "value": True}]}


class Keeping:
    def __init__(self) -> None:
        self.rows: list[tuple[str, int, dict[str, float]]] = []

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        for meter, at, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
            shown = {q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)}
            self.rows.append((batch.meters[meter], int(at) // 1000, shown))
        return np.zeros(len(batch), np.uint8)

    def of(self, meter: str) -> list[tuple[int, dict[str, float]]]:
        return [(at, shown) for code, at, shown in self.rows if code == meter]


class Edge:
    """The other program: what it says, and what it is told."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def says(self, wanted: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self._process.stdout.readline():
                said: dict[str, Any] = json.loads(line)
                if said["event"] == wanted:
                    return said
        pytest.fail("the edge node ended")

    async def tell(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()

    async def data(self, at: int, *metrics: dict[str, Any]) -> None:
        await self.tell(do="data", device="meter-1", payload={"timestamp": at, "metrics": list(metrics)})


@asynccontextmanager
async def edge_node(node: str, config: dict[str, Any]) -> AsyncIterator[Edge]:
    command = [node, str(_PEERS / "sparkplug_edge.cjs"), json.dumps(config)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        edge = Edge(process)
        await edge.says("born")
        yield edge
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 60)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # another task does the work
            await asyncio.sleep(0.01)


def _metric(name: str, alias: int, kind: str, value: float | None, **rest: Any) -> dict[str, Any]:
    return {"name": name, "alias": alias, "type": kind, "value": value, **rest}


@pytest.fixture
def device(sparkplug: Callable[..., SparkplugDevice]) -> SparkplugDevice:
    return sparkplug(
        {"metric": "Power/Active", "quantity": "active_power", "unit": "W"},
        {"metric": "Energy/Import", "quantity": "energy_import", "unit": "kWh"},
        {"metric": "Power/Reactive", "quantity": "reactive_power", "unit": "var"},
    )


def test_a_node_of_another_maker(broker_url: str, node: str, device: SparkplugDevice) -> None:
    group, at = f"g{secrets.token_hex(4)}", int(time.time() * 1000) - 10_000
    births = [
        _metric("Power/Active", 1, "Float", 1500.5, properties={"engUnit": {"type": "String", "value": "W"}}),
        _metric("Energy/Import", 2, "Double", 12345.678),
        _metric("Power/Reactive", 3, "Int16", -250),
        _metric("Table", 4, "Boolean", value=True),
    ]
    config = {
        "url": broker_url,
        "group": group,
        "edge": "gw",
        "node": [_metric("Power/Active", 9, "Float", 7.0, timestamp=at)],
        "devices": {"meter-1": [{**metric, "timestamp": at} for metric in births]},
    }
    source = SparkplugSource(kind="sparkplug", code="spb", url=broker_url)
    meters = [
        SimpleNamespace(code="M", source="spb", device="t", address=f"{group}/gw/meter-1"),
        SimpleNamespace(code="GW", source="spb", device="t", address=f"{group}/gw"),
    ]
    later = 0.0
    collector = open_collector(source, meters, {"t": device}, lambda: time.time() + later)
    assert collector is not None
    sink = Keeping()

    async def scenario() -> None:
        nonlocal later
        async with edge_node(node, config) as edge:
            task = asyncio.create_task(collector.run(sink))
            assert await edge.says("command") == _REBIRTH
            await until(lambda: bool(sink.of("M")))
            first = {"active_power": 1.5005, "energy_import": 12345.678, "reactive_power": -0.25}
            assert sink.of("M") == [(at, pytest.approx(first, rel=1e-6))]
            assert sink.of("GW") == [(at, {"active_power": pytest.approx(0.007)})]

            await edge.data(
                at + 1000,
                {"alias": 1, "type": "Float", "value": 1600.0, "timestamp": at + 900},
                {"alias": 2, "type": "Double", "value": 12346.5, "timestamp": at + 900},
            )
            old = {
                "alias": 3,
                "type": "Int16",
                "value": -300,
                "timestamp": at - _DAY_MS,
                "isHistorical": True,
            }
            await edge.data(at + 2000, old, {"alias": 1, "type": "Float", "value": None})
            await until(lambda: len(sink.of("M")) == 3)
            assert sink.of("M")[1:] == [
                (at + 900, {"active_power": 1.6, "energy_import": 12346.5}),
                (at - _DAY_MS, {"reactive_power": -0.3}),
            ]

            later = 61.0
            await edge.tell(do="again")
            await edge.data(at + 3000, {"alias": 1, "type": "Float", "value": 1.0})
            await until(lambda: len(sink.of("M")) == 4)
            await edge.tell(do="skip")
            await edge.data(at + 4000, {"alias": 1, "type": "Float", "value": 2.0})
            assert await edge.says("command") == _REBIRTH
            await edge.says("born")
            await until(lambda: (at + 4000, {"active_power": 0.002}) in sink.of("M"))

            await edge.tell(do="death", device="meter-1")
            await until(lambda: collector.health.meters["M"].failing)
            assert not collector.health.meters["GW"].failing
            await edge.tell(do="stop")
            await until(lambda: collector.health.meters["GW"].failing)
            assert collector.health.meters["GW"].last_error == f"{group}/gw says that it is gone"
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
    assert collector.health.refused == 0
