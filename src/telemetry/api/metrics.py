"""What Prometheus is told: readings by outcome, the settlement's backlog, collectors, live clients."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from telemetry.api.dependencies import Dependencies
from telemetry.storage import dirty
from telemetry.storage.errors import StorageError

MEDIA_TYPE = "text/plain; version=0.0.4"
OUTCOMES = ("accepted", "duplicate", "conflict", "rejected")


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
