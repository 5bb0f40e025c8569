"""What Prometheus is told: rows by outcome, the way into the store, sources, settlement, live clients."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from time import time

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from telemetry.api.dependencies import Dependencies
from telemetry.reports import gauges
from telemetry.reports.edges import EdgeEntry
from telemetry.reports.sources import edges_of
from telemetry.storage import progress
from telemetry.storage.errors import StorageError

MEDIA_TYPE = "text/plain; version=0.0.4"
OUTCOMES = ("accepted", "duplicate", "conflict", "spooled", "rejected")


class Metrics:
    """A registry of its own, so that two services in one process do not meet."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._registry = CollectorRegistry()
        self._pushed = Counter(
            "parkwatt_pushed_rows", "Rows posted, by outcome", ["outcome"], registry=self._registry
        )
        for outcome in OUTCOMES:
            self._pushed.labels(outcome)
        self._registry.register(_Gauges(dependencies))

    def pushed(self, counts: Mapping[str, int]) -> None:
        for outcome, count in counts.items():
            self._pushed.labels(outcome).inc(count)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)


class _Gauges:
    """Read when asked."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._parts = dependencies

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("parkwatt_live_watchers", "Open live streams", self._parts.live.watchers)
        yield from gauges.of_configuration(self._parts.current)
        yield from gauges.of_sources(self._parts.health(), time())
        yield from gauges.of_edges(self._edges(), time())
        yield from gauges.of_store(self._parts.sink.health)
        if self._parts.sink.spool is not None:
            yield from gauges.of_spool(self._parts.sink.spool.health())
        yield from self._strays()
        yield from self._backlog()

    def _edges(self) -> list[EdgeEntry]:
        names = sorted(set(edges_of(self._parts.plan.site).values()))
        return [self._parts.edges.entry(name, time(), UTC) for name in names]

    def _strays(self) -> Iterator[Metric]:
        tally = self._parts.strays
        for name, text, count in (
            ("adopted", "Rows that became readings once their meter or name was declared", tally.adopted),
            ("dropped", "Rows of undeclared meters or names that were given up", tally.dropped),
        ):
            yield CounterMetricFamily(f"parkwatt_strays_{name}", text, count)

    def _backlog(self) -> Iterator[Metric]:
        try:
            with self._parts.database.connection() as conn:
                waiting = progress.waiting(conn)
        except StorageError:
            return
        yield from gauges.of_settlement(waiting)
