"""Hourly grid factors: posted, listed and withdrawn."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of
from telemetry.api.records import PostedWithdrawal, as_body
from telemetry.reports.posted_series import (
    HourlyFactors,
    HourlyFactorsList,
    HourlyGap,
    PostedHourlyFactors,
    SeriesDesk,
)
from telemetry.storage import hourly_series
from telemetry.storage.hourly_series import Hours


def _at(day: int, hour: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-05-{day:02}T{hour:02}:00:00+08:00")


EXAMPLE = HourlyFactors(
    id=2,
    region="CN-GD",
    edition="dispatch 2026-05",
    source="operator's page, hourly table",
    from_=_at(1),
    to=_at(2),
    hours=22,
    mean=0.4063,
    gaps=[HourlyGap("CN-GD", _at(1, 3), _at(1, 5), 2)],
    posted_by="li.na",
    posted_at=_at(3, 9),
    withdrawn=None,
    new=True,
)
LIST_EXAMPLE = HourlyFactorsList([EXAMPLE])
FURTHER: tuple[type[Struct], ...] = (PostedHourlyFactors,)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["emissions"])

    @routes.post(
        "/hourly-factors",
        responses=documented("It stands", HourlyFactors),
        openapi_extra=as_body(PostedHourlyFactors),
        summary="Post hourly factors",
    )
    async def post(request: Request) -> Response:
        """A series of one grid. The same twice changes nothing; hours that another holds are refused."""
        posted = await bodies.form(request, PostedHourlyFactors)
        return answer(await run_in_threadpool(_keep, dependencies, posted))

    @routes.get(
        "/hourly-factors", responses=documented("Series", HourlyFactorsList), summary="Hourly factors"
    )
    def listed(
        region: Annotated[str | None, Query(max_length=200, examples=["CN-GD"])] = None,
        *,
        withdrawn: Annotated[bool, Query(description="Also those that no longer count")] = False,
    ) -> Response:
        """What was posted, with the hours that each leaves out."""
        desk = _desk(dependencies)
        with dependencies.database.connection() as tx:
            found = hourly_series.listed(tx, Hours(region=region, withdrawn=withdrawn))
        return answer(HourlyFactorsList([desk.entry(each) for each in found]))

    @routes.post(
        "/hourly-factors/{number}/withdrawal",
        responses=documented("It no longer counts", HourlyFactors),
        openapi_extra=as_body(PostedWithdrawal),
        summary="Withdraw hourly factors",
    )
    async def withdraw(
        request: Request, number: Annotated[int, Path(ge=1, lt=1 << 63, examples=[2])]
    ) -> Response:
        """Nothing is deleted: the series stays with who withdrew it, when and why."""
        why = await bodies.form(request, PostedWithdrawal)
        return answer(await run_in_threadpool(_withdraw, dependencies, number, why))

    return routes


def _desk(dependencies: Dependencies) -> SeriesDesk:
    """Raises NoSuchSite."""
    plan = dependencies.plan
    site, library = site_of(plan), plan.library
    known = {*library.regions, *library.regions.values(), *(factor.region for factor in library.factors)}
    return SeriesDesk(
        ZoneInfo(site.zone), datetime.now(UTC), library.series, frozenset({*known, site.region} - {""})
    )


def _keep(dependencies: Dependencies, posted: PostedHourlyFactors) -> HourlyFactors:
    with dependencies.database.connection() as tx:
        return _desk(dependencies).keep(tx, posted)


def _withdraw(dependencies: Dependencies, number: int, why: PostedWithdrawal) -> HourlyFactors:
    desk = _desk(dependencies)
    with dependencies.database.connection() as tx:
        hourly_series.lock(tx)
        desk.one(tx, number)
        hourly_series.withdraw(tx, number, why.who, why.reason, desk.now)
        return desk.entry(desk.one(tx, number))
