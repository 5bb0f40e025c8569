"""Emissions over intervals, with the factors they stand on."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from msgspec import structs

from accounting.factors import Rule
from telemetry.access.doorway import Doorway
from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of
from telemetry.api.periods import shelf_of
from telemetry.reports import closed_series, emissions, market_series, neighbour_series
from telemetry.reports.emission_answer import Basis, ClosedNote, EmissionsAnswer, EmissionSeries, State
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import FactorUse
from telemetry.reports.membership import By
from telemetry.reports.names import Name
from telemetry.reports.periods import Books, PeriodAnswer
from telemetry.reports.pools.report import Park
from telemetry.reports.pools.trade import hidden
from telemetry.reports.steps import Step
from telemetry.storage import registry
from telemetry.storage.errors import NotEntrusted
from telemetry.storage.pool import Transaction

_MOST_CLOSED = 24
_FIRST = datetime.fromisoformat("2023-06-01T00:00:00+08:00")
EXAMPLE = EmissionsAnswer(
    from_=_FIRST,
    to=_FIRST.replace(day=2),
    step=Step.DAY,
    by=By.ENTERPRISE,
    basis=Basis.LOCATION,
    revision=Revision.CURRENT,
    zone="Asia/Shanghai",
    times=[_FIRST],
    series=[
        EmissionSeries(
            key="E1",
            name=Name("Injection moulding", "注塑厂"),
            quantity="energy_import",
            carrier="electricity",
            scope="2",
            gas="CO2",
            unit="kg",
            values=[44.19],
            coverage=[1.0],
            estimated=[False],
            factors=[
                FactorUse(
                    "cn.grid.cn-gd.avg.2023",
                    0.4419,
                    "kgCO2/kWh",
                    "cn-mee-2023",
                    date(2025, 12, 31),
                    "CN-GD",
                    "MEE and NBS, announcement 47 of 2025",
                    "data year 2023 is the day's own",
                    Rule.OWN_YEAR,
                    2023,
                    "CN-GD",
                    date(2023, 6, 1),
                    date(2023, 6, 1),
                )
            ],
            shortfalls=[],
        )
    ],
)


def closed_in(tx: Transaction, books: Books, found: EmissionsAnswer, question: Question) -> list[ClosedNote]:
    """Closed periods of the areas that the answer tells of, the newest of them where they are many."""
    if question.selection.by not in {By.AREA, By.ENTERPRISE}:
        return []
    areas = {series.key for series in found.series}
    standing = books.standing(tx, areas, *question.steps.days)
    return [_note(books.answer(tx, each)) for each in standing[-_MOST_CLOSED:]]


def _note(closed: PeriodAnswer) -> ClosedNote:
    figures = [figure for figure in closed.figures if figure.name.startswith("emission.")]
    return ClosedNote(
        closed.id, closed.area, closed.period, closed.hash, closed.closed_by, closed.closed_at, figures
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """How a mass is told."""

    basis: Basis
    revision: Revision
    state: State


def _report(  # whose figures, what is asked, and what the asker does not see
    tx: Transaction, books: Books, question: Question, kind: Kind, unseen: frozenset[str]
) -> EmissionsAnswer:
    """Raises QueryError."""
    other = kind.basis is Basis.MARKET or kind.state is State.CLOSED
    if other and kind.revision is not Revision.CURRENT:
        reason = "is told location-based and by the current state alone"
        raise QueryError("revision", kind.revision.value, reason)
    if kind.state is State.CLOSED:
        return closed_series.report(tx, books, question, kind.basis)
    shelf = books.shelf
    park = Park(books.registry, shelf.converters, shelf.grid, unseen)
    if kind.basis is Basis.MARKET:
        found = market_series.report(tx, park, question, shelf.rating.regions[0])
    else:
        found = emissions.report(tx, park, question, kind.revision)
    return neighbour_series.joined(tx, park, question, found)


def _connection(database: Doorway, question: Question, kind: Kind) -> AbstractContextManager[Transaction]:
    """Over the whole park where what is asked for is wholly theirs. Raises NotEntrusted."""
    selection, steps = question.selection, question.steps
    if not database.cut:
        return database.connection()
    named = selection.areas and not selection.meters
    if named and all(database.holds(area, steps.begin, steps.end) for area in selection.areas):
        return database.entrusted(selection.areas[0], steps.begin, steps.end)
    if kind.basis is Basis.MARKET or kind.state is State.CLOSED:
        raise NotEntrusted(next(iter(selection.areas), None), steps.begin, steps.end)
    return database.connection()


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["emissions"])

    @routes.get(
        "/emissions", responses=documented("Masses over intervals", EmissionsAnswer), summary="Emissions"
    )
    def masses(
        *,
        asked: parameters.Range,
        choice: parameters.Choice,
        by: Annotated[By, Query(description="Groups; all but meters count their boundary meters")] = By.AREA,
        quantity: parameters.Quantities = [],  # noqa: B006  # FastAPI copies it
        basis: Annotated[
            Basis, Query(description="How bought electricity is counted: by the grid, or by what served it")
        ] = Basis.LOCATION,
        revision: Annotated[
            Revision, Query(description="Factors as known now, or as known when a day was first settled")
        ] = Revision.CURRENT,
        state: Annotated[
            State, Query(description="As known now, or as closed periods froze it (null where none was)")
        ] = State.CURRENT,
    ) -> Response:
        """Amount x factor of the local day, gases apart; a day without a factor is a shortfall and not 0.

        Market-based, electricity stands as one series with what served it: certificates, contracts, supplier
        rates, the residual mix, the grid's average. What comes from a neighbour's pool (heat, steam, cooling,
        air) stands by what that pool carries. Both bases and both states come by day and month.
        Whoever is let in for single areas gets what comes from neighbours, the market's basis and what was
        closed for areas that they name, and that are wholly theirs in all of the range; else what their own
        meters tell.
        """
        now = datetime.now(UTC)
        question = Question(asked.steps(dependencies.plan, now), choice.selection(by), tuple(quantity), now)
        kind = Kind(basis, revision, state)
        with _connection(dependencies.database, question, kind) as conn:
            books = Books(registry.read(conn), shelf_of(dependencies), now)
            cut = dependencies.database.cut
            unseen = hidden(site_of(dependencies.plan), books.registry) if cut else frozenset()
            found = _report(conn, books, question, kind, unseen)
            return answer(structs.replace(found, closed=closed_in(conn, books, found, question)))

    return routes
