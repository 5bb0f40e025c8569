"""From a number back to what it was made of."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.meters import EXAMPLE as METER
from telemetry.api.parameters import From, To, between, site_of
from telemetry.reports import trace
from telemetry.reports.trace import How, TraceAnswer, TraceBatch, TraceEvent, TraceReading, TraceSpan


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{clock}:00+08:00")


EXAMPLE = TraceAnswer(
    meter="M-101",
    quantity="energy_import",
    unit="kWh",
    from_=_at("08:00"),
    to=_at("08:15"),
    amount=20.0,
    coverage=1.0,
    shown="energy_import",
    shown_unit="kWh",
    formula="(after - before) x multiplier, spread evenly between the two readings",
    max_gap_s=900.0,
    rollover=None,
    times=[_at("08:00")],
    values=[20.0],
    coverages=[1.0],
    spans=[TraceSpan(_at("08:00"), _at("08:15"), 14250.0, 14250.25, 80.0, 20.0, How.MEASURED)],
    readings=[TraceReading(_at("08:00"), 14250.0, 17), TraceReading(_at("08:15"), 14250.25, 18)],
    batches=[TraceBatch(17, "line-1", _at("08:00"), 60), TraceBatch(18, "line-1", _at("08:15"), 60)],
    events=[TraceEvent(_at("08:15"), "reset", 0.25)],
    conflicts=METER.conflicts,
    terms=METER.terms,
    serial="20261122",
    template=METER.template,
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["trace"])

    @routes.get("/trace", responses=documented("What it was made of", TraceAnswer), summary="Trace an amount")
    def behind(
        meter: Annotated[str, Query(max_length=64, examples=["M-101"])],
        from_: From = None,
        to: To = None,
        quantity: Annotated[str, Query(max_length=100)] = "energy_import",
    ) -> Response:
        """A settled amount of one meter with the readings, batches, multipliers and rules behind it."""
        zone, now = ZoneInfo(site_of(dependencies.plan).zone), datetime.now(UTC)
        lo, hi = between(from_, to, zone, now)
        question = trace.Question(meter, quantity, lo, hi, zone, now)
        with dependencies.database.connection() as conn:
            return answer(trace.report(conn, dependencies.plan.library.devices, question))

    return routes
