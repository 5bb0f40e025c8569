"""What Prometheus is told: rows by outcome, the way into the store, collectors, settlement, live clients."""

from collections.abc import Iterator, Mapping
from time import time

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ingest.health import StoreHealth
from ingest.spool import SpoolHealth, SpoolState
from telemetry.api.dependencies import Dependencies
from telemetry.storage import dirty
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
        yield from self._collectors()
        yield from _store(self._parts.sink.health)
        if self._parts.sink.spool is not None:
            yield from _spool(self._parts.sink.spool.health())
        yield from self._backlog()

    def _collectors(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("parkwatt_source_up", "1 while the source answers", labels=["source", "kind"])
        lost = GaugeMetricFamily("parkwatt_source_lost_rows", "Rows given up", labels=["source", "kind"])
        refused = GaugeMetricFamily("parkwatt_source_refused", "Payloads not read", labels=["source", "kind"])
        for code, source in self._parts.health().items():
            labels = [code, source.kind]
            up.add_metric(labels, float(not source.line.failing))
            lost.add_metric(labels, source.lost)
            refused.add_metric(labels, source.refused)
        yield from (up, lost, refused)

    def _backlog(self) -> Iterator[Metric]:
        marks = GaugeMetricFamily(
            "parkwatt_settle_backlog", "Meters that wait for settlement", labels=["stage"]
        )
        try:
            with self._parts.database.connection() as conn:
                for stage, count in dirty.pending(conn).items():
                    marks.add_metric([stage], count)
        except StorageError:
            return
        yield marks


def _store(health: StoreHealth) -> Iterator[Metric]:
    yield GaugeMetricFamily("parkwatt_store_up", "1 while the store takes readings", not health.failing)
    yield GaugeMetricFamily("parkwatt_store_waiting_rows", "Rows that wait for a commit", health.waiting)
    yield CounterMetricFamily("parkwatt_store_rows", "Rows the store took", health.rows)
    yield CounterMetricFamily("parkwatt_store_failures", "Commits that failed", health.failures)
    yield CounterMetricFamily("parkwatt_spool_taken_rows", "Rows that went to the spool", health.spooled)


def _spool(health: SpoolHealth) -> Iterator[Metric]:
    age = max(0.0, time() - health.oldest) if health.oldest else 0.0
    yield GaugeMetricFamily("parkwatt_spool_records", "Records that wait for the store", health.records)
    yield GaugeMetricFamily("parkwatt_spool_rows", "Rows in them", health.rows)
    yield GaugeMetricFamily("parkwatt_spool_bytes", "Bytes used", health.bytes)
    yield GaugeMetricFamily("parkwatt_spool_limit_bytes", "Bytes that may be used", health.limit)
    yield GaugeMetricFamily("parkwatt_spool_oldest_seconds", "Age of the oldest record", age)
    yield GaugeMetricFamily("parkwatt_spool_held_records", "Records that the store refuses", health.held)
    yield CounterMetricFamily("parkwatt_spool_damaged_records", "Records lost to the disk", health.damaged)
    state = GaugeMetricFamily("parkwatt_spool_state", "1 for the state it is in", labels=["state"])
    for each in SpoolState:
        state.add_metric([each.value.replace(" ", "_")], float(each is health.state))
    yield state
