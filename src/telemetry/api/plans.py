"""Production plans: checked against tariff, lines, crew and contract demand; and the cheapest looked for."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from accounting.errors import PlanError
from accounting.grid import moment_of
from accounting.plan.check import Kind
from accounting.plan.optimise import Stage
from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.api.problems import Mistake, Refusal, come_again, shortened
from telemetry.api.receipt import JSON
from telemetry.model import AreaKind
from telemetry.reports.factors import kg_per_unit
from telemetry.reports.names import Name
from telemetry.reports.plans import forms, metered, shifts
from telemetry.reports.plans.answer import (
    ForecastError,
    Money,
    PlanAnswer,
    PlanBand,
    PlanConflict,
    PlanMove,
    PlannedJob,
    PlanOutlook,
    PlanRun,
    Sheet,
)
from telemetry.reports.plans.forms import Mistakes, PostedJob, PostedPlan
from telemetry.reports.plans.lines import area_of
from telemetry.reports.plans.metered import MeteredJob, MeteredLine, MeteredPlan
from telemetry.reports.plans.optima import Optimum, OptimumState, PlanObstacle
from telemetry.reports.plans.outlook import Ground, Terms, outlook, tops
from telemetry.reports.plans.shifts import ShiftAnswer, ShiftEntry
from telemetry.reports.plans.sunshine import fields_of
from telemetry.settings.plan import Plan as Settings
from telemetry.settings.supplies import Supplied
from telemetry.storage import registry
from telemetry.storage.registry import Registry
from telemetry.storage.tenancy import Scope

CSV = "text/csv"
_BOUGHT = "energy_import"
_FIRST = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
_RUN = PlanRun(_FIRST, _FIRST.replace(hour=11))
EXAMPLE = PlanAnswer(
    from_=_FIRST.replace(hour=0),
    to=_FIRST.replace(day=25, hour=0),
    name="Tuesday",
    currency="CNY",
    fictitious=True,
    provisional=False,
    cost=115.0,
    carbon=44.19,
    energy=100.0,
    bands=[PlanBand("peak", Name("Peak", "高峰"), 100.0)],
    jobs=[
        PlannedJob(
            code="J1",
            line="M1",
            energy=100.0,
            runs=[_RUN],
            bands=[PlanBand("peak", Name("Peak", "高峰"), 100.0)],
            cost=115.0,
            carbon=44.19,
            conflicts=[PlanConflict(Kind.DEMAND, _FIRST, _FIRST.replace(hour=11), None, 5300.0, 5200.0)],
            move=PlanMove([PlanRun(_FIRST.replace(hour=6), _FIRST.replace(hour=7))], 85.0),
        )
    ],
    unplaced=[],
    outlook=PlanOutlook([_FIRST], ["peak"], [1.15], [5200.0], [0.0], [100.0], 5200.0),
    forecast_error=ForecastError(14, 82.5, 0.031, -4.0),
    sun_error=ForecastError(14, 21.0, 0.24, 1.5),
    warmth_kw_per_k=None,
    notes=[],
)
OPTIMUM_EXAMPLE = Optimum(
    id="f3a9b0c1d2e4f506",
    state=OptimumState.IMPOSSIBLE,
    stage=Stage.SEARCH,
    seconds=4.2,
    cost=None,
    bound=None,
    gap=None,
    placed=1,
    left_out=["J2"],
    obstacles=[PlanObstacle(Kind.LINE, ["J1", "J2"], 600, 480)],
    plan=None,
)
METERED_EXAMPLE = MeteredPlan(
    from_=_FIRST.replace(hour=0),
    to=_FIRST.replace(day=25, hour=0),
    jobs=[MeteredJob("J1", "M1", _FIRST, 100.0, 96.5, 1.0, -3.5)],
    lines=[MeteredLine("M1", 100.0, 118.0, 21.5, 1.0)],
)
SHIFTS_EXAMPLE = ShiftAnswer(
    month="2026-10",
    currency="CNY",
    fictitious=True,
    saves=3600.0,
    shifts=[
        ShiftEntry(
            meter="M1",
            name=Name("Crusher", "破碎机"),
            area="W1",
            from_="10:00",
            to="12:00",
            to_begin_at="00:00",
            days=20,
            regularity=0.97,
            energy=4000.0,
            dear_energy=4000.0,
            saves=3600.0,
        )
    ],
)
FURTHER: tuple[type[Struct], ...] = (PostedPlan, PostedJob)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": reference(PostedPlan)},
            CSV: {"schema": {"type": "string", "description": "Jobs alone; from and to stand in the query"}},
        },
    }
}
_From = Annotated[
    str | None, Query(alias="from", max_length=40, description="Of a table; JSON names its own")
]
_To = Annotated[str | None, Query(max_length=40, description="Of a table")]
_Month = Annotated[
    str | None, Query(max_length=7, description="Default: the last whole one", examples=["2026-10"])
]
_Id = Annotated[str, Path(max_length=32, pattern="^[0-9a-f]+$", examples=["f3a9b0c1d2e4f506"])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["plans"])

    @routes.post(
        "/plans/check",
        responses=documented("The plan checked", PlanAnswer),
        openapi_extra=_BODY,
        summary="Check a plan",
    )
    async def checked(request: Request, from_: _From = None, to: _To = None) -> Response:
        """What each job costs in money and CO2, what it breaks, and where it would cost less."""
        body, strict = await _posted(request, from_, to)
        return answer(await run_in_threadpool(checked_plan, dependencies, body, strict=strict))

    @routes.post(
        "/plans/metered",
        responses=documented("The plan against its meters", MeteredPlan),
        openapi_extra=_BODY,
        summary="Compare a plan with what was metered",
    )
    async def compared(request: Request, from_: _From = None, to: _To = None) -> Response:
        """Afterwards: what each line drew while the plan had jobs on it, and what it drew besides."""
        body, strict = await _posted(request, from_, to)
        return answer(await run_in_threadpool(metered_plan, dependencies, body, strict=strict))

    @routes.post(
        "/plans/optima",
        responses=documented("The search has begun", Optimum),
        openapi_extra=_BODY,
        summary="Look for the cheapest plan",
    )
    async def begun(request: Request, from_: _From = None, to: _To = None) -> Response:
        """Places all jobs anew, in the background; its id asks how far it is."""
        body, strict = await _posted(request, from_, to)
        return answer(await run_in_threadpool(_begin, dependencies, body, strict=strict))

    @routes.get(
        "/plans/shifts", responses=documented("Movable loads", ShiftAnswer), summary="Loads that could move"
    )
    def movable(month: _Month = None) -> Response:
        """Loads with a regular block in dear hours, by what the month would have cost less."""
        plan, now = dependencies.plan, datetime.now(UTC)
        zone = zone_of(plan)
        asked = shifts.month_of(month, now.astimezone(zone).date())
        if plan.tariff is None:
            raise Refusal(422, "The site's contract names no tariff, so no hour is dearer than another.")
        known = registry.load(dependencies.database)
        with dependencies.database.connection() as tx:
            return answer(shifts.report(tx, known, plan.tariff, plan.own_tariffs, asked, zone))

    @routes.get(
        "/plans/optima/{code}", responses=documented("How far it is", Optimum), summary="The cheapest plan"
    )
    def found(code: _Id) -> Response:
        """With the plan when the search has ended; forgotten when the service starts again."""
        return answer(_optimum(dependencies, code))

    @routes.post(
        "/plans/optima/{code}/end", responses=documented("It ends soon", Optimum), summary="End a search"
    )
    def ended(code: _Id) -> Response:
        """It answers with the best plan that it has."""
        _optimum(dependencies, code)
        dependencies.optima.end(code)
        return answer(_optimum(dependencies, code))

    return routes


async def _posted(request: Request, from_: str | None, to: str | None) -> tuple[Any, bool]:
    """The body, and whether its values have types. Raises Refusal."""
    if bodies.media_type(request, (JSON, CSV)) == JSON:
        return await bodies.posted(request), True
    body = bodies.unpack(await bodies.read(request), request.headers.get("content-encoding", ""))
    try:
        return {"from": from_, "to": to, "jobs": forms.jobs_of_csv(body.decode("utf-8-sig"))}, False
    except UnicodeDecodeError as error:
        mistake = Mistake("body", shortened(body.decode(errors="replace")), str(error))
        raise Refusal(422, "The body cannot be read.", [mistake]) from error


def checked_plan(dependencies: Dependencies, body: object, *, strict: bool = True) -> PlanAnswer:
    """Raises Refusal, QueryError, NoSuchSite."""
    sheet = _sheet(dependencies, body, strict=strict)
    return sheet.answer(sheet.plan.placed)


def _begin(dependencies: Dependencies, body: object, *, strict: bool) -> Optimum:
    sheet = _sheet(dependencies, body, strict=strict)
    try:
        sheet.plan.aim.worth(sheet.outlook.horizon)
    except PlanError as error:
        at = sheet.at(int(error.value)).isoformat()
        raise _mistaken([Mistake("aim", at, f"{error.reason}; see notes of /plans/check")]) from error
    code = dependencies.optima.look(sheet, dependencies.database.areas)
    if code is None:
        raise come_again(429, "As many searches run already as may; please come again.")
    return _optimum(dependencies, code)


def _optimum(dependencies: Dependencies, code: str) -> Optimum:
    found = dependencies.optima.answer(code, dependencies.database.areas)
    if found is None:
        raise Refusal(
            404, f"No search has the id {code}; the newest 50 are kept until the service starts again."
        )
    return found


def _sheet(dependencies: Dependencies, body: object, *, strict: bool) -> Sheet:
    """Raises Refusal, QueryError, NoSuchSite."""
    plan, now = dependencies.plan, datetime.now(UTC)
    site, factors = site_of(plan), dependencies.factors
    zone = ZoneInfo(site.zone)
    today = now.astimezone(zone).date()

    def rate(day: date) -> float:
        return kg_per_unit(_BOUGHT, factors.choice(site.region, _BOUGHT, day, max(day, today)))

    known, read = read_plan(dependencies, body, strict=strict)
    held = _supplied(plan, known, read, now.astimezone(zone))
    ground = _ground(dependencies, known, read, held, today)
    terms = Terms(zone, held.tariff, rate, ground, fields_of(site))
    with dependencies.database.connection() as tx:
        offered = outlook(tx, known, read, terms, now)
    currency = held.tariff.currency if held.tariff else site.currency
    return Sheet(read, offered, zone, Money(currency, held.tariff))


def _ground(
    dependencies: Dependencies, known: Registry, read: forms.Plan, held: Supplied, today: date
) -> Ground:
    """All that the contract supplies, or of one that others share all that is whose who asks."""
    lo, hi = moment_of(read.grid.start_us), moment_of(read.grid.end_us)
    if not dependencies.database.holds(held.area, lo, hi):
        scope = dependencies.database.scope()
        theirs = frozenset(a.code for a in known.areas if _holds(scope, a.code, read))
        return Ground(tops(known, theirs), None, shared=True)
    edge = held.area or next((a.code for a in known.areas if a.kind == AreaKind.PARK), "")
    contract = held.supply.demand_on(today) if held.supply else None
    return Ground(frozenset({edge}), contract, held.apart_on(today))


def _supplied(plan: Settings, known: Registry, read: forms.Plan, now: datetime) -> Supplied:
    """The supply contract that all lines of a plan are under. Raises Refusal."""
    held = [plan.supply(area_of(known, job.line, now), now.date()) for job in read.jobs]
    reason = "is under another supply contract than the first job's line; plan the jobs of each apart"
    strange = [
        Mistake(f"jobs.{number}.line", job.line, reason)
        for number, (job, each) in enumerate(zip(read.jobs, held, strict=True))
        if each.area != held[0].area
    ]
    if strange:
        raise _mistaken(strange)
    return held[0]


def read_plan(
    dependencies: Dependencies, body: object, *, strict: bool = True
) -> tuple[Registry, forms.Plan]:
    """Of lines that are whose who asks as long as the plan goes. Raises Refusal, QueryError, NoSuchSite."""
    zone, known = zone_of(dependencies.plan), registry.load(dependencies.database)
    lines = {a.code for a in known.areas if a.removed_at is None}
    lines |= {m.code for m in known.meters if m.removed_at is None}
    try:
        read = forms.read(body, zone, frozenset(lines), strict=strict)
    except Mistakes as mistakes:
        raise _mistaken(
            [Mistake(each.field, shortened(each.value), each.reason) for each in mistakes.found[:1000]]
        ) from mistakes
    scope = dependencies.database.scope()
    foreign = [
        Mistake(f"jobs.{number}.line", job.line, forms.NO_LINE)
        for number, job in enumerate(read.jobs)
        if not _holds(scope, job.line, read)
    ]
    if foreign:
        raise _mistaken(foreign)
    return known, read


def _holds(scope: Scope | None, place: str, read: forms.Plan) -> bool:
    """Whether an area or a meter is theirs as long as a plan goes."""
    span = moment_of(read.grid.start_us), moment_of(read.grid.end_us)
    return scope is None or scope.keeps(place, *span) or scope.has(place, *span)


def metered_plan(dependencies: Dependencies, body: object, *, strict: bool = True) -> MeteredPlan:
    """Raises Refusal, QueryError, NoSuchSite."""
    known, read = read_plan(dependencies, body, strict=strict)
    with dependencies.database.connection() as tx:
        return metered.report(tx, known, read, zone_of(dependencies.plan))


def _mistaken(mistakes: list[Mistake]) -> Refusal:
    return Refusal(422, "The plan has mistakes; errors names each by job and field.", mistakes)
