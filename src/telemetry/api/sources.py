"""Where readings come from: all sources as they stand, and one in full."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from msgspec import Meta, Struct, structs

from ingest.health import Cause
from ingest.spool import SpoolState
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.problems import Refusal
from telemetry.reports.edges import EdgeEntry
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.sources import (
    AsideEntry,
    Condition,
    Look,
    MeterTrace,
    SourceAnswer,
    SourceEntry,
    StrangerEntry,
    edges_of,
    summary,
    worst_first,
)
from telemetry.reports.waiting import QueueEntry, SpoolEntry, queue, spooled
from telemetry.settings.current import Current


class MistakeEntry(Struct, frozen=True):
    """One thing that is wrong in the changed configuration."""

    file: str
    key: Annotated[str, Meta(examples=["meters[3].device"])]
    reason: str


class ConfigurationEntry(Struct, frozen=True):
    """The configuration that holds; it is read anew whenever its files change."""

    since: Moment
    mistakes: Annotated[
        list[MistakeEntry], Meta(description="Why the files as they stand do not hold; those of before do")
    ]


class SourceList(Struct, frozen=True):
    """Every source, those that fail first."""

    time: Moment
    configuration: ConfigurationEntry
    queue: QueueEntry
    spool: SpoolEntry | None
    edges: list[EdgeEntry]
    sources: list[SourceEntry]


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
_ENTRY = SourceEntry(
    code="line-1",
    kind="modbus",
    protocol="Modbus",
    place="192.168.1.20:502",
    condition=Condition.PARTLY,
    meters=8,
    answering=7,
    reads=48_210,
    failures=3,
    reads_per_s=5.6,
    latency_s=0.021,
    last_success=_AT,
    last_failure=_AT.replace(minute=2),
    last_error="no answer within 1 s",
    cause=Cause.SILENT,
    next_attempt=None,
    waiting_rows=0,
    lost_rows=0,
    lost_from=None,
    lost_to=None,
    refused=0,
    dropped=0,
)
_METER = MeterTrace(
    code="M-101",
    name=Name("Injection hall feeder", "注塑车间进线"),
    identity={"manufacturer": "Acme", "serial": "20417"},
    condition=Condition.FAILING,
    reads=6021,
    failures=12,
    reads_per_s=0.0,
    latency_s=0.019,
    last_success=_AT.replace(minute=2),
    last_failure=_AT,
    last_error="no answer within 1 s",
    cause=Cause.SILENT,
    next_attempt=_AT.replace(minute=8),
)
_SPOOL = SpoolEntry(SpoolState.HOLDING, 8200, 210_944, 1 << 30, _AT.replace(minute=1), 0, 0)
LIST_EXAMPLE = SourceList(
    _AT,
    ConfigurationEntry(
        _AT.replace(hour=6),
        [MistakeEntry("sites/plant.yaml", "meters[3].area", "there is no area 'hal'")],
    ),
    QueueEntry(0, 482_100, failing=True, last_error="the database does not answer"),
    _SPOOL,
    [EdgeEntry("plant-2", _AT, False, 0.4, QueueEntry(0, 9000, False, ""), _SPOOL, 0)],  # noqa: FBT003  # an example
    [_ENTRY],
)
EXAMPLE = SourceAnswer(
    **structs.asdict(_ENTRY),
    each=[_METER],
    aside=[AsideEntry(_AT, "meter M-101", "serial_number: another device answers (got 7)", "")],
    strangers=[StrangerEntry("park/E1/M-999/state", 312, _AT)],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    def look() -> _Look:
        return _Look(dependencies, time.time())

    @routes.get("/sources", responses=documented("Sources", SourceList), summary="Sources")
    async def sources() -> Response:
        """Every source with its last success and failure, its rate, and what waits or was lost."""
        return answer(look().all())

    @routes.get("/sources/{code}", responses=documented("The source", SourceAnswer), summary="One source")
    async def source(code: Annotated[str, Path(max_length=64, examples=["line-1"])]) -> Response:
        """The same for each of its meters, and the newest payloads that it sent and nobody could read."""
        return answer(look().one(code))

    return routes


class _Look:
    """All sources at one moment, those of the edges as these told of them."""

    def __init__(self, dependencies: Dependencies, now: float) -> None:
        self._parts = dependencies
        self._now = now
        self._look = Look(dependencies.plan.site, dependencies.live.rows(), now)
        self._edges = edges_of(dependencies.plan.site)

    def all(self) -> SourceList:
        parts, zone = self._parts, self._look.zone
        told = map(self._told, self._look.answers(parts.health().values()))
        return SourceList(
            self._look.time,
            _configuration(parts.current, self._look),
            queue(parts.sink.health),
            spooled(parts.sink.spool.health(), zone) if parts.sink.spool else None,
            [parts.edges.entry(name, self._now, zone) for name in sorted(set(self._edges.values()))],
            sorted(map(summary, told), key=worst_first),
        )

    def one(self, code: str) -> SourceAnswer:
        """Raises Refusal (404)."""
        found = self._parts.health().get(code)
        if found is None:
            raise Refusal(404, f"There is no source {code!r}; GET /api/v1/sources lists them.")
        return self._told(self._look.whole(found))

    def _told(self, own: SourceAnswer) -> SourceAnswer:
        edge = self._edges.get(own.code)
        return self._parts.edges.source(edge, own, self._now) if edge else own


def _configuration(current: Current, seen: Look) -> ConfigurationEntry:
    mistakes = [MistakeEntry(each.file, each.key, each.reason) for each in current.mistakes]
    return ConfigurationEntry(seen.moment(current.since.timestamp()), mistakes)
