"""The edges: each tells here how it and the sources that it reads are doing."""

import time
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct

from telemetry.access.asker import Asker
from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.problems import Mistake, Refusal
from telemetry.reports.edges import EdgeReport
from telemetry.reports.sources import edges_of


class EdgeReceipt(Struct, frozen=True):
    """What the centre made of a report."""

    unknown: Annotated[list[str], Meta(description="Sources that the site here does not mark with this edge")]


EXAMPLE = EdgeReceipt(["boilers"])
_decode = msgspec.json.Decoder(EdgeReport).decode
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Content-Encoding: gzip or zstd",
        "content": {"application/json": {"schema": reference(EdgeReport)}},
    }
}


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    @routes.post(
        "/edges/{name}",
        responses=documented("It was heard", EdgeReceipt),
        openapi_extra=_BODY,
        summary="An edge reports",
    )
    async def report(
        request: Request, asker: Asking, name: Annotated[str, Path(max_length=64, examples=["plant-2"])]
    ) -> Response:
        """Kept in memory and shown with the sources; 422 when no source of the site is marked with it."""
        body = await bodies.plain(request)
        known = [code for code, edge in edges_of(dependencies.plan.site).items() if edge == name]
        if not known:
            mistake = Mistake("name", name, "no source of the site is marked with this edge")
            raise Refusal(422, "This edge is not known here.", [mistake])
        _check(asker, known)
        return answer(EdgeReceipt(dependencies.edges.heard(name, _read(body), time.time(), known)))

    return routes


def _check(asker: Asker, sources: list[str]) -> None:
    if not (asker.of_park if asker.sources is None else asker.sources.issuperset(sources)):
        raise Refusal(403, f"The key {asker.name!r} may not report for each of this edge's sources.")


def _read(body: bytes) -> EdgeReport:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(422, "The report cannot be read.", [Mistake("body", None, str(error))]) from error
