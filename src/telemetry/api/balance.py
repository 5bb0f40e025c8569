"""Places in balance: what crosses into them against what is measured behind them."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from accounting.balance import Verdict
from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports import balance
from telemetry.reports.balance import BalanceAnswer, BalancePart, BalanceSeries
from telemetry.reports.energy import Question
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.steps import Step, Steps
from telemetry.storage import registry
from telemetry.storage.tenancy import Scope

EXAMPLE = BalanceAnswer(
    from_=datetime.fromisoformat("2026-11-22T00:00:00+08:00"),
    to=datetime.fromisoformat("2026-11-23T00:00:00+08:00"),
    step=Step.DAY,
    zone="Asia/Shanghai",
    times=[datetime.fromisoformat("2026-11-22T00:00:00+08:00")],
    series=[
        BalanceSeries(
            key="PARK",
            name=Name("Park", "园区"),
            area=True,
            quantity="energy_import",
            unit="kWh",
            total=[52_400.0],
            enterprises=[48_150.0],
            common=[3200.0],
            loss=[1050.0],
            share=[0.02],
            expected=[786.0],
            tolerance=[324.5],
            verdict=[Verdict.WITHIN],
            compared=[1.0],
            missing=[],
            unclassed=[],
            parts=[
                BalancePart("COMMON", Name("Common", "公共"), True, None, [3200.0], [1.0]),  # noqa: FBT003
                BalancePart("E1", Name("Moulding", "注塑厂"), True, "E1", [48_150.0], [0.99]),  # noqa: FBT003
            ],
        )
    ],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["balance"])

    @routes.get("/balance", responses=documented("Places in balance", BalanceAnswer), summary="Balance")
    def balances(
        *,
        range_: parameters.Range,
        choice: parameters.Choice,
        quantity: parameters.Quantities = [],  # noqa: B006  # FastAPI copies it
        out: Annotated[bool, Query(description="Only places with an interval out of tolerance")] = False,
    ) -> Response:
        """Areas by their boundary meters, and meters with others behind them; default: all that there are.

        Whoever is let in for single areas gets those whose meters are all theirs in all of the range.
        """
        now = datetime.now(UTC)
        question = Question(
            range_.steps(dependencies.plan, now), choice.selection(By.AREA), tuple(quantity), now
        )
        database = dependencies.database
        question.selection.check(registry.load(database))
        known, scope = registry.load(database.whole), database.scope()
        seen = partial(_seen, scope, question.steps) if scope else bool
        with database.connection() as conn:
            return answer(balance.report(conn, known, question, out=out, seen=seen))

    return routes


def _seen(scope: Scope, steps: Steps, meters: set[str]) -> bool:
    return all(scope.has(meter, steps.begin, steps.end) for meter in meters)
