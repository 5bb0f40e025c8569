"""Readings: taken in from outside, and shown again."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from ingest.collectors.push.columns import UNITS_US
from telemetry.api import bodies, paging, parameters
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.metrics import Metrics
from telemetry.api.parameters import between, zone_of
from telemetry.api.problems import Mistake, Refusal
from telemetry.api.receipt import ARROW, JSON, Posted, PushedRow, Receipt, keep, take
from telemetry.model import ENTERED
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
_TIMES = ["2026-11-22T08:00:00+08:00", "2026-11-22T08:05:00+08:00"]
_COLUMN = {"type": "array", "items": {"type": ["number", "null"]}}
_COLUMNS: dict[str, Any] = {
    "type": "object",
    "description": "Columns of one length; each further name is one of the catalogue's, null is missing",
    "required": ["meter", "time"],
    "properties": {
        "meter": {
            "description": "A code a row, or one for all",
            "oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}],
        },
        "time": {
            "description": "RFC 3339, or numbers since 1970 in time_unit",
            "type": "array",
            "minItems": 1,
            "items": {"type": ["string", "number"]},
        },
        "time_unit": {"enum": [*UNITS_US]},
    },
    "additionalProperties": _COLUMN,
}
_JSON_EXAMPLES: dict[str, Any] = {
    "rows": [{"meter": "M-101", "time": _TIMES[0], "values": {"active_power": 412.5}}],
    "columns": {
        "meter": ["M-101", "M-101"],
        "time": _TIMES,
        "energy_import": [14250.0, 14284.4],
        "active_power": [412.5, None],
    },
    "one meter, epoch": {"meter": "M-101", "time": [1795305600, 1795305900], "time_unit": "s"}
    | {"active_power": [412.5, 409.0]},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "At most 8 MiB, 32 MiB unpacked, 250 000 rows; Content-Encoding: gzip or zstd",
        "content": {
            JSON: {
                "schema": {"oneOf": [{"type": "array", "items": reference(PushedRow)}, _COLUMNS]},
                "examples": {name: {"value": value} for name, value in _JSON_EXAMPLES.items()},
            },
            ARROW: {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "An IPC stream: meter (text), time (timestamp with a zone), and columns of"
                    " numbers by the catalogue's names; its buffers not compressed",
                }
            },
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
        asker: Asking,
        source: Annotated[str, Query(max_length=64, description="Who sends", examples=["push"])] = "push",
        edition: Annotated[
            str, Query(pattern="^[0-9a-f]{0,16}$", description="Of an edge's templates, as the edge says")
        ] = "",
        unmapped: Annotated[  # noqa: FBT002  # a query's
            bool,
            Query(description="The body is an edge's: numbers that its templates do not mention, to be kept"),
        ] = False,
    ) -> Response:
        """Answers once the rows are durable; they may be sent again. 422 when none could be taken."""
        _not_entered(source)
        media = bodies.media_type(request, (JSON, ARROW))
        body = await bodies.read(request)
        encoding = request.headers.get("content-encoding", "")
        if unmapped:
            return await keep(dependencies, Posted(body, media, encoding, source), asker)
        return await take(dependencies, metrics, Posted(body, media, encoding, source, edition), asker)

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
        cursor: paging.Cursor = None,
    ) -> Response:
        """One meter's readings; gauges as means of each interval, counters as they stood at its end."""
        zone = zone_of(dependencies.plan)
        lo, hi = between(from_, to, zone, datetime.now(UTC))
        (hi,) = paging.found(cursor, tuple[datetime]) or (hi,)
        question = readings.Question(meter, lo, hi, step, tuple(quantity), zone, primary, limit)
        with dependencies.database.connection() as conn:
            shown = readings.report(conn, question)
        following = paging.marked((shown.times[0],)) if shown.more else None
        return answer(msgspec.structs.replace(shown, next=following))

    return routes


def _not_entered(source: str) -> None:
    """Raises Refusal (422)."""
    if source == ENTERED:
        reason = "belongs to readings that people enter, which POST /api/v1/manual-readings takes"
        raise Refusal(
            422, "Readings cannot be posted under this source.", [Mistake("source", source, reason)]
        )
