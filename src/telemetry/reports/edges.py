"""What the edges tell of themselves and of the sources that they read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Annotated

from msgspec import Meta, Struct, structs

from ingest.health import Cause
from telemetry.reports.moment import Moment
from telemetry.reports.sources import Condition, SourceAnswer
from telemetry.reports.waiting import QueueEntry, SpoolEntry

_SILENT_S = 60.0


class EdgeReport(Struct, frozen=True):
    """How an edge is doing, as it posts it every few seconds."""

    time: Annotated[Moment, Meta(description="By its own clock")]
    queue: QueueEntry
    spool: SpoolEntry
    aside_rows: Annotated[int, Meta(ge=0, description="Rows that the centre could not use yet")]
    sources: list[SourceAnswer]


class EdgeEntry(Struct, frozen=True):
    """One edge as the centre knows it."""

    name: str
    seen: Annotated[Moment | None, Meta(description="When it was last heard of; null: not yet")]
    silent: Annotated[bool, Meta(description="It should have been heard of since")]
    clock_ahead_s: Annotated[float | None, Meta(description="Its clock against the centre's [s]")]
    queue: QueueEntry | None
    spool: SpoolEntry | None
    aside_rows: int


@dataclass(frozen=True, slots=True)
class _Heard:
    report: EdgeReport
    at: float
    sources: Mapping[str, SourceAnswer]


@dataclass(slots=True)
class Edges:
    """The newest report of each edge; kept in memory, since each comes again."""

    _heard: dict[str, _Heard] = field(default_factory=dict)

    def heard(self, name: str, report: EdgeReport, at: float, known: Collection[str]) -> list[str]:
        """Codes of its sources that are not `known` to be read by it. `at` [s since 1970]."""
        sources = {source.code: source for source in report.sources if source.code in known}
        self._heard[name] = _Heard(report, at, sources)
        return [source.code for source in report.sources if source.code not in known]

    def entry(self, name: str, now: float, zone: tzinfo) -> EdgeEntry:
        heard = self._heard.get(name)
        if heard is None:
            return EdgeEntry(
                name, None, silent=True, clock_ahead_s=None, queue=None, spool=None, aside_rows=0
            )
        report = heard.report
        return EdgeEntry(
            name,
            datetime.fromtimestamp(heard.at, zone),
            silent=now - heard.at > _SILENT_S,
            clock_ahead_s=round(report.time.timestamp() - heard.at, 3),
            queue=report.queue,
            spool=report.spool,
            aside_rows=report.aside_rows,
        )

    def source(self, edge: str, own: SourceAnswer, now: float) -> SourceAnswer:
        """What the edge told of a source; `own` is what the centre sees of it by what is posted."""
        heard = self._heard.get(edge)
        if heard is None or own.code not in heard.sources:
            return structs.replace(own, edge=edge)
        told = heard.sources[own.code]
        if now - heard.at <= _SILENT_S:
            return structs.replace(told, edge=edge)
        error = f"nothing was heard from the edge {edge} for {now - heard.at:.0f} s"
        return structs.replace(
            told, edge=edge, condition=Condition.FAILING, last_error=error, cause=Cause.UNREACHABLE
        )
