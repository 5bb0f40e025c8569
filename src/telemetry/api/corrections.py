"""Corrections: made, listed, undone; nothing is ever overwritten without one."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Number, Page
from telemetry.api.parameters import From, To, between, zone_of
from telemetry.api.receipt import JSON
from telemetry.reports.correcting import Desk
from telemetry.reports.correction_forms import FORMS, ReadingTo
from telemetry.reports.corrections import CorrectedReading, CorrectionEntry, entries
from telemetry.reports.errors import QueryError
from telemetry.storage import corrections, registry
from telemetry.storage.findings import ENDLESS
from telemetry.storage.terms import BEGINNING


class CorrectionList(Struct, frozen=True):
    """Corrections that touch the range asked for, the newest first."""

    corrections: list[CorrectionEntry]
    next: Next = None


_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
EXAMPLE = CorrectionEntry(
    id=12,
    kind="replace",
    meter="M-101",
    quantity="energy_import",
    from_=_AT,
    to=_AT,
    amount=None,
    readings=[CorrectedReading(_AT, 14520.0, 14250.0)],
    who="li.na",
    reason="digits swapped when read",
    made_at=_AT.replace(hour=10),
    accepts=None,
    undoes=None,
    undone_by=None,
)
LIST_EXAMPLE = CorrectionList([EXAMPLE])
FURTHER: tuple[type[Struct], ...] = (*FORMS.values(), ReadingTo)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"oneOf": [reference(form) for form in FORMS.values()]}}},
    }
}


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["corrections"])

    @routes.post(
        "/corrections",
        responses=documented("It stands, and what it touches is settled anew", CorrectionEntry),
        openapi_extra=_BODY,
        summary="Correct readings or an amount",
    )
    async def correct(request: Request) -> Response:
        """All of it or, with the field at fault, nothing. Originals are kept; undo brings them back."""
        return answer(await run_in_threadpool(_make, dependencies, await bodies.posted(request)))

    @routes.get("/corrections", responses=documented("Corrections", CorrectionList), summary="Corrections")
    def listed(
        page: Page,
        meter: Annotated[list[str], Query(max_length=1000, description="Codes; default: all")] = [],  # noqa: B006  # FastAPI copies it
        from_: From = None,
        to: To = None,
    ) -> Response:
        """Who changed what, when and why; also what was undone. Without from and to: of all times."""
        zone = zone_of(dependencies.plan)
        bounded = from_ is not None or to is not None
        lo, hi = between(from_, to, zone, datetime.now(UTC)) if bounded else (BEGINNING, ENDLESS)
        with dependencies.database.connection() as tx:
            known = registry.read(tx)
            ids = [_meter(known, code).id for code in meter] or None
            (before,) = page.after(tuple[Number]) or (None,)
            found = corrections.listed(tx, ids, None, lo, hi, page.wanted, before=before)
            shown, following = page.cut(found, lambda each: (each.id,))
            return answer(CorrectionList(entries(tx, known, shown, zone), following))

    return routes


def _meter(known: registry.Registry, code: str) -> registry.RegisteredMeter:
    if code not in known.by_code:
        raise QueryError("meter", code, "no meter has this code")
    return known.by_code[code]


def _make(dependencies: Dependencies, row: Any) -> CorrectionEntry:  # noqa: ANN401  # JSON
    zone = zone_of(dependencies.plan)
    with dependencies.database.connection() as tx:
        made = corrections.one(tx, Desk(tx, zone, datetime.now(UTC)).make(row))
        return entries(tx, registry.read(tx), [made] if made else [], zone)[0]
