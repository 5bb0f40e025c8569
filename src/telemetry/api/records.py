"""Records that people post: listed and withdrawn, each sort under a path of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from accounting.activities import Kinds
from accounting.factors import lineage
from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Number, Page
from telemetry.api.parameters import site_of
from telemetry.api.problems import Mistake, Refusal, shortened
from telemetry.api.receipt import JSON, RejectedField
from telemetry.reports.activities import Rating
from telemetry.reports.errors import QueryError
from telemetry.reports.period import span
from telemetry.reports.posting import FORMS, Checks
from telemetry.reports.records import Desk, RecordEntry, RecordMass
from telemetry.settings.plan import Plan
from telemetry.storage import records, registry
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Listing, Record, Sort

T = TypeVar("T", bound=Struct)
_MOST = 10_000
_PLACES = {
    Sort.ACTIVITY: ("activities", "What was burnt, bought or let go and no meter shows"),
    Sort.CERTIFICATE: ("certificates", "Proofs of green power, each number of the registry once"),
    Sort.PRODUCTION: ("production", "What was made, and other figures to set energy and carbon against"),
    Sort.CONTRACT: ("contracts", "Contracts for electricity, with what theirs emits"),
    Sort.SUPPLIER_RATE: ("supplier-rates", "What suppliers say that their electricity emits"),
}


class RecordReceipt(Struct, frozen=True):
    """What became of posted rows; what could be taken is kept though other rows were rejected."""

    accepted: int
    duplicate: Annotated[int, Meta(description="Rows that stood already; they changed nothing")]
    rejected: list[RejectedField]
    records: Annotated[list[RecordEntry], Meta(description="Rows that stand, in the order of the body")]


class RecordList(Struct, frozen=True):
    """Rows that touch the days asked for, by their first day."""

    records: list[RecordEntry]
    next: Next = None


class PostedWithdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a row shall no longer count."""

    who: Annotated[str, Meta(min_length=1, max_length=200, examples=["li.na"])]
    reason: Annotated[str, Meta(min_length=1, max_length=1000, examples=["posted for the wrong month"])]


ENTRY = RecordEntry(
    id=17,
    enterprise="E1",
    name="diesel",
    from_=date(2026, 5, 1),
    to=date(2026, 5, 31),
    amount=1.25,
    unit="t",
    document="invoice 2026-0517",
    generator=None,
    vintage=None,
    heating_value=None,
    factor=None,
    factor_unit=None,
    source=None,
    edition=None,
    published=None,
    note="",
    posted_by="li.na",
    posted_at=datetime.fromisoformat("2026-06-02T09:30:00+08:00"),
    withdrawn=None,
    emissions=[RecordMass("CO2", "1", 3931.4, [], [])],
)
RECEIPT_EXAMPLE = RecordReceipt(1, 0, [RejectedField(1, "amount", "-3", "expected float >= 0.0")], [ENTRY])
LIST_EXAMPLE = RecordList([ENTRY])
FURTHER: tuple[type[Struct], ...] = (*FORMS.values(), PostedWithdrawal)


