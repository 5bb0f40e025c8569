"""Cost of bought electricity over days and months."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import Choice, From, To, between, zone_of
from telemetry.reports import cost
from telemetry.reports.cost import BOUGHT, BandCost, CostAnswer, CostSeries
from telemetry.reports.energy import Question
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.steps import Step, Steps
from telemetry.storage import registry

_FIRST = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
EXAMPLE = CostAnswer(
    from_=_FIRST,
    to=_FIRST.replace(day=23),
    step=Step.DAY,
    by=By.AREA,
    zone="Asia/Shanghai",
    currency="CNY",
    fictitious=True,
    times=[_FIRST],
    series=[
        CostSeries(
            key="E1",
            name=Name("Injection moulding", "注塑厂"),
            unit="kWh",
            amounts=[320.0],
            costs=[176.0],
            coverage=[1.0],
            estimated=[False],
            provisional=[False],
            unpriced=[0.0],
            bands=[
                BandCost("demo-park", "valley", Name("Valley", "低谷"), [120.0], [36.0]),
                BandCost("demo-park", "flat", Name("Flat", "平段"), [200.0], [140.0]),
            ],
            shortfalls=[],
        )
    ],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["cost"])

    @routes.get("/cost", responses=documented("Costs over intervals", CostAnswer), summary="Cost")
    def costs(
        choice: Choice,
        from_: From = None,
        to: To = None,
        step: Annotated[
            Step, Query(description="Length of the intervals; the statement's days, else quarter hours")
        ] = Step.DAY,
        by: Annotated[By, Query(description="Groups; all but meters count their boundary meters")] = By.AREA,
    ) -> Response:
        """What bought electricity cost by band of the tariff; what has no price is unpriced, with the reason.

        Without charges for capacity, demand or power factor, which belong to a bill and to no hour.
        """
        now = datetime.now(UTC)
        plan = dependencies.plan
        zone = zone_of(plan)
        steps = Steps.covering(step, zone, *between(from_, to, zone, now))
        question = Question(steps, choice.selection(by), (BOUGHT,), now)
        currency = plan.tariff.currency if plan.tariff else parameters.site_of(plan).currency
        known = registry.load(dependencies.database)
        with dependencies.database.connection() as conn:
            return answer(
                cost.report(
                    conn,
                    known,
                    plan.library.tariffs,
                    question,
                    currency,
                    tariff=plan.tariff,
                    own=plan.own_tariffs,
                )
            )

    return routes
