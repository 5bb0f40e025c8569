"""Closed months and years: closing, reading, and proving them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.records import as_body, rating_of
from telemetry.reports import own_figures
from telemetry.reports import periods as reports
from telemetry.reports.frozen import Shelf, Stretch, ends
from telemetry.reports.periods import (
    Books,
    Order,
    PeriodAnswer,
    PeriodDifference,
    PeriodEntry,
    PeriodFigure,
    PeriodList,
    PeriodRows,
    Recomputation,
    RecomputedFigure,
)
from telemetry.storage import periods, registry
from telemetry.storage.periods import Closed, Wanted
from telemetry.storage.pool import Transaction


class PostedPeriod(Struct, frozen=True, forbid_unknown_fields=True):
    """A month or year to be closed."""

    area: Annotated[str, Meta(min_length=1, max_length=64, description="Park or enterprise", examples=["E1"])]
    period: Annotated[str, Meta(max_length=7, description="A year or a month", examples=["2026-05"])]
    who: Annotated[str, Meta(min_length=1, max_length=200, examples=["li.na"])]
    reissue: (
        Annotated[str, Meta(min_length=1, max_length=1000, description="Why it is issued again")] | None
    ) = None


_AT = datetime.fromisoformat("2026-06-05T10:00:00+08:00")
_HASH = "5f2c" * 16
_FACTS = {
    "id": 3,
    "area": "E1",
    "period": "2026-05",
    "from_": date(2026, 5, 1),
    "to": date(2026, 5, 31),
    "hash": _HASH,
    "closed_by": "li.na",
    "closed_at": _AT,
    "replaces": None,
    "replaced_by": None,
    "reason": None,
}
_CO2 = "emission.location.scope2.CO2"
_DIFFERENCE = PeriodDifference("emission M-101 energy_import 2026-05-03 location CO2", "kg", "44.03", "44.19")
EXAMPLE = msgspec.convert(
    {
        **_FACTS,
        "from": _FACTS["from_"],
        "new": True,
        "figures": [PeriodFigure(_CO2, "kg", 44190.0, 0, 44190.0, 0.0)],
        "differences": [_DIFFERENCE],
        "more": 0,
    },
    PeriodAnswer,
    from_attributes=True,
)
LIST_EXAMPLE = PeriodList([msgspec.convert({**_FACTS, "from": _FACTS["from_"]}, PeriodEntry)])
ROWS_EXAMPLE = PeriodRows(_HASH, ['{"amount":100.0,"day":"2026-05-03","meter":"M-101"}'])
PROOF_EXAMPLE = Recomputation(3, True, _HASH, _HASH, [RecomputedFigure(_CO2, "kg", 44190.0, 44190.0)], [])  # noqa: FBT003  # an example
_Number = Annotated[int, Path(ge=1, lt=1 << 63, examples=[3])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["periods"])

    @routes.post(
        "/periods",
        responses=documented("It is closed", PeriodAnswer),
        openapi_extra=as_body(PostedPeriod),
        summary="Close a period",
    )
    async def close(request: Request) -> Response:
        """Freeze a month or year. The same rows again change nothing; others need `reissue`; both stay."""
        posted = await bodies.form(request, PostedPeriod)
        return answer(await run_in_threadpool(_close, dependencies, posted))

    @routes.get("/periods", responses=documented("Closed periods", PeriodList), summary="Closed periods")
    def listed(
        area: Annotated[str | None, Query(max_length=64)] = None,
        period: Annotated[str | None, Query(max_length=7, examples=["2026-05"])] = None,
    ) -> Response:
        """Every issue, with its hash, who closed it and when."""
        books = _books(dependencies)
        with dependencies.database.connection() as tx:
            found = periods.listed(tx, Wanted(area=area, period=period))
        return answer(PeriodList([books.entry(each) for each in found]))

    @routes.get(
        "/periods/{number}", responses=documented("As closed and as now", PeriodAnswer), summary="One period"
    )
    def one(number: _Number) -> Response:
        """Its figures beside what they would be now, and what a re-issue changed."""
        with _entrusted(dependencies, number) as (books, tx, closed):
            found = books.answer(tx, closed)
        return answer(own_figures.period(found, dependencies.database.scope()))

    @routes.get(
        "/periods/{number}/rows", responses=documented("What was frozen", PeriodRows), summary="Its rows"
    )
    def rows(number: _Number) -> Response:
        """The canonical form, line by line; sha256sum of it is the hash.

        Whoever is let in for single areas gets no rows that name a neighbour's meter.
        """
        with _entrusted(dependencies, number) as (_, tx, closed):
            lines = periods.rows(tx, number)
        own_figures.check_rows(lines, dependencies.database.scope())
        return answer(PeriodRows(closed.hash, lines))

    @routes.get(
        "/periods/{number}/recomputation",
        responses=documented("Whether it came out again", Recomputation),
        summary="Prove a period",
    )
    def prove(number: _Number) -> Response:
        """The period reckoned anew from its frozen amounts, factors and prices alone."""
        with _entrusted(dependencies, number) as (_, tx, closed):
            found = reports.recompute(tx, closed)
        return answer(own_figures.proof(found, dependencies.database.scope()))

    return routes


def shelf_of(dependencies: Dependencies) -> Shelf:
    """Raises NoSuchSite."""
    plan = dependencies.plan
    converters = plan.site.converters if plan.site else ()
    rating, factors = rating_of(plan), dependencies.factors
    return Shelf(plan.library.coal, plan.tariff, rating, factors, converters, plan.own_tariffs)


def _books(dependencies: Dependencies) -> Books:
    return Books(registry.load(dependencies.database), shelf_of(dependencies), datetime.now(UTC))


@contextmanager
def _entrusted(dependencies: Dependencies, number: int) -> Iterator[tuple[Books, Transaction, Closed]]:
    """A period that whoever asks may see. Raises QueryError, NotEntrusted."""
    shelf, now = shelf_of(dependencies), datetime.now(UTC)
    with dependencies.database.connection() as tx:
        closed = reports.one(tx, number)
    stretch = Stretch(closed.area, closed.period, closed.first_day, closed.last_day)
    with dependencies.database.entrusted(closed.area, *ends(shelf, stretch)) as tx:
        yield Books(registry.read(tx), shelf, now), tx, closed


def _close(dependencies: Dependencies, posted: PostedPeriod) -> PeriodAnswer:
    books = _books(dependencies)
    order = Order(posted.area, posted.period, posted.who, posted.reissue)
    with dependencies.database.connection() as tx:
        return books.close(tx, order)
