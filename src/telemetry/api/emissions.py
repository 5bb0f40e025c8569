"""Emissions over intervals, with the factors they stand on."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from accounting.factors import Rule
from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports import emissions
from telemetry.reports.emissions import Basis, EmissionsAnswer, EmissionSeries
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors, FactorUse
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.steps import Step
from telemetry.storage import registry

_FIRST = datetime.fromisoformat("2023-06-01T00:00:00+08:00")
EXAMPLE = EmissionsAnswer(
    from_=_FIRST,
    to=_FIRST.replace(day=2),
    step=Step.DAY,
    by=By.ENTERPRISE,
    basis=Basis.LOCATION,
    revision=Revision.CURRENT,
    zone="Asia/Shanghai",
    times=[_FIRST],
    series=[
        EmissionSeries(
            key="E1",
            name=Name("Injection moulding", "注塑厂"),
            quantity="energy_import",
            carrier="electricity",
            scope="2",
            gas="CO2",
            unit="kg",
            values=[44.19],
            coverage=[1.0],
            estimated=[False],
            factors=[
                FactorUse(
                    "cn.grid.cn-gd.avg.2023",
                    0.4419,
                    "kgCO2/kWh",
                    "cn-mee-2023",
                    date(2025, 12, 31),
                    "CN-GD",
                    "MEE and NBS, announcement 47 of 2025",
                    "data year 2023 is the day's own",
                    Rule.OWN_YEAR,
                    2023,
                    "CN-GD",
                    date(2023, 6, 1),
                    date(2023, 6, 1),
                )
            ],
            shortfalls=[],
        )
    ],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["emissions"])
    library = dependencies.plan.library
    factors = Factors(library.factors, library.regions)

    @routes.get(
        "/emissions", responses=documented("Masses over intervals", EmissionsAnswer), summary="Emissions"
    )
    def masses(
        *,
        asked: parameters.Range,
        choice: parameters.Choice,
        by: Annotated[By, Query(description="Groups; all but meters count their boundary meters")] = By.AREA,
        quantity: parameters.Quantities = [],  # noqa: B006  # FastAPI copies it
        basis: Annotated[Basis, Query(description="How purchased electricity is counted")] = Basis.LOCATION,  # noqa: ARG001  # there is one basis yet
        revision: Annotated[
            Revision, Query(description="Factors as known now, or as known when a day was first settled")
        ] = Revision.CURRENT,
    ) -> Response:
        """Amount x factor of the local day, gases apart; a day without a factor is a shortfall and not 0."""
        now = datetime.now(UTC)
        question = Question(asked.steps(dependencies.plan, now), choice.selection(by), tuple(quantity), now)
        known = registry.load(dependencies.database)
        with dependencies.database.connection() as conn:
            return answer(emissions.report(conn, known, factors, question, revision))

    return routes
