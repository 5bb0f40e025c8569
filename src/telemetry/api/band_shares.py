"""Shares of bought energy by band, against the valley share that was set."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import Choice, From, To, between, zone_of
from telemetry.reports import band_shares
from telemetry.reports.band_shares import BandShare, Mark, Marks, SharesAnswer, ShareSeries
from telemetry.reports.cost import BOUGHT
from telemetry.reports.energy import Question
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.steps import Step, Steps
from telemetry.settings.plan import Plan
from telemetry.settings.supplies import Supplied
from telemetry.storage import registry

_FIRST = datetime.fromisoformat("2026-10-01T00:00:00+08:00")
EXAMPLE = SharesAnswer(
    from_=_FIRST,
    to=_FIRST.replace(month=11),
    target=0.4,
    valley=["valley"],
    series=[
        ShareSeries(
            key="E1",
            name=Name("Injection moulding", "注塑厂"),
            kwh=1000.0,
            bands=[
                BandShare("valley", Name("Valley", "低谷"), 300.0, 0.3),
                BandShare("flat", Name("Flat", "平段"), 700.0, 0.7),
            ],
            valley_share=0.3,
            short_kwh=100.0,
            produced=None,
            unit=None,
        )
    ],
)


class ShareBy(StrEnum):
    ENTERPRISE = "enterprise"
    AREA = "area"
    METER = "meter"
    PRODUCT = "product"


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["cost"])

    @routes.get("/band-shares", responses=documented("Shares", SharesAnswer), summary="Energy by band")
    def shares(
        choice: Choice,
        from_: From = None,
        to: To = None,
        by: Annotated[
            ShareBy,
            Query(description="Enterprises and areas (lines) by their boundary meters; products by area"),
        ] = ShareBy.ENTERPRISE,
    ) -> Response:
        """How much was bought in each band of the tariff, and what is short of the valley share set."""
        now, plan = datetime.now(UTC), dependencies.plan
        zone = zone_of(plan)
        steps = Steps.covering(Step.DAY, zone, *between(from_, to, zone, now))

        kind = By.AREA if by is ShareBy.PRODUCT else By(by.value)
        question = Question(steps, choice.selection(kind), (BOUGHT,), now)
        told = band_shares.by_product if by is ShareBy.PRODUCT else band_shares.report
        with dependencies.database.connection() as conn:
            known = registry.read(conn)
            return answer(told(conn, known, plan.library.tariffs, question, _marks(plan, steps.days[1])))

    return routes


def _marks(plan: Plan, day: date) -> Marks:
    """As contracts hold on a day."""
    own = {code: _mark(each) for code, each in plan.own_supplies.items() if each.holds(day)}
    return Marks(_mark(plan.supply()), own)


def _mark(held: Supplied) -> Mark:
    return Mark(band_shares.valley_bands(held.tariff), held.supply.valley_share if held.supply else None)
