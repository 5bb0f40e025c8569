"""Whether the service is alive, whether it can acknowledge, and its counters."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from msgspec import Struct

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.metrics import MEDIA_TYPE, Metrics
from telemetry.api.problems import Refusal, come_again
from telemetry.storage.errors import StorageUnavailable


class Status(Struct, frozen=True):
    status: Literal["alive", "ready"]


def router(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", responses=documented("It runs.", Status), summary="Alive")
    async def healthz() -> Response:
        """Says that the process runs and answers."""
        return answer(Status("alive"))

    @routes.get("/readyz", responses=documented("It can acknowledge.", Status), summary="Ready")
    def readyz() -> Response:
        """Says whether readings could be made durable now, in the database or in the spool."""
        sink = dependencies.sink
        if sink.spool is not None and not sink.spool.full:
            return answer(Status("ready"))
        if sink.spool is not None and sink.spool.pending and sink.health.failing:
            raise _unready("takes nothing")  # a disk that is full lets it answer all the same
        try:
            with dependencies.store.connection():
                return answer(Status("ready"))
        except StorageUnavailable as error:
            raise _unready("does not answer") from error

    @routes.get("/metrics", response_class=Response, responses=_TEXT, summary="Counters for Prometheus")
    def exposition() -> Response:
        """Counters in the text format of Prometheus."""
        return Response(metrics.exposition(), media_type=MEDIA_TYPE)

    return routes


def _unready(database: str) -> Refusal:
    return come_again(
        503, f"The database {database}, and the spool has no room; nothing can be acknowledged."
    )


_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "Counters", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
