"""Traps met in the field: a folder each with the template, the bytes on the wire and what must come of them.

`wire.txt` of a polled device holds what it sends to each request in turn: `TTTT` stands for the number of a
Modbus request, `-` for silence. That of an MQTT case holds the payload.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.errors import PayloadError
from ingest.json_device import JsonDevice
from ingest.kinds import read_source, read_template
from ingest.pace import Pace
from ingest.payload import PayloadReader
from ingest.polling import Poller
from ingest.template import Template

_CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir())
_NOW = 1_795_332_660.0
_WAY = {"poll_s": 60, "timeout_s": 1.0, "pause_s": 0}
_HEAD = {"code": "case", "name": {"en": "Case", "zh": "案例"}, "source": "a trap"}


def _documents(case: Path) -> tuple[dict[str, Any], str, dict[str, Any]]:
    config = yaml.safe_load((case / "config.yaml").read_text(encoding="utf-8"))
    expected = yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8"))
    return config, (case / "wire.txt").read_text(encoding="utf-8"), expected


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    config, wire, expected = _documents(case)
    address, options = config.pop("address", 1), {"retries": config.pop("retries", 0)}
    options |= {key: config.pop(key) for key in ("framing",) if key in config}
    device = read_template({**_HEAD, **config})
    if isinstance(device, JsonDevice):
        assert _read_payload(device, wire.strip().encode()) == expected
    else:
        assert asyncio.run(_poll(device, wire, address, options)) == {"failure": None, **expected}


def _read_payload(device: JsonDevice, payload: bytes) -> dict[str, Any]:
    try:
        reading = PayloadReader(device).read(payload, _NOW)
    except PayloadError as error:
        return {"error": str(error)}
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=reading.time_us)
    found: dict[str, Any] = {"time": moment, "values": _shown(device.quantities, reading.values)}
    if reading.complaints:
        found["complaints"] = [str(one) for one in reading.complaints]
    return found


class _Player:
    """Sends the recorded answers, one to each request."""

    def __init__(self, wire: str) -> None:
        lines = (line.split("#")[0].strip() for line in wire.splitlines())
        self._answers: Iterator[str] = iter([line for line in lines if line])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(300):
            answer = next(self._answers)
            if answer != "-":
                writer.write(bytes.fromhex(answer.replace("TTTT", request[:2].hex())))
        writer.close()


class _Keeping:
    values: dict[str, float] | None = None

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        self.values = _shown(batch.quantities, batch.values[0])
        return np.zeros(len(batch), np.uint8)


async def _poll(device: Template, wire: str, address: object, options: dict[str, Any]) -> dict[str, Any]:
    server = await asyncio.start_server(_Player(wire).serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        way = {"kind": device.protocol, "code": "case", "host": "127.0.0.1", "port": port, **_WAY, **options}
        meter = SimpleNamespace(code="M", source="case", device="case", address=address, pace=Pace())
        collector = open_collector(read_source(way), [meter], {"case": device}, lambda: _NOW)
        assert isinstance(collector, Poller)
        sink = _Keeping()
        await collector.poll()
        drain = asyncio.create_task(collector._backlog.drain(sink))
        async with asyncio.timeout(5):
            while collector.health.waiting:  # noqa: ASYNC110  # another task empties it
                await asyncio.sleep(0.005)
        drain.cancel()
        collector.close()
        await asyncio.sleep(0.01)
    return {"values": sink.values or {}, "failure": collector.health.meters["M"].last_error or None}


def _shown(quantities: tuple[str, ...], values: Any) -> dict[str, float]:  # noqa: ANN401
    return {q: float(v) for q, v in zip(quantities, values, strict=True) if not np.isnan(v)}
