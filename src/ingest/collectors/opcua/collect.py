"""From what a server reports of its nodes to batches: each value in a row at its own time."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from ingest.backlog import Backlog
from ingest.batch import Batch, Sink, numbered
from ingest.collector import Clock
from ingest.collectors.opcua.session import Session, session
from ingest.collectors.opcua.source import OpcUaSource
from ingest.collectors.opcua.tag import DataValue, Tag
from ingest.errors import PayloadError, UnitRefuses
from ingest.health import SourceHealth

_GATHER_S = 0.1
_Row = tuple[str, int]
_Values = dict[str, float]


class OpcUaCollector:
    """Subscribes to the nodes of one server; what it does not vouch for is no value."""

    def __init__(self, source: OpcUaSource, tags: Sequence[Tag], meters: Iterable[str], clock: Clock) -> None:
        self.health = SourceHealth.of(source.code, source.kind, meters)
        self._source = source
        self._clock = clock
        self._backlog = Backlog(self.health)
        self._tags: defaultdict[str, list[Tag]] = defaultdict(list)
        for tag in tags:
            self._tags[tag.node].append(tag)
        self._asked = Counter(tag.meter for tag in tags)
        self._heard: list[tuple[str, DataValue]] = []
        self._arrival = asyncio.Event()
        self._doubted: dict[str, dict[str, PayloadError | UnitRefuses]] = defaultdict(dict)
        """What is wrong with a meter's values now, by place."""

    async def run(self, sink: Sink) -> None:
        """One connection's life. Raises SourceError when it ends."""
        async with session(self._source, os.environ) as connection, asyncio.TaskGroup() as tasks:
            self._doubted.clear()
            refused = await connection.subscribe(self._tags, self._hear)
            self.health.line.succeeded(self._clock(), reads=0)
            self._note_refusals(refused)
            tasks.create_task(self._backlog.drain(sink))
            tasks.create_task(self._gather())
            tasks.create_task(self._refresh(connection))
            await connection.hold()

    def _hear(self, node: str, said: DataValue) -> None:
        self._heard.append((node, said))
        self._arrival.set()

    async def _gather(self) -> None:
        while True:
            await self._arrival.wait()
            await asyncio.sleep(_GATHER_S)
            self._arrival.clear()
            self.take()

    async def _refresh(self, connection: Session) -> None:
        while True:
            await asyncio.sleep(self._source.refresh_s)
            said = await connection.read(self._tags)
            self._take(said.items(), round(self._clock() * 1e6))

    def take(self) -> None:
        """Puts everything heard so far into the backlog."""
        heard, self._heard = self._heard, []
        self._take(heard)

    def _take(self, heard: Collection[tuple[str, DataValue]], at_us: int | None = None) -> None:
        """`at_us` is the row's time where all were asked at once."""
        now, rows = self._clock(), defaultdict[_Row, _Values](dict)
        for node, said in heard:
            for tag in self._tags[node]:
                self._take_one(tag, said, rows, at_us)
        for batch in _batches(self._source.code, rows):
            self._backlog.put(batch)
        self.health.line.succeeded(now, reads=len(heard))

    def _take_one(self, tag: Tag, said: DataValue, rows: Mapping[_Row, _Values], at_us: int | None) -> None:
        now, health, doubted = self._clock(), self.health.meters[tag.meter], self._doubted[tag.meter]
        try:
            number, time_us = tag.number(said), at_us or tag.time_us(said, now)
        except PayloadError as error:
            doubted[tag.place] = error
            self.health.refuse(now, f"meter {tag.meter}", str(error), "")
            if len(doubted) < self._asked[tag.meter]:
                health.succeeded_in_part(now, error)
            else:
                health.failed(now, error)
            return
        doubted.pop(tag.place, None)
        if not np.isnan(number):
            rows[tag.meter, time_us][tag.quantity] = number
        if doubted:
            health.succeeded_in_part(now, next(iter(doubted.values())))
        else:
            health.succeeded(now)

    def _note_refusals(self, refused: Mapping[str, str]) -> None:
        for node, reason in refused.items():
            for tag in self._tags[node]:
                error = UnitRefuses(f"{tag.place}: the server refuses: {reason}")
                self._doubted[tag.meter][tag.place] = error
                self.health.meters[tag.meter].failed(self._clock(), error)


def _batches(source: str, rows: Mapping[_Row, _Values]) -> list[Batch]:
    """One for each set of quantities that came together."""
    alike: defaultdict[tuple[str, ...], list[tuple[_Row, _Values]]] = defaultdict(list)
    for row, values in rows.items():
        alike[tuple(values)].append((row, values))
    return [_batch(source, quantities, found) for quantities, found in alike.items()]


def _batch(source: str, quantities: tuple[str, ...], found: Sequence[tuple[_Row, _Values]]) -> Batch:
    return Batch(
        source,
        *numbered([meter for (meter, _), _ in found]),
        np.array([time_us for (_, time_us), _ in found], np.int64),
        quantities,
        np.array([list(values.values()) for _, values in found]),
    )
