"""From a number back to what it was made of."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from telemetry.api.answers import answer, documented
from telemetry.api.corrections import EXAMPLE as CORRECTION
from telemetry.api.dependencies import Dependencies
from telemetry.api.meters import EXAMPLE as METER
from telemetry.api.parameters import From, To, between, site_of, zone_of
from telemetry.api.records import ENTRY, rating_of
from telemetry.reports import emission_trace, own_figures, trace
from telemetry.reports.emission_answer import Basis, Origin
from telemetry.reports.emission_trace import Asked
from telemetry.reports.emission_trace_answer import EmissionFigure, EmissionPart, EmissionTrace
from telemetry.reports.emitted import Revision
from telemetry.reports.manual import ManualEntry
from telemetry.reports.pools.report import Park
from telemetry.reports.provenance import TraceBatch, TraceTemplate
from telemetry.reports.records import Desk
from telemetry.reports.steps import Step, Steps
from telemetry.reports.traced import How, TraceAnswer, TraceEvent, TraceReading, TraceReplacement, TraceSpan
from telemetry.storage import registry


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
    max_gap_s=1000.0,
    rollover=None,
    times=[_at("08:00")],
    values=[20.0],
    coverages=[1.0],
    spans=[TraceSpan(_at("08:00"), _at("08:15"), 14250.0, 14250.25, 80.0, 20.0, How.MEASURED)],
    readings=[TraceReading(_at("08:00"), 14250.0, 17), TraceReading(_at("08:15"), 14250.25, 18)],
    batches=[
        TraceBatch(17, "line-1", _at("08:00"), 60, "4be1c0a7d2936f58"),
        TraceBatch(18, "line-1", _at("08:15"), 60, "4be1c0a7d2936f58"),
    ],
    events=[TraceEvent(_at("08:15"), "reset", 0.25)],
    replacements=[TraceReplacement(_at("08:10"), 99_180.5, 14_250.1)],
    conflicts=METER.conflicts,
    entered=[
        ManualEntry(
            "M-101", _at("08:15"), "energy_import", 14250.25, "li.na", "display scratched", _at("09:00")
        )
    ],
    corrections=[CORRECTION],
    terms=METER.terms,
    serial="20261122",
    template=METER.template,
    templates=[
        TraceTemplate(
            "4be1c0a7d2936f58",
            "eastron-sdm630",
            _at("06:00"),
            {"code": "eastron-sdm630", "registers": [{"quantity": "energy_import", "address": 72}]},
        )
    ],
)

EMISSIONS_EXAMPLE = EmissionTrace(
    area="E1",
    meter=None,
    from_=_at("00:00"),
    to=_at("00:00").replace(day=23),
    basis=Basis.LOCATION,
    revision=Revision.CURRENT,
    figures=[EmissionFigure("CO2", "2", 44.19, 1.0, complete=True)],
    parts=[
        EmissionPart(
            origin=Origin.METERS,
            meter="M-101",
            quantity="energy_import",
            scope="2",
            gas="CO2",
            from_=date(2026, 11, 22),
            to=date(2026, 11, 22),
            amount=100.0,
            unit="kWh",
            coverage=1.0,
            conversion=1.0,
            formula="100 kWh x 0.4419 kgCO2/kWh",
            kg=44.19,
            factor=None,
            shortfall=None,
            traces=["/api/v1/trace?meter=M-101&quantity=energy_import&from=2026-11-22&to=2026-11-23"],
            record=None,
        )
    ],
    documents=[],
    certificates=[ENTRY],
    contracts=[],
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
        zone, now = zone_of(dependencies.plan), datetime.now(UTC)
        lo, hi = between(from_, to, zone, now)
        question = trace.Question(meter, quantity, lo, hi, zone, now)
        with dependencies.database.connection() as conn:
            return answer(trace.report(conn, dependencies.plan.library.devices, question))

    @routes.get(
        "/trace/emissions",
        responses=documented("What it was made of", EmissionTrace),
        summary="Trace an emission",
    )
    def emitted(
        *,
        from_: From = None,
        to: To = None,
        area: Annotated[str | None, Query(max_length=64, description="Default: the park")] = None,
        meter: Annotated[str | None, Query(max_length=64, examples=["M-101"])] = None,
        revision: Revision = Revision.CURRENT,
        basis: Basis = Basis.LOCATION,
    ) -> Response:
        """Emissions of whole days with the meters, amounts, coverage, factors, formulas and documents behind.

        An area counts its boundary meters and the activities posted for it and for what stands below it.
        Air from a neighbour stands by the bought energy that it was made of, in all pools before it.
        Market-based, its electricity stands by what served it: each certificate, contract, supplier rate,
        and what was left to the residual or the average.
        """
        plan, now = dependencies.plan, datetime.now(UTC)
        zone = zone_of(plan)
        steps = Steps.covering(Step.DAY, zone, *between(from_, to, zone, now))
        asked = Asked(steps, area, meter, revision, now, basis)
        desk, database = Desk(rating_of(plan), now), dependencies.database
        whole = database.entrusted(area, steps.begin, steps.end)
        with database.connection() if meter else whole as conn:
            park = Park(registry.read(conn), site_of(plan).converters, dependencies.factors)
            found = emission_trace.report(conn, park, desk, asked)
        return answer(own_figures.trace(found, database.scope()))

    return routes
