"""Traps met in the field: a folder each with the template, the bytes on the wire and what must come of them.

`wire.txt` of a polled device holds what it sends: `TTTT` stands for the number of a Modbus request, `-` for
silence, `x` for a connection that is cut. A line answers the next request, or, after `unit function start
count =`, that question alone; of several lines for one question the last one holds. That of an MQTT case
holds the payload.

`units` are several meters of one line, `polls` is how often it is polled, a minute apart; in the polls
`store_away` nothing can be written, and `room` is for how many rows that wait.
"""

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from listening import listening

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.errors import PayloadError, StoreUnavailable
from ingest.json_device import JsonDevice
from ingest.kinds import read_source, read_template
from ingest.pace import Pace
from ingest.payload import PayloadReader
from ingest.polling import Poller
from ingest.template import Template

_CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir())
_NOW = 1_795_332_660.0
_POLL_S = 60.0
_PATIENCE_S = 30.0
_HEAD = {"code": "case", "name": {"en": "Case", "zh": "案例"}, "source": "a trap"}


def _documents(case: Path) -> tuple[dict[str, Any], str, dict[str, Any]]:
    config = yaml.safe_load((case / "config.yaml").read_text(encoding="utf-8"))
    expected = yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8"))
    return config, (case / "wire.txt").read_text(encoding="utf-8"), expected


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    config, wire, expected = _documents(case)
    run = _Run(config, wire)
    device = read_template({**_HEAD, **config})
    if isinstance(device, JsonDevice):
        assert _read_payload(device, wire.strip().encode()) == expected
        return
    found = asyncio.run(run.of(device))
    wanted = {"failure": None, **expected}
    assert {name: found[name] for name in wanted} == wanted


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
    """The other end of the line."""

    def __init__(self, wire: str) -> None:
        self.asked: list[bytes] = []
        self.surprises: list[str] = []
        self._in_turn: list[str] = []
        self._by_question: defaultdict[bytes, list[str]] = defaultdict(list)
        lines = (line.split("#")[0].strip() for line in wire.splitlines())
        for question, of_its_own, answer in (line.rpartition("=") for line in lines if line):
            self._listed(bytes.fromhex(question), of_its_own).append(answer.strip())

    def _listed(self, question: bytes, of_its_own: str) -> list[str]:
        return self._by_question[question] if of_its_own else self._in_turn

    def _answer(self, request: bytes) -> str:
        tcp = request[2:6] == b"\0\0\0\6"
        question = request[6:] if tcp else request[:-2]
        self.asked.append(question)
        lines = self._by_question.get(question)
        if lines:
            return lines.pop(0) if lines[1:] else lines[0]
        if self._in_turn:
            return self._in_turn.pop(0)
        self.surprises.append(request.hex(" "))
        return "x"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(300):
            answer = self._answer(request)
            if answer == "x":
                break
            if answer != "-":
                writer.write(bytes.fromhex(answer.replace("TTTT", request[:2].hex())))


class _Keeping:
    """By meter and minute the values that came, in the order of their coming."""

    def __init__(self) -> None:
        self.away = False
        self.rows: defaultdict[str, dict[int, dict[str, float]]] = defaultdict(dict)

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if self.away:
            raise StoreUnavailable("away")
        for meter, time, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
            rows = self.rows[batch.meters[meter]]
            minute = round((time / 1e6 - _NOW) / _POLL_S)
            assert minute not in rows, "written twice"
            rows[minute] = _shown(batch.quantities, values)
        return np.zeros(len(batch), np.uint8)


class _Run:
    """What is done to a polled line; takes its own words out of the template's."""

    def __init__(self, config: dict[str, Any], wire: str) -> None:
        self.units: dict[str, Any] = config.pop("units", None) or {"M": config.pop("address", 1)}
        self.polls: int = config.pop("polls", 1)
        self.store_away: list[int] = config.pop("store_away", [])
        self.room: int | None = config.pop("room", None)
        self.way = {"retries": config.pop("retries", 0)}
        self.way |= {key: config.pop(key) for key in ("framing",) if key in config}
        self.player = _Player(wire)
        self.sink = _Keeping()
        self.poll = 0

    async def of(self, device: Template) -> dict[str, Any]:
        async with listening(self.player.serve) as port:
            collector = self._collector(device, port)
            drain = asyncio.create_task(collector._backlog.drain(self.sink))
            polled = [await self._polled(collector) for self.poll in range(self.polls)]
            drain.cancel()
            collector.close()
        assert self.player.surprises == [], "questions that the case does not know"
        return self._found(collector, polled)

    def _collector(self, device: Template, port: int) -> Poller[Any]:
        way = {"kind": device.protocol, "code": "case", "host": "127.0.0.1", "port": port, **self.way}
        source = read_source({**way, "poll_s": _POLL_S, "timeout_s": _PATIENCE_S, "pause_s": 0})
        meters = [
            SimpleNamespace(code=code, source="case", device="case", address=address, pace=Pace())
            for code, address in self.units.items()
        ]
        collector = open_collector(source, meters, {"case": device}, lambda: _NOW + self.poll * _POLL_S)
        assert isinstance(collector, Poller)
        if self.room is not None:
            collector._backlog._max_rows = self.room
        return collector

    async def _polled(self, collector: Poller[Any]) -> dict[str, list[str]]:
        """The meters that fail now, and those that answer in part."""
        self.sink.away = self.poll in self.store_away
        await collector.poll()
        await asyncio.sleep(_POLL_S)
        async with asyncio.timeout(_POLL_S):
            while collector.health.waiting and not self.sink.away:  # noqa: ASYNC110  # another task empties it
                await asyncio.sleep(0.005)
        meters = collector.health.meters.items()
        return {
            state: [code for code, meter in meters if getattr(meter, state)]
            for state in ("failing", "incomplete")
        }

    def _found(self, collector: Poller[Any], polled: list[dict[str, list[str]]]) -> dict[str, Any]:
        health = collector.health
        gap = None if health.gap is None else [round((at - _NOW) / _POLL_S) for at in health.gap]
        first = next(iter(health.meters.values()))
        return {
            "values": next((row for rows in self.sink.rows.values() for row in rows.values()), {}),
            "failure": first.last_error or None,
            "rows": dict(self.sink.rows),
            "reads": {code: len(self.sink.rows[code]) for code in self.units},
            "failing": {
                code: [i for i, it in enumerate(polled) if code in it["failing"]] for code in self.units
            },
            "incomplete": {
                code: [i for i, it in enumerate(polled) if code in it["incomplete"]] for code in self.units
            },
            "requests": dict(Counter(question[0] for question in self.player.asked)),
            "lost": {"rows": health.lost, "minutes": gap},
        }


def _shown(quantities: tuple[str, ...], values: Any) -> dict[str, float]:
    return {q: float(v) for q, v in zip(quantities, values, strict=True) if not np.isnan(v)}
