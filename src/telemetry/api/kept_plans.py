"""Plans that planners keep: each version with who and when, checked and compared with meters by its code."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from accounting.grid import moment_of
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import zone_of
from telemetry.api.plans import checked_plan, metered_plan, read_plan
from telemetry.api.records import PostedWithdrawal, as_body
from telemetry.reports.errors import QueryError
from telemetry.reports.moment import Moment
from telemetry.reports.plans import keeping
from telemetry.reports.plans.answer import PlanAnswer
from telemetry.reports.plans.keeping import Keeping
from telemetry.reports.plans.metered import MeteredPlan
from telemetry.storage import kept_plan
from telemetry.storage.kept_plan import KeptPlan

_MOST = 1000
_Who = Annotated[str, Meta(min_length=1, max_length=200, examples=["li.na"])]


class PostedKeeping(Struct, frozen=True, forbid_unknown_fields=True):
    """A plan to keep; what it breaks does not hinder that, mistakes do."""

    plan: Annotated[dict[str, Any], Meta(description="A PostedPlan, as /plans/check takes it")]
    who: _Who
    replaces: Annotated[
        int | None, Meta(description="The version that it was made from; null: a new plan")
    ] = None


class KeptVersion(Struct, frozen=True):
    """One version of a plan as it was kept."""

    code: str
    version: int
    plan: Annotated[dict[str, Any] | None, Meta(description="A PostedPlan; null where it was withdrawn")]
    kept_by: str
    kept_at: Moment
    withdrawn_because: str | None


class KeptEntry(Struct, frozen=True, rename={"from_": "from"}):
    """The newest version of a plan, without its jobs."""

    code: str
    version: int
    name: str
    from_: str
    to: str
    jobs: int
    kept_by: str
    kept_at: Moment


class KeptList(Struct, frozen=True):
    """Kept plans, the last kept first; at most 1000."""

    plans: list[KeptEntry]


_AT = datetime.fromisoformat("2026-11-23T16:00:00+08:00")
_PLAN: dict[str, Any] = {
    "from": "2026-11-24",
    "to": "2026-11-25",
    "name": "Tuesday",
    "jobs": [{"code": "J1", "line": "M1", "power_kw": 100, "duration_min": 60}],
}
EXAMPLE = KeptVersion("tuesday", 1, _PLAN, "li.na", _AT, None)
LIST_EXAMPLE = KeptList([KeptEntry("tuesday", 1, "Tuesday", "2026-11-24", "2026-11-25", 1, "li.na", _AT)])
FURTHER: tuple[type[Struct], ...] = (PostedKeeping,)
_Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$", examples=["tuesday"])]
_Version = Annotated[int | None, Query(ge=1, lt=1 << 31, description="Default: the newest")]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["plans"])
    _keeping(routes, dependencies)
    _reading(routes, dependencies)
    return routes


def _keeping(routes: APIRouter, dependencies: Dependencies) -> None:
    @routes.put(
        "/plans/kept/{code}",
        responses=documented("It is kept", KeptVersion),
        openapi_extra=as_body(PostedKeeping),
        summary="Keep a plan",
    )
    async def put(request: Request, code: _Code) -> Response:
        """As the next version; 409 when another one was kept meanwhile. The same again changes nothing."""
        posted = await bodies.form(request, PostedKeeping)
        return answer(await run_in_threadpool(_keep, dependencies, code, posted))

    @routes.post(
        "/plans/kept/{code}/withdrawal",
        responses=documented("It is no longer listed", KeptVersion),
        openapi_extra=as_body(PostedWithdrawal),
        summary="Withdraw a kept plan",
    )
    async def withdraw(request: Request, code: _Code) -> Response:
        """Nothing is deleted: its versions stay, with who withdrew it, when and why."""
        why = await bodies.form(request, PostedWithdrawal)
        return answer(await run_in_threadpool(_withdraw, dependencies, code, why))


def _reading(routes: APIRouter, dependencies: Dependencies) -> None:
    @routes.get("/plans/kept", responses=documented("Kept plans", KeptList), summary="Kept plans")
    def listed() -> Response:
        """The newest version of each, without its jobs."""
        with dependencies.database.connection() as tx:
            found = kept_plan.listed(tx, dependencies.database.areas, _MOST)
        return answer(KeptList([_entry(each, dependencies) for each in found]))

    @routes.get("/plans/kept/{code}", responses=documented("A version", KeptVersion), summary="A kept plan")
    def one(code: _Code, version: _Version = None) -> Response:
        """As it was kept."""
        return answer(_version(_kept(dependencies, code, version), dependencies))

    @routes.get(
        "/plans/kept/{code}/check",
        responses=documented("The plan checked", PlanAnswer),
        summary="Check a kept plan",
    )
    def checked(code: _Code, version: _Version = None) -> Response:
        """With the prices, forecasts and factors of now."""
        return answer(checked_plan(dependencies, _jobs(dependencies, code, version)))

    @routes.get(
        "/plans/kept/{code}/metered",
        responses=documented("The plan against its meters", MeteredPlan),
        summary="Compare a kept plan with what was metered",
    )
    def compared(code: _Code, version: _Version = None) -> Response:
        """Afterwards: what each line drew while the plan had jobs on it, and what it drew besides."""
        return answer(metered_plan(dependencies, _jobs(dependencies, code, version)))


def _keep(dependencies: Dependencies, code: str, posted: PostedKeeping) -> KeptVersion:
    if "\\u0000" in msgspec.json.encode(posted.plan).decode():
        raise QueryError("plan", posted.plan.get("name"), "holds a character that cannot be kept: NUL")
    database = dependencies.database
    _, read = read_plan(dependencies, posted.plan)
    lines, grid = sorted({job.line for job in read.jobs}), read.grid
    span = moment_of(grid.start_us), moment_of(grid.end_us)
    asked = Keeping(code, posted.plan, posted.who, posted.replaces, database.areas, lines, *span)
    with database.signed() as tx:
        return _version(keeping.keep(tx, asked, datetime.now(UTC)), dependencies)


def _withdraw(dependencies: Dependencies, code: str, why: PostedWithdrawal) -> KeptVersion:
    _kept(dependencies, code, None)
    owner = dependencies.database.areas
    with dependencies.database.signed() as tx:
        gone = keeping.withdraw(tx, owner, code, why.who, why.reason, datetime.now(UTC))
    return _version(gone, dependencies)


def _kept(dependencies: Dependencies, code: str, version: int | None) -> KeptPlan:
    with dependencies.database.connection() as tx:
        return keeping.kept(tx, dependencies.database.areas, code, version)


def _jobs(dependencies: Dependencies, code: str, version: int | None) -> dict[str, Any]:
    found = _kept(dependencies, code, version)
    if found.posted is None:
        why = f"{found.kept_by} withdrew it: {found.withdrawn_because}"
        raise QueryError("version", found.version, f"{why}; earlier versions can be asked for")
    return found.posted


def _version(of: KeptPlan, dependencies: Dependencies) -> KeptVersion:
    at = of.kept_at.astimezone(zone_of(dependencies.plan))
    return KeptVersion(of.code, of.version, of.posted, of.kept_by, at, of.withdrawn_because)


def _entry(of: kept_plan.KeptName, dependencies: Dependencies) -> KeptEntry:
    at = of.kept_at.astimezone(zone_of(dependencies.plan))
    return KeptEntry(of.code, of.version, of.name or "", of.from_, of.to, of.jobs, of.kept_by, at)
