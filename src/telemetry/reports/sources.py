"""How each source and meter is doing, as it is told to whoever asks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from ingest.health import Aside, Cause, Health, SourceHealth, Stranger
from telemetry.model import Site
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.reports.picture import MeterRow, State

_UNKNOWN = Name("", "")


class Condition(StrEnum):
    """How a source or a meter is doing."""

    ANSWERING = "answering"
    PARTLY = "partly"
    """Some of the source's meters do not answer, or answer in part."""
    INCOMPLETE = "incomplete"
    """The meter answers, but refuses parts of what it is asked: the last error names them."""
    SILENT = "silent"
    """It answered before, and nothing has come for longer than it should take."""
    FAILING = "failing"
    """The last attempt failed."""
    WAITING = "waiting"
    """Nothing has come from it yet."""


class Trace(Struct, frozen=True, kw_only=True):
    """What is known of attempts: since the service started."""

    condition: Condition
    reads: Annotated[int, Meta(description="Reads, messages or rows that succeeded")]
    failures: int
    reads_per_s: Annotated[float, Meta(description="Mean of the last minute [1/s]")]
    latency_s: Annotated[float | None, Meta(description="How long the last one took [s]")]
    last_success: Moment | None
    last_failure: Moment | None
    last_error: Annotated[str, Meta(examples=["no connection to 192.168.1.20:502"])]
    cause: Annotated[Cause | None, Meta(description="What kind of failure that was")]
    next_attempt: Annotated[
        Moment | None, Meta(description="When it is asked again while it is left alone; null: as planned")
    ]


class MeterTrace(Trace, frozen=True, kw_only=True):
    """One meter of a source."""

    code: str
    name: Name
    identity: Annotated[
        dict[str, str],
        Meta(description="Who the device says it is", examples=[{"model": "iEM3155", "serial": "4711"}]),
    ]


class SourceEntry(Trace, frozen=True, kw_only=True):
    """One source and its meters in sum."""

    code: str
    kind: Annotated[str, Meta(examples=["modbus"])]
    protocol: Annotated[str, Meta(description="What it speaks, as a person writes it", examples=["Modbus"])]
    edge: Annotated[str | None, Meta(description="The edge that reads it; null: the service itself")] = None
    place: Annotated[str, Meta(description="Where it is reached", examples=["192.168.1.20:502"])]
    meters: Annotated[int, Meta(description="How many it has")]
    answering: Annotated[int, Meta(description="How many of them answer")]
    waiting_rows: Annotated[int, Meta(description="Rows that wait to be made durable")]
    lost_rows: Annotated[int, Meta(description="Rows given up because nothing could make them durable")]
    lost_from: Annotated[Moment | None, Meta(description="Time of the oldest of them")]
    lost_to: Annotated[Moment | None, Meta(description="Time of the newest of them")]
    refused: Annotated[int, Meta(description="Payloads and rows that could not be read")]
    dropped: Annotated[int, Meta(description="Messages that its broker says it gave up")]


class AsideEntry(Struct, frozen=True):
    """Something that could not be read, as it came."""

    time: Moment
    origin: Annotated[str, Meta(examples=["park/E1/M-101/state"])]
    reason: Annotated[str, Meta(examples=["no meter has this address"])]
    content: Annotated[str, Meta(description="Its beginning")]


class StrangerEntry(Struct, frozen=True):
    """A meter that sends and that the site does not declare."""

    name: Annotated[str, Meta(description="Code, topic or address", examples=["park/E1/M-999/state"])]
    times: Annotated[int, Meta(description="How often since the start")]
    last: Moment


class SourceAnswer(SourceEntry, frozen=True, kw_only=True):
    """One source with its meters, and what of it could not be used."""

    each: Annotated[list[MeterTrace], Meta(description="Its meters, those that fail first")]
    aside: Annotated[list[AsideEntry], Meta(description="The newest of what was refused")]
    strangers: Annotated[
        list[StrangerEntry], Meta(description="Meters that nobody declared, the newest first")
    ]


_ANSWERING = {Condition.ANSWERING, Condition.INCOMPLETE}
_WORST_FIRST = (
    Condition.FAILING,
    Condition.SILENT,
    Condition.PARTLY,
    Condition.INCOMPLETE,
    Condition.WAITING,
    Condition.ANSWERING,
)


