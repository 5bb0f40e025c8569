"""Alerts: those that are open, their history, and what people do about them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from alerts.journal import What
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Page
from telemetry.api.parameters import zone_of
from telemetry.api.problems import Refusal
from telemetry.api.records import as_body
from telemetry.reports.alerts import AlertChange, AlertEntry, Person, change, entry
from telemetry.reports.steps import moment
from telemetry.storage import alert_lists, deliveries
from telemetry.storage.alert_lists import Place, Wanted

_Who = Annotated[str, Meta(min_length=1, max_length=200, examples=["li.na"])]
_Code = Annotated[str | None, Query(max_length=100)]
_Time = Annotated[str | None, Query(max_length=40, description="RFC 3339 time, or a date")]
_Id = Annotated[str, Query(max_length=300, examples=["incomer-overload/meter:P-M01/1795312800000000"])]


class AlertList(Struct, frozen=True):
    """Open alerts first, by severity; then those that are over; the newest first."""

    alerts: list[AlertEntry]
    next: Next = None


class AlertStory(Struct, frozen=True):
    """One alert and all that happened to it."""

    alert: AlertEntry
    changes: list[AlertChange]


class PostedAcknowledgement(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes care of an alert."""

    alert: Annotated[str, Meta(max_length=300)]
    who: _Who
    note: Annotated[str, Meta(max_length=2000)] = ""


class PostedComment(Struct, frozen=True, forbid_unknown_fields=True):
    """A word to an alert."""

    alert: Annotated[str, Meta(max_length=300)]
    who: _Who
    note: Annotated[str, Meta(min_length=1, max_length=2000)]


_FIRED = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
_ENTRY = AlertEntry(
    id="incomer-overload/meter:P-M01/1795312800000000",
    rule="incomer-overload",
    subject_kind="meter",
    subject="P-M01",
    state="acknowledged",
    severity="critical",
    stage=1,
    since=_FIRED.replace(hour=9, minute=59),
    fired=_FIRED,
    resolved=None,
    value=6412.0,
    limit=6300.0,
    unit="kW",
    flapping=False,
    corrected=False,
    quiet="",
    band="",
    more={},
    acknowledged=Person("li.na", _FIRED.replace(minute=4)),
)
_CHANGE = AlertChange(
    id=f"{_ENTRY.id}/fired/1/1795312800000000",
    alert=_ENTRY.id,
    rule=_ENTRY.rule,
    subject_kind="meter",
    subject="P-M01",
    what="fired",
    at=_FIRED,
    severity="critical",
    stage=1,
    value=6412.0,
    limit=6300.0,
    unit="kW",
    flapping=False,
    corrected=False,
    quiet="",
    band="",
    by="",
    note="",
    more={},
)
LIST_EXAMPLE = AlertList([_ENTRY])
EXAMPLE = AlertStory(_ENTRY, [_CHANGE])
FURTHER: tuple[type[Struct], ...] = (PostedAcknowledgement, PostedComment)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.get("/alerts", responses=documented("Alerts", AlertList), summary="Alerts")
    def listed(
        *,
        page: Page,
        history: Annotated[bool, Query(description="Also those that are over")] = False,
        over: Annotated[bool, Query(description="Those that are over alone")] = False,
        rule: _Code = None,
        subject: _Code = None,
        from_: Annotated[_Time, Query(alias="from")] = None,
        to: _Time = None,
    ) -> Response:
        """Those that are open, the worst first; with `history` also those that went on in a range."""
        zone = zone_of(dependencies.plan)
        lo = None if from_ is None else moment(from_, "from", zone)
        hi = None if to is None else moment(to, "to", zone)
        after = page.after(Place)
        wanted = Wanted(
            history=history or over,
            over=over,
            rule=rule,
            subject=subject,
            lo=lo,
            hi=hi,
            after=after,
            limit=page.wanted,
        )
        with dependencies.database.connection() as tx:
            found = alert_lists.listed(tx, wanted)
        shown, following = page.cut(found, lambda each: Place(each.rank, each.fired, each.id))
        return answer(AlertList([entry(each, zone) for each in shown], following))

    @routes.get("/alerts/story", responses=documented("The alert", AlertStory), summary="One alert")
    def story(alert: _Id) -> Response:
        """All that happened to it, from the first to the last."""
        return answer(_story(dependencies, alert))

    @routes.post(
        "/alerts/acknowledgement",
        responses=documented("Taken", AlertStory),
        openapi_extra=as_body(PostedAcknowledgement),
        summary="Acknowledge an alert",
    )
    async def acknowledge(request: Request) -> Response:
        """Somebody takes care of it: it is not passed on to further people. A second time changes nothing."""
        posted = await bodies.form(request, PostedAcknowledgement)
        return answer(await run_in_threadpool(_act, dependencies, posted, What.ACKNOWLEDGED))

    @routes.post(
        "/alerts/comment",
        responses=documented("Kept", AlertStory),
        openapi_extra=as_body(PostedComment),
        summary="Comment on an alert",
    )
    async def comment(request: Request) -> Response:
        """A word that stays with the alert."""
        posted = await bodies.form(request, PostedComment)
        return answer(await run_in_threadpool(_act, dependencies, posted, What.COMMENTED))

    return routes


def _act(dependencies: Dependencies, posted: PostedAcknowledgement | PostedComment, what: What) -> AlertStory:
    _story(dependencies, posted.alert)
    with dependencies.database.signed() as tx:
        done = alert_lists.act(tx, posted.alert, what, posted.who, posted.note, now=datetime.now(UTC))
        if done and what is What.ACKNOWLEDGED:
            deliveries.take_back(tx, [posted.alert], f"acknowledged by {posted.who}", renewals=False)
    return _story(dependencies, posted.alert)


def _story(dependencies: Dependencies, alert: str) -> AlertStory:
    zone = zone_of(dependencies.plan)
    with dependencies.database.connection() as tx:
        found = alert_lists.listed(tx, Wanted(history=True, id=alert))
        if not found:
            raise Refusal(404, f"No alert is called {alert!r}. GET /api/v1/alerts lists those there are.")
        changes = alert_lists.changes(tx, alert=alert)
    return AlertStory(entry(found[0], zone), [change(each, zone) for each in changes])
