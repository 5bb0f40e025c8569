"""Meters that send and that nobody has declared."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from msgspec import Meta, Struct

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports.moment import Moment
from telemetry.storage import stray
from telemetry.storage.stray import Stray


class StrayEntry(Struct, frozen=True):
    """What came of one undeclared meter."""

    source: Annotated[str, Meta(examples=["push"])]
    meter: Annotated[str, Meta(examples=["M-109"])]
    rows: int
    first: Annotated[Moment, Meta(description="Time of the oldest row")]
    last: Annotated[Moment, Meta(description="Time of the newest row")]
    received: Annotated[Moment, Meta(description="When the newest of them came")]
    values: Annotated[dict[str, float], Meta(description="Of the newest row, as they came")]


class StrayList(Struct, frozen=True):
    """Undeclared meters, those that came last first."""

    strays: list[StrayEntry]
    adopted: Annotated[int, Meta(description="Rows that became readings when their meter was declared")]
    dropped: Annotated[int, Meta(description="The oldest rows, given up because too many were kept")]


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
_ENTRY = StrayEntry("push", "M-109", 24, _AT.replace(hour=2), _AT, _AT, {"active_power": 41.7})
EXAMPLE = StrayList([_ENTRY], 96, 0)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    @routes.get("/strays", responses=documented("Strays", StrayList), summary="Undeclared meters")
    def strays(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """Meters that sent readings and stand in no plan: their rows are kept aside as they came.

        Once a meter is declared its rows become readings, with their own times, and leave this list. The
        two counts are since the service started.
        """
        site = dependencies.plan.site
        zone = ZoneInfo(site.zone if site else "UTC")
        with dependencies.database.connection() as conn:
            found = stray.listed(conn, limit)
        tally = dependencies.strays
        return answer(StrayList([_entry(each, zone) for each in found], tally.adopted, tally.dropped))

    return routes


def _entry(found: Stray, zone: ZoneInfo) -> StrayEntry:
    first, last, received = (at.astimezone(zone) for at in (found.first, found.last, found.received))
    return StrayEntry(found.source, found.meter, found.rows, first, last, received, found.values)
