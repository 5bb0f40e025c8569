"""Load profiles: the power of many meters in one answer."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports import load_profiles
from telemetry.reports.load_profiles import LoadProfile, LoadProfiles
from telemetry.reports.readings import Resolution

_MOST_METERS = 100
_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
EXAMPLE = LoadProfiles(
    from_=_AT,
    to=_AT.replace(minute=30),
    step=Resolution.QUARTER,
    times=[_AT, _AT.replace(minute=15)],
    meters=[LoadProfile("M-101", [412.5, 409.0]), LoadProfile("M-102", [88.2, None])],
)
_Meters = Annotated[
    list[str],
    Query(min_length=1, max_length=_MOST_METERS, description="Codes", examples=[["M-101", "M-102"]]),
]
_Intervals = Literal[Resolution.MINUTE, Resolution.QUARTER, Resolution.HOUR]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["readings"])

    @routes.get(
        "/load-profiles", responses=documented("Power over intervals", LoadProfiles), summary="Load profiles"
    )
    def profiles(
        meter: _Meters,
        from_: parameters.From = None,
        to: parameters.To = None,
        step: Annotated[_Intervals, Query(description="Length of the intervals")] = Resolution.QUARTER,
    ) -> Response:
        """Active power of up to a hundred meters as means of each interval, with CT x PT applied."""
        zone = parameters.zone_of(dependencies.plan)
        lo, hi = parameters.between(from_, to, zone, datetime.now(UTC))
        question = load_profiles.Question(tuple(meter), lo, hi, step, zone)
        with dependencies.database.connection() as conn:
            return answer(load_profiles.report(conn, question))

    return routes
