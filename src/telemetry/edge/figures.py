"""The figures of an edge for Prometheus, on loopback alone; that they are answered shows that it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import time

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric

from ingest.pipeline import Pipeline
from ingest.supervisor import Supervisor
from telemetry.reports import gauges
from telemetry.settings.current import Current
from telemetry.settings.mistakes import ConfigError, Mistake


@dataclass(frozen=True, slots=True)
class Figures:
    """Read when asked."""

    current: Current
    pipeline: Pipeline
    supervisor: Supervisor

    def collect(self) -> Iterator[Metric]:
        yield from gauges.of_configuration(self.current)
        yield from gauges.of_sources({one.source: one for one in self.supervisor.health}, time())
        yield from gauges.of_store(self.pipeline.health)
        if self.pipeline.spool is not None:
            yield from gauges.of_spool(self.pipeline.spool.health())


@contextmanager
def shown(figures: Figures, port: int | None) -> Iterator[None]:
    """While it lasts, `port` of loopback answers; None: no port does. Raises ConfigError."""
    if port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(figures)
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry)
    except OSError as error:
        reason = f"port {port} of 127.0.0.1 cannot be used: {error}"
        raise ConfigError([Mistake("command line", "--metrics", reason)]) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
