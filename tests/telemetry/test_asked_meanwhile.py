"""What threads ask of sources while these meet further meters, and while others come and go."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

from ingest.arrivals import Arrivals
from ingest.health import Health, SourceHealth
from ingest.supervisor import Supervisor
from telemetry.app import _failing, _heard_us
from telemetry.reports.sources import Look


class Watched:
    """A meter; in the moment in which it is looked at its source meets another."""

    def __init__(self, source: SourceHealth) -> None:
        self._source = source
        self._health = Health("meter", last_success=5.0, failing=True)

    def __getattr__(self, name: str) -> Any:
        self._source.meters[f"new-{len(self._source.meters)}"] = Health("meter")
        return getattr(self._health, name)


def busy_source() -> SourceHealth:
    source = SourceHealth.of("scada", "push", ())
    watched: Any = Watched(source)
    source.meters["watched"] = watched
    return source


def supervisor_of(*sources: SourceHealth) -> Supervisor:
    nowhere: Any = None
    supervisor = Supervisor(nowhere, lambda: 5.0)
    running: Any = {source.source: SimpleNamespace(health=source) for source in sources}
    supervisor._collectors = running
    return supervisor


def test_who_fails_is_told_while_meters_come() -> None:
    assert _failing(supervisor_of(busy_source())) == {"watched"}


def test_who_was_heard_of_is_told_while_meters_come() -> None:
    assert _heard_us(supervisor_of(busy_source()), Arrivals()) == {"watched": 5_000_000}


def test_a_source_is_shown_while_meters_come() -> None:
    [shown] = Look(None, {}, 10.0).answers([busy_source()])
    assert [each.code for each in shown.each] == ["watched"]


def test_its_answering_meters_are_counted_while_others_come() -> None:
    assert busy_source().answering == 0


def test_sources_are_told_while_others_begin() -> None:
    supervisor = supervisor_of()

    class Beginning:
        @property
        def health(self) -> SourceHealth:
            supervisor._collectors[f"new-{len(supervisor._collectors)}"] = ANY
            return SourceHealth.of("line", "modbus", ())

    beginning: Any = Beginning()
    supervisor._collectors["line"] = beginning
    assert [each.source for each in supervisor.health] == ["line"]
