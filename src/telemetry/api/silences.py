"""Silences and maintenance windows: nobody is told of alerts that go on all the same."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from accounting.grid import to_us
from alerts.silence import DAYS, Day, Silence, Weekly
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.api.records import as_body
from telemetry.reports.alerts import Person
from telemetry.reports.errors import QueryError
from telemetry.reports.moment import Moment
from telemetry.reports.steps import moment
from telemetry.settings.mistakes import no_such
from telemetry.storage import alert_rules, silences
from telemetry.storage.silences import StoredSilence

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Time = Annotated[str, Meta(max_length=40)]
_Codes = Annotated[list[_Word], Meta(max_length=1000)]
_LONGEST = timedelta(days=366)
_LONGEST_WEEKLY = timedelta(days=3660)


class WeeklyHours(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Some hours of some weekdays, on the park's clock."""

    days: Annotated[list[Day], Meta(min_length=1, max_length=7)]
    from_: Annotated[str, Meta(max_length=8, description="Of each of the days", examples=["22:00"])]
    to: Annotated[
        str, Meta(max_length=8, description="Not after `from`: on the day after", examples=["06:00"])
    ]


class PostedSilence(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Alerts that fit everything that is named; nothing named, all."""

    to: Annotated[str, Meta(max_length=40, description="RFC 3339 time, or a date")]
    who: _Word
    reason: _Word
    from_: Annotated[_Time | None, Meta(description="Default: now")] = None
    maintenance: Annotated[bool, Meta(description="Work is going on")] = False
    rules: _Codes = []
    meters: _Codes = []
    areas: Annotated[_Codes, Meta(description="And whatever stands in them")] = []
    sources: _Codes = []
    weekly: Annotated[WeeklyHours | None, Meta(description="null: all the time from `from` to `to`")] = None


class PostedEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """Who ends a silence before its time."""

    who: _Word


class SilenceEntry(Struct, frozen=True):
    """One silence."""

    id: int
    maintenance: bool
    begins: Moment
    ends: Moment
    rules: Sequence[str]
    meters: Sequence[str]
    areas: Sequence[str]
    sources: Sequence[str]
    weekly: WeeklyHours | None
    reason: str
    made: Person
    ended: Person | None
    of: Annotated[
        list[str] | None,
        Meta(description="Areas of whoever made it: about their own rules alone; null: about all"),
    ]


class SilenceList(Struct, frozen=True):
    """The latest first."""

    silences: list[SilenceEntry]


_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
EXAMPLE = SilenceList(
    [
        SilenceEntry(
            3,
            maintenance=True,
            begins=_AT,
            ends=_AT.replace(hour=12),
            rules=[],
            meters=["A-M09"],
            areas=[],
            sources=[],
            weekly=WeeklyHours(["sat"], "08:00", "12:00"),
            reason="bearings of the compressor",
            made=Person("li.na", _AT.replace(hour=7)),
            ended=None,
            of=None,
        )
    ]
)
FURTHER: tuple[type[Struct], ...] = (PostedSilence, PostedEnd, WeeklyHours)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.get("/silences", responses=documented("Silences", SilenceList), summary="Silences")
    def listed(*, over: Annotated[bool, Query(description="Also those that are over")] = False) -> Response:
        """Those that go on or are to come."""
        return answer(_listed(dependencies, over=over))

    @routes.post(
        "/silences",
        responses=documented("It holds", SilenceList),
        openapi_extra=as_body(PostedSilence),
        summary="Silence alerts",
    )
    async def post(request: Request) -> Response:
        """Alerts go on and nobody is told; one that outlasts the silence is told when it ends.

        For single areas it is about alerts of their own rules: those of the park's are told all the same.
        """
        posted = await bodies.form(request, PostedSilence)
        return answer(await run_in_threadpool(_put, dependencies, posted))

    @routes.post(
        "/silences/{number}/end",
        responses=documented("It is over", SilenceList),
        openapi_extra=as_body(PostedEnd),
        summary="End a silence",
    )
    async def end(request: Request, number: Annotated[int, Path(ge=1, lt=1 << 63, examples=[3])]) -> Response:
        """Nothing is deleted: it stays with who ended it and when."""
        posted = await bodies.form(request, PostedEnd)
        return answer(await run_in_threadpool(_end, dependencies, number, posted.who))

    return routes


def _put(dependencies: Dependencies, posted: PostedSilence) -> SilenceList:
    now = datetime.now(UTC)
    silence = _silence(dependencies, posted, now)
    owner = dependencies.database.areas
    with dependencies.database.signed() as tx:
        silences.put(tx, silence, posted.who, posted.reason, now, owner=owner)
    return _listed(dependencies, over=False)


def _silence(dependencies: Dependencies, posted: PostedSilence, now: datetime) -> Silence:
    zone = zone_of(dependencies.plan)
    lo = now if posted.from_ is None else moment(posted.from_, "from", zone)
    hi = moment(posted.to, "to", zone)
    longest = _LONGEST if posted.weekly is None else _LONGEST_WEEKLY
    if not max(lo, now) < hi <= lo + longest:
        raise QueryError("to", posted.to, f"has to lie ahead, and at most {longest.days} days after from")
    known = _known(dependencies, now)
    for field, codes in known.items():
        for code in getattr(posted, field):
            if code not in codes:
                raise QueryError(field, code, no_such(field.removesuffix("s"), code, codes))
    named = {field: tuple(getattr(posted, field)) for field in ("rules", "meters", "areas", "sources")}
    weekly = None if posted.weekly is None else _weekly(posted.weekly)
    return Silence(to_us(lo), to_us(hi), posted.maintenance, weekly=weekly, **named)


def _known(dependencies: Dependencies, now: datetime) -> dict[str, Collection[str]]:
    """What a silence may name, by field."""
    site, scope = site_of(dependencies.plan), dependencies.database.scope()
    if scope is None:
        return {
            "meters": site.meter_codes,
            "areas": {area.code for area in site.areas},
            "sources": {source.code for source in site.sources},
        }
    with dependencies.database.connection() as tx:
        rules = {str(each.document["code"]) for each in alert_rules.standing(tx)}
    meters = {code for code in scope.meters if scope.holds(code, now)}
    areas = {code for code in scope.areas if scope.keeps(code, now, now)}
    return {"rules": rules, "meters": meters, "areas": areas, "sources": ()}


def _weekly(posted: WeeklyHours) -> Weekly:
    return Weekly(frozenset(posted.days), _clock("weekly.from", posted.from_), _clock("weekly.to", posted.to))


def _clock(field: str, text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise QueryError(field, text, "is no time of day such as 08:30")
    return found


def _end(dependencies: Dependencies, number: int, who: str) -> SilenceList:
    with dependencies.database.connection() as tx:
        known = silences.known(tx, number)
    with dependencies.database.signed() as tx:
        if not (known and silences.end(tx, number, who, datetime.now(UTC))):
            raise QueryError("number", number, "no silence that goes on or is to come bears it")
    return _listed(dependencies, over=True)


def _listed(dependencies: Dependencies, *, over: bool) -> SilenceList:
    zone = zone_of(dependencies.plan)
    with dependencies.database.connection() as tx:
        found = silences.listed(tx, datetime.now(UTC), over=over)
    return SilenceList([_entry(each, zone) for each in found])


def _entry(of: StoredSilence, zone: ZoneInfo) -> SilenceEntry:
    ended = Person(of.ended_by or "", of.ended_at.astimezone(zone)) if of.ended_at else None
    return SilenceEntry(
        of.id,
        maintenance=of.maintenance,
        begins=of.begins.astimezone(zone),
        ends=of.ends.astimezone(zone),
        rules=of.rules,
        meters=of.meters,
        areas=of.areas,
        sources=of.sources,
        weekly=None if of.weekly is None else _hours(of.weekly),
        reason=of.reason,
        made=Person(of.made_by, of.made_at.astimezone(zone)),
        ended=ended,
        of=None if of.owner is None else sorted(of.owner),
    )


def _hours(of: Weekly) -> WeeklyHours:
    days = [day for day in DAYS if day in of.days]
    return WeeklyHours(days, f"{of.begins:%H:%M}", f"{of.ends:%H:%M}")
