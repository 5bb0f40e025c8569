"""Who occupies which area or meter, from which day to which: it decides what enterprises see."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import zone_of
from telemetry.api.records import as_body
from telemetry.reports.occupancies import Desk, OccupancyEntry, PostedOccupancy, PostedOccupancyEnd


class OccupancyList(Struct, frozen=True):
    """By place and time; where a place has any, nobody has it on the days in between."""

    occupancies: list[OccupancyEntry]


EXAMPLE = OccupancyEntry(3, "HALL-3", None, "E2", date(2026, 7, 1), None, "people")
LIST_EXAMPLE = OccupancyList([EXAMPLE])
FURTHER: tuple[type[Struct], ...] = (PostedOccupancy, PostedOccupancyEnd)
_Number = Annotated[int, Path(ge=1, lt=1 << 31, examples=[3])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["park"])

    @routes.get("/occupancies", responses=documented("Occupancies", OccupancyList), summary="Occupancies")
    def listed() -> Response:
        """Those of the site's file and those said here."""
        with dependencies.database.connection() as tx:
            return answer(OccupancyList(Desk(tx, zone_of(dependencies.plan)).listed()))

    @routes.post(
        "/occupancies",
        responses=documented("It holds", OccupancyEntry),
        openapi_extra=as_body(PostedOccupancy),
        summary="Say who occupies a place",
    )
    async def put(request: Request) -> Response:
        """From its first day to its last the place is the enterprise's to see, and nobody else's."""
        body = await bodies.posted(request)
        return answer(await run_in_threadpool(_done, dependencies, lambda desk: desk.put(body)))

    @routes.post(
        "/occupancies/{number}/end",
        responses=documented("It ends", OccupancyEntry),
        openapi_extra=as_body(PostedOccupancyEnd),
        summary="End an occupancy",
    )
    async def end(request: Request, number: _Number) -> Response:
        """Whoever moves out keeps what is from before; it sees nothing of what comes after."""
        body = await bodies.posted(request)
        return answer(await run_in_threadpool(_done, dependencies, lambda desk: desk.end(number, body)))

    @routes.post(
        "/occupancies/{number}/withdrawal",
        responses=documented("It never held", OccupancyEntry),
        summary="Withdraw an occupancy",
    )
    def withdraw(number: _Number) -> Response:
        """For what was said by mistake; the audit log keeps it."""
        return answer(_done(dependencies, lambda desk: desk.withdraw(number)))

    return routes


def _done(dependencies: Dependencies, act: Callable[[Desk], OccupancyEntry]) -> OccupancyEntry:
    with dependencies.database.connection() as tx:
        return act(Desk(tx, zone_of(dependencies.plan)))
