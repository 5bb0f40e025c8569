"""Settled energy over intervals."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports import energy
from telemetry.reports.energy import EnergyAnswer, EnergySeries
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.steps import Step
from telemetry.storage import registry

EXAMPLE = EnergyAnswer(
    from_=datetime.fromisoformat("2026-11-22T08:00:00+08:00"),
    to=datetime.fromisoformat("2026-11-22T10:00:00+08:00"),
    step=Step.HOUR,
    by=By.AREA,
    zone="Asia/Shanghai",
    times=[datetime.fromisoformat(f"2026-11-22T{hour}:00:00+08:00") for hour in ("08", "09")],
    series=[
        EnergySeries(
            key="E1",
            name=Name("Injection moulding", "注塑厂"),
            quantity="energy_import",
            carrier="electricity",
            unit="kWh",
            values=[1240.5, 1198.25],
            coverage=[1.0, 0.75],
            estimated=[False, True],
        )
    ],
)
_By = Annotated[
    By, Query(description="Areas, enterprises and carriers count their boundary meters", examples=["area"])
]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["energy"])

    @routes.get("/energy", responses=documented("Amounts over intervals", EnergyAnswer), summary="Energy")
    def amounts(
        range_: parameters.Range,
        choice: parameters.Choice,
        by: _By = By.AREA,
        quantity: parameters.Quantities = [],  # noqa: B006  # FastAPI copies it
    ) -> Response:
        """Settled amounts of every quantity that accumulates; single phases only when asked for by name."""
        now = datetime.now(UTC)
        question = energy.Question(
            range_.steps(dependencies.plan, now), choice.selection(by), tuple(quantity), now
        )
        known = registry.load(dependencies.database)
        with dependencies.database.connection() as conn:
            return answer(energy.report(conn, known, question))

    return routes
