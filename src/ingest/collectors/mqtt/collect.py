"""Messages to a sink and their acknowledgement back to the broker, each window in turn."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ingest.batch import Batch, Sink
from ingest.collector import Clock
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.drops import COUNTERS, DropWatch
from ingest.collectors.mqtt.routes import Routes
from ingest.collectors.mqtt.rows import RowReader
from ingest.collectors.mqtt.session import session
from ingest.errors import StoreUnavailable
from ingest.health import SourceHealth
from ingest.sampling import SPARSE, Sampling

_WINDOW = 2_000
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 10.0
_LINGER_S = 1.0
_UNDATED_KEPT_S = 60  # what waits longer would be dated far too late: a gap is nearer the truth


class MqttCollector:
    """Subscribes to one broker; acknowledges a message when its reading is durable, or refused for good."""

    def __init__(
        self, source: str, broker: Broker, routes: Routes, clock: Clock, sampling: Sampling = SPARSE
    ) -> None:
        self.health = SourceHealth.of(source, "mqtt", routes.meters)
        self._broker = broker if routes.dated else replace(broker, keeps_s=_UNDATED_KEPT_S)
        self._routes = routes
        self._clock = clock
        self._sampling = sampling
        self._drops = DropWatch(self.health)

    async def run(self, sink: Sink) -> None:
        """One connection's life. Raises SourceError when it ends."""
        rows = RowReader(self.health, self._routes, self._sampling)
        linger_s = _LINGER_S if self._routes.split else 0.0
        topic = self._routes.pattern.filter
        async with session(self._broker, topic, clock=self._clock, wished=COUNTERS) as connection:
            self.health.line.succeeded(self._clock(), reads=0)
            while True:
                window = await connection.window(_WINDOW, linger_s)
                messages = self._drops.without_counter(window)
                await store(sink, rows.read(messages), self.health)
                connection.acknowledge(window)
                self.health.line.succeeded(self._clock(), reads=len(messages))
                self.health.lost += connection.take_dropped()


async def store(sink: Sink, batches: Sequence[Batch], health: SourceHealth) -> None:
    """Returns once all are durable, however long that takes: the broker keeps what follows."""
    pause = _FIRST_PAUSE_S
    health.waiting = sum(map(len, batches))
    while True:
        try:
            await asyncio.gather(*map(sink.write, batches))
        except StoreUnavailable:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        else:
            health.waiting = 0
            return
