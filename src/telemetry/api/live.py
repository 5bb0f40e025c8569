"""The live view: one picture, or a stream of what changes."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from telemetry.api import packing
from telemetry.api.answers import documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.feed import Watcher
from telemetry.api.guard import Asking
from telemetry.api.problems import come_again
from telemetry.reports.alerts import AlertChange
from telemetry.reports.errors import TooManyWatchers
from telemetry.reports.picture import (
    AreaRow,
    BandNow,
    Counts,
    Demand,
    MeterRow,
    NextBand,
    ParkRow,
    Snapshot,
    State,
    Update,
)

_AT = datetime.fromisoformat("2026-11-22T08:07:12+08:00")
_BLOCK = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
EXAMPLE = Snapshot(
    time=_AT,
    epoch="19aa2c5d1f0",
    sequence=4711,
    park=ParkRow(
        power_kw=4820.0,
        import_kw=4310.0,
        generation_kw=510.0,
        co2_kg_per_h=1904.6,
        coverage=1.0,
        co2_coverage=1.0,
        contract_share=0.76,
        demand=Demand(
            block_start=_BLOCK,
            block_end=_BLOCK.replace(minute=15),
            so_far_kw=2068.8,
            projected_kw=4309.0,
            month_max_kw=4602.0,
            month_max_at=datetime.fromisoformat("2026-11-12T10:15:00+08:00"),
        ),
        band=BandNow(
            code="flat",
            price=0.72,
            currency="CNY",
            fictitious=True,
            until=datetime.fromisoformat("2026-11-22T10:00:00+08:00"),
            next=NextBand("peak", 1.08),
        ),
    ),
    areas=[AreaRow("E1", 1240.0, 1240.0, None, 547.9, 1.0, 1.0)],
    meters=[MeterRow("M-101", _AT.replace(second=9), 3.0, State.LIVE, 412.5, 182.3, {"active_power": 412.5})],
    counts=Counts(live=43, late=1, stale=0, never=0),
)
_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "description": "epoch-sequence; send it back as Last-Event-ID to go on"},
        "event": {"enum": ["snapshot", "update", "alert"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"anyOf": [reference(Snapshot), reference(Update), reference(AlertChange)]},
        },
    },
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events", "content": {"text/event-stream": {"schema": _EVENT}}}
}

_SEES_ALERTS = "see-alerts"
_ALERTS = frozenset({b"event: alert"})


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["live"])

    @routes.get("/live", responses=documented("The park now", Snapshot), summary="The park now")
    async def snapshot(request: Request) -> Response:
        """Every meter's last reading with its age, and the sums over areas and the park.

        Whoever is let in for single areas gets their meters, and the sums of areas that are wholly theirs.
        """
        told = await run_in_threadpool(dependencies.live.snapshot)
        if told is None:
            raise come_again(503, "The live view is being drawn for the first time.")
        packs = packing.wanted(request.headers, len(told.plain))
        headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": packing.ENCODING} if packs else {})
        return Response(told.packed if packs else told.plain, headers=headers, media_type="application/json")

    @routes.get(
        "/live/stream", response_class=StreamingResponse, responses=_STREAM, summary="Follow the park"
    )
    async def stream(
        request: Request,
        asker: Asking,
        max_events: Annotated[int | None, Query(ge=1, description="Ends after so many events")] = None,
        last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Response:
        """Server-sent events: what was missed since `Last-Event-ID` or a snapshot, then every second.

        What happens to alerts comes in between, as events named `alert`, for whoever may see alerts; after a
        snapshot ask for them anew. Ends when what let in does so no more, or for something else.
        """
        try:
            watcher = dependencies.live.join(last_event_id)
        except TooManyWatchers as error:
            raise come_again(503, f"The live view has no room: {error}.") from error
        hidden = frozenset() if _SEES_ALERTS in asker.permissions else _ALERTS
        holds = partial(dependencies.settings.access.holds, request, asker)
        return _Stream(watcher, _events(watcher, hidden, max_events, holds))

    return routes


class _Stream(StreamingResponse):
    """Lets its watcher leave however it ends, also when it never began."""

    media_type = "text/event-stream"

    def __init__(self, watcher: Watcher, events: AsyncIterator[bytes]) -> None:
        super().__init__(events, headers={"X-Accel-Buffering": "no"})
        self._watcher = watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._watcher.leave()


async def _events(
    watcher: Watcher, hidden: frozenset[bytes], most: int | None, holds: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Without events of the kinds that are `hidden`, as long as `holds`."""
    sent = 0
    async for event in watcher.events():
        if not holds():
            return
        if not hidden.isdisjoint(event.split(b"\n", 2)):
            continue
        yield event
        sent += event.startswith(b"id:")
        if most is not None and sent >= most:
            return
