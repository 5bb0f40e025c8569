"""Readings that people enter by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from ingest.collectors.push.parsed import Parsed, Rejected
from telemetry.access.asker import Asker
from telemetry.access.posting import Posting
from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.metrics import Metrics
from telemetry.api.parameters import zone_of
from telemetry.api.problems import Mistake, Refusal, shortened
from telemetry.api.receipt import JSON, Receipt, store
from telemetry.reports import manual
from telemetry.reports.errors import QueryError
from telemetry.reports.manual import PostedReading
from telemetry.storage import manual as notes
from telemetry.storage import registry
from telemetry.storage.manual import Draft
from telemetry.storage.registry import Registry

_MOST = 10_000
FURTHER: tuple[type[Struct], ...] = (PostedReading,)
_FORM = reference(PostedReading)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"oneOf": [{"type": "array", "items": _FORM}, _FORM]}}},
    }
}


def router(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    routes = APIRouter(tags=["readings"])

    @routes.post(
        "/manual-readings",
        responses=documented("At least one row was taken, or stood already", Receipt),
        openapi_extra=_BODY,
        summary="Enter readings by hand",
    )
    async def post(request: Request, asker: Asking) -> Response:
        """One row or a list, each with who read it. What contradicts a value that stands is kept aside."""
        rows = _rows(await bodies.posted(request))
        noted = await run_in_threadpool(_noted, dependencies, rows, asker)
        return answer(await store(dependencies, metrics, noted, asker))

    return routes


def _permitted(known: Registry, posting: Posting) -> Registry:
    """Without the meters that may not be entered for: nobody is told that they are there."""
    allowed = posting.meters(tuple(known.by_code))
    return Registry(known.areas, tuple(meter for meter in known.meters if meter.code in allowed))


def _rows(found: Any) -> list[Any]:  # noqa: ANN401  # JSON
    rows = found if isinstance(found, list) else [found]
    if len(rows) > _MOST:
        raise Refusal(413, f"The body holds more than {_MOST} rows; send it in parts.")
    return rows


def _noted(dependencies: Dependencies, rows: list[Any], asker: Asker) -> Parsed:
    """What can be taken, once it is durable who read it. Raises Refusal when nothing can."""
    zone, now = zone_of(dependencies.plan), datetime.now(UTC)
    kept: list[Draft] = []
    places: list[int] = []
    rejected: list[Rejected] = []
    with dependencies.database.signed() as tx:
        known = _permitted(registry.read(tx), Posting(asker, dependencies.plan.site, now))
        for place, row in enumerate(rows):
            try:
                kept.append(manual.draft(known, row, zone, now))
                places.append(place)
            except QueryError as error:
                rejected.append(Rejected(place, error.field, error.value, error.reason))
        notes.put(tx, kept)
    if not kept:
        mistakes = [Mistake(f"{r.row}.{r.field}", shortened(r.value), r.reason) for r in rejected]
        raise Refusal(422, f"None of the rows could be taken; {len(mistakes)} mistakes.", mistakes[:1000])
    return Parsed(manual.batch(known, kept), np.array(places, np.intp), tuple(rejected))
