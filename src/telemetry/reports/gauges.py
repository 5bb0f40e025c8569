"""How sources, meters, edges and the way into the store are doing, as Prometheus is told."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import time
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ingest.health import Health, SourceHealth, StoreHealth
from ingest.spool import SpoolHealth, SpoolState
from telemetry.reports.edges import EdgeEntry
from telemetry.settings.current import Current
from telemetry.storage.dirty import Stage
from telemetry.storage.progress import Waiting

T = TypeVar("T")
_Family = CounterMetricFamily | GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class _Measure(Generic[T]):
    """One figure of whatever has it; None where there is none."""

    name: str
    help: str
    value: Callable[[T, float], float | None]
    """At a time [s since 1970]."""
    counts: bool = False

    def family(self, prefix: str, labels: list[str]) -> _Family:
        kind = CounterMetricFamily if self.counts else GaugeMetricFamily
        return kind(f"{prefix}_{self.name}", self.help, labels=labels)

    def put(self, family: _Family, labels: list[str], value: float | None) -> None:
        if value is not None:
            family.add_metric(labels, value)


_OF_LINES: tuple[_Measure[Health], ...] = (
    _Measure("up", "1 while the last attempt succeeded", lambda each, _: float(not each.failing)),
    _Measure("incomplete", "1 while parts of it are refused", lambda each, _: float(each.incomplete)),
    _Measure("reads", "Reads that succeeded", lambda each, _: each.reads, counts=True),
    _Measure("failures", "Reads that failed", lambda each, _: each.failures, counts=True),
    _Measure("reads_per_second", "Mean of the last minute", lambda each, now: each.rate.per_second(now)),
    _Measure("latency_seconds", "Of the last read", lambda each, _: each.latency),
    _Measure("last_success_timestamp_seconds", "When it was read", lambda each, _: each.last_success),
    _Measure("next_attempt_timestamp_seconds", "When it is asked again", lambda each, _: each.next_attempt),
)
_OF_SOURCES: tuple[_Measure[SourceHealth], ...] = (
    _Measure("meters", "Meters of the source", lambda each, _: len(each.meters)),
    _Measure("meters_answering", "Meters whose last read succeeded", lambda each, _: each.answering),
    _Measure("waiting_rows", "Rows that wait to be made durable", lambda each, _: each.waiting),
    _Measure("lost_rows", "Rows given up", lambda each, _: each.lost, counts=True),
    _Measure("refused", "Payloads not read", lambda each, _: each.refused, counts=True),
    _Measure("dropped", "Messages that the broker gave up", lambda each, _: each.dropped, counts=True),
)


def of_sources(sources: Mapping[str, SourceHealth], now: float) -> Iterator[Metric]:
    """Of each source and of each of its meters; `now` [s since 1970]."""
    for measure in _OF_SOURCES:
        family = measure.family("parkwatt_source", ["source", "kind"])
        for code, source in sources.items():
            measure.put(family, [code, source.kind], measure.value(source, now))
        yield family
    for of_line in _OF_LINES:
        whole = of_line.family("parkwatt_source", ["source", "kind"])
        single = of_line.family("parkwatt_meter", ["source", "meter"])
        for code, source in sources.items():
            of_line.put(whole, [code, source.kind], of_line.value(source.line, now))
            for meter, health in source.known():
                of_line.put(single, [code, meter], of_line.value(health, now))
        yield from (whole, single)


_OF_EDGES: tuple[_Measure[EdgeEntry], ...] = (
    _Measure("up", "1 while it is heard of", lambda each, _: float(not each.silent)),
    _Measure("seen_timestamp_seconds", "When", lambda each, _: each.seen.timestamp() if each.seen else None),
    _Measure("clock_ahead_seconds", "Against the clock here", lambda each, _: each.clock_ahead_s),
    _Measure("aside_rows", "Rows that could not be used yet", lambda each, _: each.aside_rows),
    _Measure("spool_rows", "Rows on its disk", lambda each, _: each.spool.rows if each.spool else None),
    _Measure("spool_bytes", "Bytes used there", lambda each, _: each.spool.bytes if each.spool else None),
)


def of_edges(edges: Iterable[EdgeEntry], now: float) -> Iterator[Metric]:
    """As they told of themselves; `now` [s since 1970]."""
    known = tuple(edges)
    for measure in _OF_EDGES:
        family = measure.family("parkwatt_edge", ["edge"])
        for edge in known:
            measure.put(family, [edge.name], measure.value(edge, now))
        yield family


def of_configuration(current: Current) -> Iterator[Metric]:
    taken, mistakes = "When the one that holds was taken up", "Mistakes of changed files that do not hold"
    at = current.since.timestamp()
    yield GaugeMetricFamily("parkwatt_configuration_taken_timestamp_seconds", taken, at)
    yield GaugeMetricFamily("parkwatt_configuration_mistakes", mistakes, len(current.mistakes))


def of_store(health: StoreHealth) -> Iterator[Metric]:
    yield GaugeMetricFamily("parkwatt_store_up", "1 while the store takes readings", not health.failing)
    yield GaugeMetricFamily("parkwatt_store_waiting_rows", "Rows that wait for a commit", health.waiting)
    yield CounterMetricFamily("parkwatt_store_rows", "Rows the store took", health.rows)
    yield CounterMetricFamily("parkwatt_store_failures", "Commits that failed", health.failures)
    yield CounterMetricFamily("parkwatt_spool_taken_rows", "Rows that went to the spool", health.spooled)


def of_spool(health: SpoolHealth) -> Iterator[Metric]:
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


def of_settlement(waiting: Mapping[Stage, Waiting]) -> Iterator[Metric]:
    def family(name: str, help_: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"parkwatt_settle_{name}", help_, labels=["stage"])

    meters = family("backlog", "Meters that wait for settlement")
    days = family("backlog_days", "Days that wait, of all meters together")
    rate = family("days_per_second", "Days settled a second while some wait, mean of five minutes at most")
    left = family("expected_seconds", "Until nothing waits, at this rate; none while it is unknown")
    for stage in Stage:
        found = waiting.get(stage)
        meters.add_metric([stage], found.meters if found else 0)
        days.add_metric([stage], found.days if found else 0)
        rate.add_metric([stage], found.days_per_s if found else 0)
        if not found or found.days_per_s > 0:
            left.add_metric([stage], found.days / found.days_per_s if found else 0)
    yield from (meters, days, rate, left)
