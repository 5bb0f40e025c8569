"""Days declared one by one for the tariff: hot ones, and what else its lists name."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.records import PostedWithdrawal, as_body
from telemetry.reports.declaring import take_up
from telemetry.reports.errors import QueryError
from telemetry.reports.moment import Moment
from telemetry.storage import declared
from telemetry.storage.declared import Declaration, DeclaredDay

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_EARLIEST, _LATEST = date(1990, 1, 1), date(2199, 12, 31)


class PostedDays(Struct, frozen=True, forbid_unknown_fields=True, rename={"list_": "list"}):
    """Days for a list of the contract's tariff."""

    list_: Annotated[_Word, Meta(examples=["sc-three-days-35C"])]
    days: Annotated[list[date], Meta(min_length=1, max_length=366)]
    source: Annotated[_Word, Meta(description="Who announced them, where")]
    who: Annotated[_Word, Meta(examples=["li.na"])]


class WithdrawnDay(Struct, frozen=True):
    who: str
    reason: str
    at: Moment


class DayEntry(Struct, frozen=True):
    """One declared day."""

    id: int
    list: str
    day: date
    source: str
    declared_by: str
    declared_at: Moment
    withdrawn: WithdrawnDay | None


class DaysAnswer(Struct, frozen=True):
    """Days declared through the API; those of the site's file stand there."""

    lists: Annotated[list[str], Meta(description="Of the contract's tariff")]
    days: list[DayEntry]


_ENTRY = DayEntry(
    2,
    "sc-three-days-35C",
    date(2026, 7, 20),
    "provincial grid, notice of 2026-07-19",
    "li.na",
    datetime.fromisoformat("2026-07-19T16:00:00+08:00"),
    None,
)
EXAMPLE = DaysAnswer(["sc-three-days-35C"], [_ENTRY])
FURTHER: tuple[type[Struct], ...] = (PostedDays,)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["cost"])

    @routes.post(
        "/declared-days",
        responses=documented("They stand", DaysAnswer),
        openapi_extra=as_body(PostedDays),
        summary="Declare days",
    )
    async def post(request: Request) -> Response:
        """Days that the tariff tells apart, with who announced them; their costs are settled anew.

        The same day twice changes nothing.
        """
        posted = await bodies.form(request, PostedDays)
        return answer(await run_in_threadpool(_keep, dependencies, posted))

    @routes.get("/declared-days", responses=documented("Days", DaysAnswer), summary="Declared days")
    def listed(
        *, withdrawn: Annotated[bool, Query(description="Also those that no longer count")] = False
    ) -> Response:
        """What was declared through the API, by list and day."""
        return answer(_answer(dependencies, withdrawn=withdrawn))

    @routes.post(
        "/declared-days/{number}/withdrawal",
        responses=documented("It no longer counts", DaysAnswer),
        openapi_extra=as_body(PostedWithdrawal),
        summary="Withdraw a declared day",
    )
    async def withdraw(
        request: Request, number: Annotated[int, Path(ge=1, lt=1 << 63, examples=[2])]
    ) -> Response:
        """Nothing is deleted: the day stays with who withdrew it, when and why."""
        why = await bodies.form(request, PostedWithdrawal)
        return answer(await run_in_threadpool(_withdraw, dependencies, number, why))

    return routes


def _lists(dependencies: Dependencies) -> list[str]:
    tariff = dependencies.plan.tariff
    return sorted(tariff.declared_days) if tariff else []


def _keep(dependencies: Dependencies, posted: PostedDays) -> DaysAnswer:
    lists = _lists(dependencies)
    if posted.list_ not in lists:
        raise QueryError("list", posted.list_, _no_list(lists))
    for day in posted.days:
        if not _EARLIEST <= day <= _LATEST:
            raise QueryError("days", day.isoformat(), f"has to lie from {_EARLIEST} to {_LATEST}")
    with dependencies.database.connection() as tx:
        declaration = Declaration(posted.list_, sorted(set(posted.days)), posted.source, posted.who)
        declared.put(tx, declaration, datetime.now(UTC))
    take_up(dependencies.database, dependencies.current)
    return _answer(dependencies, withdrawn=False)


def _no_list(lists: Collection[str]) -> str:
    named = f"only {', '.join(lists)}" if lists else "none at all"
    return f"the contract's tariff has no such list of days, {named}"


def _withdraw(dependencies: Dependencies, number: int, why: PostedWithdrawal) -> DaysAnswer:
    with dependencies.database.connection() as tx:
        if number not in {each.id for each in declared.listed(tx, withdrawn=True)}:
            raise QueryError("number", number, "no declared day bears it")
        declared.withdraw(tx, number, why.who, why.reason, datetime.now(UTC))
    take_up(dependencies.database, dependencies.current)
    return _answer(dependencies, withdrawn=True)


def _answer(dependencies: Dependencies, *, withdrawn: bool) -> DaysAnswer:
    with dependencies.database.connection() as tx:
        found = declared.listed(tx, withdrawn=withdrawn)
    return DaysAnswer(_lists(dependencies), [_entry(each) for each in found])


def _entry(of: DeclaredDay) -> DayEntry:
    gone = None
    if of.withdrawn_at is not None:
        gone = WithdrawnDay(of.withdrawn_by or "", of.withdrawn_because or "", of.withdrawn_at)
    return DayEntry(of.id, of.list, of.day, of.source, of.declared_by, of.declared_at, gone)
