"""Messages of edge nodes to a sink; requests for births are the only thing ever published."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from ingest.batch import Sink
from ingest.collector import Clock
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.collect import store
from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.mqtt.session import Session, session
from ingest.collectors.sparkplug.host import NAMESPACE, Behind, Host
from ingest.collectors.sparkplug.payload import rebirth
from ingest.health import SourceHealth
from ingest.sampling import SPARSE, Sampling

_WINDOW = 2_000
_TURN_S = 1.0


class SparkplugCollector:
    """A host application that listens to the edge nodes of its meters."""

    def __init__(
        self, source: str, broker: Broker, behind: Sequence[Behind], clock: Clock, sampling: Sampling = SPARSE
    ) -> None:
        self.health = SourceHealth.of(source, "sparkplug", [each.code for each in behind])
        self._broker = replace(broker, keeps_s=0)
        self._behind = tuple(behind)
        self._clock = clock
        self._sampling = sampling

    async def run(self, sink: Sink) -> None:
        """One connection's life. Raises SourceError when it ends."""
        nodes = sorted({each.node for each in self._behind})
        topics = (f"{NAMESPACE}/{group}/+/{edge}/#" for group, edge in nodes)
        host = Host(self.health, self._behind, self._sampling)
        async with session(self._broker, *topics, clock=self._clock) as connection:
            self.health.line.succeeded(self._clock(), reads=0)
            while True:
                await self._ask(connection, host)
                window = await _next(connection)
                await store(sink, host.read(window), self.health)
                connection.acknowledge(window)
                self.health.line.succeeded(self._clock(), reads=len(window))
                self.health.lost += connection.take_dropped()

    async def _ask(self, connection: Session, host: Host) -> None:
        now = self._clock()
        for group, edge in host.requests(now):
            await connection.publish(f"{NAMESPACE}/{group}/NCMD/{edge}", rebirth(int(now * 1000)))


async def _next(connection: Session) -> list[Arrival]:
    """Empty when nothing comes for a while: someone may wait to be asked."""
    window: list[Arrival] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(_TURN_S):
            window = await connection.window(_WINDOW)
    return window
