"""Demand of a billing month, and what the block that runs is heading for."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from msgspec import structs

from accounting.charges import DemandBasis
from telemetry.api.answers import answer, documented
from telemetry.api.bill import Month
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.reports.bill_answer import MaximumDemand
from telemetry.reports.billing_month import park, span_of
from telemetry.reports.demand_answer import DemandAnswer, report
from telemetry.reports.picture import Demand
from telemetry.reports.supplied import billed_by
from telemetry.storage import registry

_BLOCK = datetime.fromisoformat("2026-10-31T10:15:00+08:00")
EXAMPLE = DemandAnswer(
    area="park",
    month="2026-10",
    first_day=date(2026, 10, 1),
    last_day=date(2026, 10, 31),
    zone="Asia/Shanghai",
    basis=DemandBasis.CONTRACT,
    contract_kw=1000.0,
    double_above_kw=1050.0,
    maximum=MaximumDemand(940.5, _BLOCK.replace(day=14), 900, 2976, 0),
    running=Demand(_BLOCK, _BLOCK.replace(minute=30), 310.0, 905.0, 940.5, _BLOCK.replace(day=14)),
    duration_kw=[940.5, 912.0],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["cost"])

    @routes.get("/demand", responses=documented("Demand", DemandAnswer), summary="Demand")
    def demand(
        area: Annotated[
            str | None, Query(max_length=64, description="Default: the park", examples=["E1"])
        ] = None,
        month: Month = None,
    ) -> Response:
        """Maximum demand of a billing month so far on the contract's window, and its load duration.

        Of the month that runs with the block that runs now: so far, and at its end if the power stays.
        """
        now, plan = datetime.now(UTC), dependencies.plan
        here = now.astimezone(zone_of(plan))
        terms, asked = billed_by(plan, site_of(plan), area, month, here)
        with dependencies.database.entrusted(area, *span_of(asked, terms.zone)) as conn:
            known = registry.read(conn)
            found = report(conn, known, terms, asked, area, now)
        if found.area == park(known) and asked.last >= here.date():
            found = structs.replace(found, running=dependencies.live.demand())
        return answer(found)

    return routes