def summary(source: SourceAnswer) -> SourceEntry:
    """A source without its meters one by one."""
    return SourceEntry(**{name: getattr(source, name) for name in SourceEntry.__struct_fields__})


class Look:
    """One moment's view of them all."""

    def __init__(self, site: Site | None, live: Mapping[str, MeterRow], now: float) -> None:
        """`live`: the newest picture's meters by code; `now` [s since 1970]."""
        self._now = now
        self.zone = ZoneInfo(site.zone if site else "UTC")
        self._names = _names(site)
        self._sources = {source.code: source for source in site.sources} if site else {}
        self._live = live

    @property
    def time(self) -> datetime:
        return self.moment(self._now)

    def answers(self, sources: Iterable[SourceHealth]) -> list[SourceAnswer]:
        return [self.whole(source) for source in sources]

    def moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)

    def whole(self, source: SourceHealth) -> SourceAnswer:
        planned = self._sources.get(source.source)
        meters = [self._meter(code, meter) for code, meter in source.known()]
        conditions = [meter.condition for meter in meters]
        return SourceAnswer(
            code=source.source,
            kind=source.kind,
            protocol=(planned.protocol if planned else "") or source.kind,
            place=planned.place if planned else "",
            meters=len(conditions),
            answering=sum(each in _ANSWERING for each in conditions),
            waiting_rows=source.waiting,
            lost_rows=source.lost,
            lost_from=self.moment(source.gap[0]) if source.gap else None,
            lost_to=self.moment(source.gap[1]) if source.gap else None,
            refused=source.refused,
            dropped=source.dropped,
            each=sorted(meters, key=worst_first),
            aside=[self._aside(each) for each in reversed(source.aside)],
            strangers=self._strangers(source.strangers),
            **self._trace(source.line, _of_source(source.line, conditions)),
        )

    def _meter(self, code: str, meter: Health) -> MeterTrace:
        trace = self._trace(meter, self._of_meter(code, meter))
        return MeterTrace(
            code=code, name=self._names.get(code, _UNKNOWN), identity=dict(meter.identity), **trace
        )

    def _of_meter(self, code: str, meter: Health) -> Condition:
        if meter.failing:
            return Condition.FAILING
        if meter.last_success is None:
            return Condition.WAITING
        row = self._live.get(code)
        if row and row.state is State.STALE:
            return Condition.SILENT
        return Condition.INCOMPLETE if meter.incomplete else Condition.ANSWERING

    def _trace(self, health: Health, condition: Condition) -> dict[str, Any]:
        return {
            "condition": condition,
            "reads": health.reads,
            "failures": health.failures,
            "reads_per_s": health.rate.per_second(self._now),
            "latency_s": health.latency,
            "last_success": self.known(health.last_success),
            "last_failure": self.known(health.last_failure),
            "last_error": health.last_error,
            "cause": health.last_cause,
            "next_attempt": self.known(health.next_attempt),
        }

    def known(self, at: float | None) -> datetime | None:
        """`at` [s since 1970] by the park's clock."""
        return None if at is None else self.moment(at)

    def _aside(self, each: Aside) -> AsideEntry:
        return AsideEntry(self.moment(each.at), each.origin, each.reason, each.content)

    def _strangers(self, met: Mapping[str, Stranger]) -> list[StrangerEntry]:
        newest_first = sorted(met.items(), key=lambda each: -each[1].last)
        return [StrangerEntry(name, one.times, self.moment(one.last)) for name, one in newest_first]


def _of_source(line: Health, meters: Sequence[Condition]) -> Condition:
    if line.failing:
        return Condition.FAILING
    if line.last_success is None:
        return Condition.WAITING
    if not meters or all(each is Condition.ANSWERING for each in meters):
        return Condition.ANSWERING
    return Condition.PARTLY if _ANSWERING & set(meters) else Condition.SILENT


def worst_first(each: SourceEntry | MeterTrace) -> tuple[int, str]:
    """Key of the order in which a person should see them."""
    return _WORST_FIRST.index(each.condition), each.code


def edges_of(site: Site | None) -> Mapping[str, str]:
    """Source -> the edge that reads it."""
    return {source.code: source.edge for source in site.sources if source.edge} if site else {}


def _names(site: Site | None) -> Mapping[str, Name]:
    return {meter.code: Name.of(meter.name) for meter in site.meters} if site else {}
