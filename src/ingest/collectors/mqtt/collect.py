"""From a window of messages to batches, and back to their acknowledgement."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from aiomqtt import Message

from ingest.batch import Batch, Sink
from ingest.collector import Clock
from ingest.collectors.mqtt.broker import Broker, session
from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import PayloadError, StoreUnavailable
from ingest.health import SourceHealth
from ingest.payload import PayloadReader, Reading

_WINDOW = 2_000
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 10.0
_Rows = dict[PayloadReader, list[tuple[str, Reading]]]


class MqttCollector:
    """Subscribes to one broker; acknowledges a message when its reading is durable, or refused for good."""

    def __init__(
        self,
        source: str,
        broker: Broker,
        pattern: Pattern,
        meters: Mapping[str, tuple[str, PayloadReader]],
        clock: Clock,
    ) -> None:
        """`meters`: code and payload reader by the address that stands in a topic."""
        self.health = SourceHealth.of(source, "mqtt", [code for code, _ in meters.values()])
        self._source = source
        self._broker = broker
        self._pattern = pattern
        self._meters = meters
        self._clock = clock

    async def run(self, sink: Sink) -> None:
        """One connection's life. Raises SourceError when it ends."""
        async with session(self._broker, self._pattern.filter) as connection:
            self.health.line.succeeded(self._clock(), reads=0)
            while True:
                window = await connection.window(_WINDOW)
                await self._store(sink, self._read(window))
                connection.acknowledge(window)
                self.health.line.succeeded(self._clock(), reads=len(window))
                self.health.lost += connection.take_dropped()

    def _read(self, window: Sequence[Message]) -> list[Batch]:
        rows: _Rows = defaultdict(list)
        now = self._clock()
        for message in window:
            self._read_one(message, now, rows)
        return [self._batch(reader, found) for reader, found in rows.items()]

    def _read_one(self, message: Message, now: float, rows: _Rows) -> None:
        topic, payload = message.topic.value, as_bytes(message.payload)
        code, reader = self._meters.get(self._pattern.meter(topic) or "", (None, None))
        if code is None or reader is None:
            self.health.refuse(now, topic, "no meter has this address", payload)
            return
        if message.retain and not reader.dated:
            return
        try:
            reading = reader.read(payload, now)
        except PayloadError as error:
            self.health.refuse(now, topic, str(error), payload)
            self.health.meters[code].failed(now, error)
            return
        for complaint in reading.complaints:
            self.health.refuse(now, topic, str(complaint), payload)
        self.health.meters[code].succeeded(now)
        rows[reader].append((code, reading))

    def _batch(self, reader: PayloadReader, found: list[tuple[str, Reading]]) -> Batch:
        codes = {code: i for i, code in enumerate(dict.fromkeys(code for code, _ in found))}
        values = np.stack([reading.values for _, reading in found])
        filled = np.flatnonzero(~np.isnan(values).all(axis=0))
        return Batch(
            self._source,
            tuple(codes),
            np.array([codes[code] for code, _ in found], np.int32),
            np.array([reading.time_us for _, reading in found], np.int64),
            tuple(reader.quantities[column] for column in filled),
            values[:, filled],
        )

    async def _store(self, sink: Sink, batches: Sequence[Batch]) -> None:
        """Returns once all are durable, however long that takes: the broker keeps what follows."""
        pause = _FIRST_PAUSE_S
        self.health.waiting = sum(map(len, batches))
        while True:
            try:
                await asyncio.gather(*map(sink.write, batches))
            except StoreUnavailable:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self.health.waiting = 0
                return


def as_bytes(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode()
