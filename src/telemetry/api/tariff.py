"""The tariff's bands over time."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from msgspec import Meta, Struct

from accounting.tariff import Tariff
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import From, To, between, zone_of
from telemetry.api.problems import Refusal
from telemetry.reports.band import BandSpan, spans
from telemetry.reports.steps import Step, Steps
from telemetry.settings.plan import Plan


class BandsAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Which band holds when, and what a kWh costs in it."""

    from_: datetime
    to: datetime
    tariff: str
    currency: str
    fictitious: bool
    bands: list[BandSpan]
    calendar_unknown: Annotated[
        list[int], Meta(description="Years whose free days no source tells yet: bands may change")
    ]


_AT = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
EXAMPLE = BandsAnswer(
    from_=_AT,
    to=_AT.replace(hour=8),
    tariff="demo-park",
    currency="CNY",
    fictitious=True,
    bands=[BandSpan(_AT, _AT.replace(hour=8), "valley", 0.3)],
    calendar_unknown=[],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["park"])

    @routes.get("/tariff", responses=documented("Bands over time", BandsAnswer), summary="Tariff bands")
    def bands(from_: From = None, to: To = None) -> Response:
        """Bands and prices from `from` to `to`, by default today; 404 when the park names no tariff."""
        zone = zone_of(dependencies.plan)
        lo, hi = between(from_, to, zone, datetime.now(UTC))
        steps = Steps.covering(Step.QUARTER, zone, lo, hi)
        return answer(_bands(_tariff(dependencies.plan), steps))

    return routes


def _tariff(plan: Plan) -> Tariff:
    if plan.tariff is None:
        raise Refusal(404, "The park names no tariff. Name one under billing in the site's file.")
    return plan.tariff


def _bands(tariff: Tariff, steps: Steps) -> BandsAnswer:
    return BandsAnswer(
        from_=steps.times()[0],
        to=steps.end,
        tariff=tariff.code,
        currency=tariff.currency,
        fictitious=tariff.fictitious,
        bands=spans(tariff, steps),
        calendar_unknown=tariff.unknown_years(range(steps.times()[0].year, steps.times()[-1].year + 1)),
    )
