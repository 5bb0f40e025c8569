"""InfluxDB's way of writing, so that what posts to it posts here unchanged."""

import asyncio
import time
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from msgspec import Meta, Struct

from ingest.collectors.influx import body as influx
from ingest.collectors.push.parsed import Parsed
from ingest.errors import TooManyRows
from telemetry.access.asker import Asker
from telemetry.api import bodies
from telemetry.api.answers import problem_content, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.metrics import Metrics
from telemetry.api.problems import Refusal
from telemetry.api.receipt import WELL_FORMED, Receipt, RejectedField, store
from telemetry.settings.plan import Plan

_SOURCE = "influx"
_NAMED = 10
"""Mistakes that a message names."""
_VERSION = {"X-Influxdb-Version": "ParkWatt", "X-Influxdb-Build": "ParkWatt"}
_LINE = "M-101,hall=1 active_power=412.5,energy_import=14250.0 1795332600000000000"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Line protocol, at most 8 MiB; Content-Encoding: gzip or zstd",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": _LINE}},
    }
}


class WriteError(Struct, frozen=True):
    """Lines that could not be used; the others are durable."""

    code: Annotated[str, Meta(examples=["invalid"])]
    message: Annotated[
        str,
        Meta(examples=["partial write: line 3: power: not a number (got 'x') dropped=1"]),
    ]
    line: Annotated[int, Meta(description="The first of them, from 1")]


class WriteErrorV1(Struct, frozen=True):
    """The same as version 1 says it."""

    error: Annotated[str, Meta(examples=["partial write: line 3: active_power: not a number dropped=1"])]


def _responses(kind: type[Struct]) -> dict[int | str, dict[str, Any]]:
    refused = {"application/json": {"schema": reference(kind)}, **problem_content()}
    return {
        204: {"description": "Every line is durable, or stood already"},
        400: {"description": "Some lines could not be used; the others are durable", "content": refused},
    }


def router(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    routes = APIRouter(tags=["influx"])

    async def taken(request: Request, precision: str, asker: Asker) -> list[RejectedField]:
        body = await bodies.read(request)
        encoding = request.headers.get("content-encoding", "")
        parsed = await asyncio.to_thread(_parse, dependencies.plan, body, encoding, precision)
        receipt: Receipt = await store(dependencies, metrics, parsed, asker)
        return receipt.rejected

    @routes.post(
        "/api/v2/write",
        status_code=204,
        responses=_responses(WriteError),
        openapi_extra=_BODY,
        summary="Write as to InfluxDB 2",
    )
    async def write(
        request: Request,
        asker: Asking,
        precision: Annotated[Literal["ns", "us", "ms", "s"], Query(description="Of the timestamps")] = "ns",
    ) -> Response:
        """Lines of known meters become readings; org and bucket are not looked at."""
        rejected = await taken(request, precision, asker)
        if not rejected:
            return Response(status_code=204)
        return _refused(WriteError("invalid", _message(rejected), rejected[0].row))

    @routes.post(
        "/write",
        status_code=204,
        responses=_responses(WriteErrorV1),
        openapi_extra=_BODY,
        summary="Write as to InfluxDB 1",
    )
    async def write_v1(
        request: Request,
        asker: Asking,
        precision: Annotated[
            Literal["ns", "n", "us", "u", "ms", "s", "m", "h"], Query(description="Of the timestamps")
        ] = "ns",
    ) -> Response:
        """Lines of known meters become readings; db and rp are not looked at."""
        rejected = await taken(request, precision, asker)
        if not rejected:
            return Response(status_code=204)
        return _refused(WriteErrorV1(_message(rejected)))

    @routes.get("/ping", status_code=204, summary="Alive, as InfluxDB says it")
    async def ping() -> Response:
        """Asks for no token."""
        return Response(status_code=204, headers=_VERSION)

    @routes.head("/ping", status_code=204, summary="Alive, as InfluxDB says it")
    async def ping_head() -> Response:
        """Asks for no token."""
        return Response(status_code=204, headers=_VERSION)

    return routes


def _parse(plan: Plan, body: bytes, encoding: str, precision: str) -> Parsed:
    plain = bodies.unpack(body, encoding)
    try:
        return influx.parse(
            plain, WELL_FORMED, plan.influx, source=_SOURCE, precision=precision, now=time.time()
        )
    except TooManyRows as error:
        raise Refusal(413, f"The body holds {error.reason}; send it in parts.") from error


def _refused(error: Struct) -> Response:
    return Response(msgspec.json.encode(error), 400, media_type="application/json")


def _message(rejected: list[RejectedField]) -> str:
    named = "; ".join(f"line {each.row}: {_reason(each)}" for each in rejected[:_NAMED])
    more = f"; {len(rejected) - _NAMED} more" if len(rejected) > _NAMED else ""
    return f"partial write: {named}{more} dropped={len({each.row for each in rejected})}"


def _reason(field: RejectedField) -> str:
    return f"{field.field}: {field.reason} (got {field.value!r})"
