"""Readings: taken in from outside, and shown again."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from telemetry.api import bodies, parameters
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.metrics import Metrics
from telemetry.api.parameters import between, site_of
from telemetry.api.receipt import PushedRow, Receipt, take
from telemetry.reports import readings
from telemetry.reports.readings import ReadingColumns, ReadingValues, Resolution

_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
EXAMPLE = ReadingColumns(
    meter="M-101",
    from_=_AT,
    to=_AT.replace(hour=9),
    step=Resolution.QUARTER,
    more=False,
    times=[_AT, _AT.replace(minute=15), _AT.replace(minute=30), _AT.replace(minute=45)],
    quantities={"active_power": ReadingValues("kW", [412.5, 409.0, None, 411.2])},
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "At most 8 MiB; Content-Encoding: gzip is understood",
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": reference(PushedRow)},
                "example": [
                    {"meter": "M-101", "time": "2026-11-22T08:00:00+08:00", "values": {"active_power": 412.5}}
                ],
            }
        },
    }
}


def router(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    routes = APIRouter(tags=["readings"])

    @routes.post(
        "/readings",
        responses=documented("At least one row was taken, or stood already", Receipt),
        openapi_extra=_BODY,
        summary="Post readings",
    )
    async def post(
        request: Request,
        source: Annotated[str, Query(max_length=64, description="Who sends", examples=["push"])] = "push",
    ) -> Response:
        """Answers once the rows are durable; they may be sent again. 422 when none could be taken."""
        bodies.require_json(request)
        body = await bodies.read(request)
        encoding = request.headers.get("content-encoding", "")
        return await take(dependencies, metrics, source, body, encoding)

    @routes.get("/readings", responses=documented("What it showed", ReadingColumns), summary="Readings")
    def columns(
        *,
        meter: Annotated[str, Query(max_length=64, description="Code", examples=["M-101"])],
        from_: parameters.From = None,
        to: parameters.To = None,
        step: Annotated[
            Resolution, Query(description="raw, or the length of the intervals")
        ] = Resolution.RAW,
        quantity: parameters.Quantities = [],  # noqa: B006  # FastAPI copies it
        primary: Annotated[
            bool, Query(description="With CT x PT applied; else as the meter shows it")
        ] = False,
        limit: Annotated[int, Query(ge=1, le=100_000, description="Newest rows at step=raw")] = 10_000,
    ) -> Response:
        """One meter's readings; gauges as means of each interval, counters as they stood at its end."""
        zone = ZoneInfo(site_of(dependencies.plan).zone)
        lo, hi = between(from_, to, zone, datetime.now(UTC))
        question = readings.Question(meter, lo, hi, step, tuple(quantity), zone, primary, limit)
        with dependencies.database.connection() as conn:
            return answer(readings.report(conn, question))

    return routes