def rating_of(plan: Plan) -> Rating:
    """Raises NoSuchSite."""
    site, library = site_of(plan), plan.library
    regions = lineage(library.regions, site.region)
    return Rating(
        Kinds(library.factors, library.potentials, library.fuels, library.heating_values),
        regions,
        ZoneInfo(site.zone),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was posted."""

    sort: Sort
    body: bytes

    def parsed(self) -> list[Any]:
        """Raises Refusal (413, 422)."""
        found = bodies.document(self.body)
        rows = found if isinstance(found, list) else [found]
        if len(rows) > _MOST:
            raise Refusal(413, f"The body holds more than {_MOST} rows; send it in parts.")
        return rows


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["records"])
    for sort, (place, meaning) in _PLACES.items():
        _add(routes, dependencies, sort, place, meaning)
    return routes


def _add(routes: APIRouter, dependencies: Dependencies, sort: Sort, place: str, meaning: str) -> None:
    form = reference(FORMS[sort])
    routes.add_api_route(
        f"/{place}",
        _posting(dependencies, sort),
        methods=["POST"],
        responses=documented("At least one row stands", RecordReceipt),
        openapi_extra=_body({"oneOf": [{"type": "array", "items": form}, form]}),
        summary=f"Post {place}",
    )
    routes.add_api_route(
        f"/{place}",
        _listing(dependencies, sort),
        methods=["GET"],
        responses=documented(meaning, RecordList),
        summary=place.capitalize(),
    )
    routes.add_api_route(
        f"/{place}/{{number}}/withdrawal",
        _withdrawing(dependencies, sort),
        methods=["POST"],
        responses=documented("It no longer counts", RecordEntry),
        openapi_extra=as_body(PostedWithdrawal),
        summary=f"Withdraw from {place}",
    )


def as_body(kind: type[Struct]) -> dict[str, Any]:
    """The `openapi_extra` of a route that takes a `kind`."""
    return _body(reference(kind))


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


def _posting(dependencies: Dependencies, sort: Sort) -> Callable[..., Any]:
    async def post(request: Request) -> Response:
        """One row or a list. The same row twice changes nothing; 422 when none could be taken."""
        rows = _Rows(sort, await bodies.plain(request))
        return answer(await run_in_threadpool(_take, dependencies, rows))

    return post


def _take(dependencies: Dependencies, posted: _Rows) -> RecordReceipt:
    desk, rows = _desk(dependencies), posted.parsed()
    rejected: list[RejectedField] = []
    with dependencies.database.signed() as tx:
        records.lock(tx)
        checks = _checks(tx, desk)
        kept = []
        for number, row in enumerate(rows):
            try:
                kept.append(desk.keep(tx, *checks.draft(posted.sort, row)))
            except QueryError as error:
                rejected.append(RejectedField(number, error.field, shortened(error.value), error.reason))
    if rejected and not kept:
        raise _nothing_taken(rejected)
    new = sum(each.new for each in kept)
    return RecordReceipt(new, len(kept) - new, rejected, [desk.entry(each.record) for each in kept])


def _nothing_taken(rejected: list[RejectedField]) -> Refusal:
    mistakes = [Mistake(f"{each.row}.{each.field}", each.value, each.reason) for each in rejected]
    return Refusal(422, f"None of the rows could be taken; {len(mistakes)} mistakes.", mistakes[:1000])


def _desk(dependencies: Dependencies) -> Desk:
    return Desk(rating_of(dependencies.plan), datetime.now(UTC), dependencies.database.scope())


def _checks(tx: Transaction, desk: Desk) -> Checks:
    areas = frozenset(a.code for a in registry.read(tx, []).areas if a.removed_at is None)
    return Checks(areas, desk.rating, desk.now.astimezone(desk.zone).date(), desk.scope)


def _listing(dependencies: Dependencies, sort: Sort) -> Callable[..., Response]:
    def listed(
        page: Page,
        period: Annotated[str | None, Query(max_length=25, examples=["2026-05"])] = None,
        enterprise: Annotated[list[str], Query(max_length=1000, description="Codes; default: all")] = [],  # noqa: B006  # FastAPI copies it
        *,
        withdrawn: Annotated[bool, Query(description="Also those that no longer count")] = False,
    ) -> Response:
        """Rows as they were posted, with who and when; of activities what they emitted."""
        desk = _desk(dependencies)
        first, last = span(period, "period") if period else (date.min, date.max)
        with dependencies.database.connection() as tx:
            after = page.after(tuple[date, Number])
            found = records.listed(
                tx, Listing(sort, first, last, enterprise or None, withdrawn, after, page.wanted)
            )
        shown, following = page.cut(found, lambda each: (each.first_day, each.id))
        return answer(RecordList([desk.entry(each) for each in shown], following))

    return listed


def _withdrawing(dependencies: Dependencies, sort: Sort) -> Callable[..., Any]:
    async def withdraw(
        request: Request, number: Annotated[int, Path(ge=1, lt=1 << 63, examples=[17])]
    ) -> Response:
        """Nothing is deleted: the row stays with who withdrew it, when and why."""
        why = await bodies.form(request, PostedWithdrawal)
        return answer(await run_in_threadpool(_withdraw, dependencies, sort, number, why))

    return withdraw


def _withdraw(dependencies: Dependencies, sort: Sort, number: int, why: PostedWithdrawal) -> RecordEntry:
    desk = _desk(dependencies)
    with dependencies.database.connection() as tx:
        _known(tx, sort, number)
    with dependencies.database.signed() as tx:
        records.lock(tx)
        desk.withdraw(tx, _known(tx, sort, number), why.who, why.reason)
        return desk.entry(_known(tx, sort, number))


def _known(tx: Transaction, sort: Sort, number: int) -> Record:
    found = records.one(tx, sort, number)
    if found is None:
        raise Refusal(404, f"There is no number {number} among the {_PLACES[sort][0]}.")
    return found
