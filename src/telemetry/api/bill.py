"""Bills of a month: one area's, and all of the park."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from accounting.bill import LineKind
from telemetry.api import bodies
from telemetry.api.answers import answer, documented, file
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.api.problems import Mistake, Refusal
from telemetry.api.records import as_body
from telemetry.reports import bill_answer
from telemetry.reports.bill import Bills, Terms, bills
from telemetry.reports.bill_answer import Bill, BillAnswer, BillLine, BillsAnswer, MaximumDemand
from telemetry.reports.billing_month import span_of
from telemetry.reports.comparison import ComparisonAnswer, Difference, PostedBill, Side, compared
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.names import Name
from telemetry.reports.supplied import billed_by
from telemetry.storage import registry
from telemetry.storage.registry import Registry

_LINE = BillLine(
    kind=LineKind.ENERGY,
    code="valley",
    name=Name("Energy: Valley", "电量电费 低谷"),
    quantity=Decimal("1200.00"),
    unit="kWh",
    price=Decimal("0.30"),
    amount=Decimal("360.00"),
    source="demo-park, price table 'demo' of 2021-10-01",
    provisional=False,
    reasons=[],
)
_BILL = Bill(
    area="E1",
    name=Name("Injection moulding", "注塑厂"),
    total=Decimal("360.00"),
    known=Decimal("360.00"),
    kwh=1200.0,
    estimated_kwh=0.0,
    coverage=1.0,
    provisional=False,
    lines=[_LINE],
    reasons=[],
)
_NO_BILL = "gets no bill: it is no park, enterprise or tenant of the contract"
_FIRST, _LAST = date(2026, 10, 1), date(2026, 10, 31)
EXAMPLE = BillAnswer("2026-10", _FIRST, _LAST, "Asia/Shanghai", "CNY", fictitious=True, bill=_BILL)
BILLS_EXAMPLE = BillsAnswer(
    month="2026-10",
    first_day=_FIRST,
    last_day=_LAST,
    zone="Asia/Shanghai",
    currency="CNY",
    fictitious=True,
    demand=MaximumDemand(940.5, datetime.fromisoformat("2026-10-14T10:15:00+08:00"), 900, 2976, 0),
    park=_BILL,
    parties=[_BILL],
    apart=[],
    unshared=Decimal("0.00"),
    reasons=[],
)
_SIDE = Side(Decimal("1200.00"), Decimal("0.30"), Decimal("360.00"))
COMPARISON_EXAMPLE = ComparisonAnswer(
    month="2026-10",
    document="B-2026-10-4711",
    area="park",
    currency="CNY",
    lines=[
        Difference(
            kind=LineKind.ENERGY,
            code="valley",
            name=_LINE.name,
            theirs=_SIDE,
            ours=_SIDE,
            quantity=Decimal("0.00"),
            amount=Decimal("0.00"),
            agrees=True,
            reasons=[],
        )
    ],
    theirs=Decimal("360.00"),
    ours=Decimal("360.00"),
    difference=Decimal("0.00"),
    sum_of_their_lines=Decimal("360.00"),
)


class _Form(StrEnum):
    JSON = "json"
    CSV = "csv"


_ALL: dict[int | str, dict[str, Any]] = documented("All bills", BillsAnswer)
_ALL[200]["content"]["text/csv"] = {"schema": {"type": "string"}}
FURTHER: tuple[type[Struct], ...] = (PostedBill,)
_MOST = Decimal(10) ** 15
Month = Annotated[
    str | None,
    Query(max_length=7, description="Billing month; default: the one that runs", examples=["2026-10"]),
]
Area = Annotated[
    str, Query(max_length=64, description="The park, an enterprise or a tenant", examples=["E1"])
]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["cost"])

    @routes.get("/bill", responses=documented("A bill", BillAnswer), summary="Bill")
    def one(area: Area, month: Month = None) -> Response:
        """One area's bill with every line explained; what cannot be told has no amount, and the reason."""
        found, terms, known = _found(dependencies, month, area)
        told = bill_answer.one(found, area, terms, known)
        if told is None:
            raise QueryError("area", area, _NO_BILL)
        return answer(told)

    @routes.get("/bills", responses=_ALL, summary="Bills")
    def every(
        month: Month = None,
        area: Annotated[
            str | None,
            Query(
                max_length=64, description="An enterprise with a supply contract of its own, for that bill"
            ),
        ] = None,
        form: Annotated[
            _Form, Query(alias="format", description="JSON, or CSV for a spreadsheet")
        ] = _Form.JSON,
    ) -> Response:
        """The park's bill and its parts, which add up to it to the cent."""
        reckoned, terms, known = _found(dependencies, month, area)
        if area is not None and terms.own is None and area != reckoned.park.area:
            raise QueryError("area", area, "has no supply contract of its own in this month")
        found = bill_answer.all_of(reckoned, terms, known)
        if form is _Form.JSON:
            return answer(found)
        return file(bill_answer.as_csv(found), "text/csv", f"bills-{found.month}.csv")

    @routes.post(
        "/bill/comparison",
        responses=documented("Differences", ComparisonAnswer),
        openapi_extra=as_body(PostedBill),
        summary="Compare with the utility's bill",
    )
    async def comparison(request: Request) -> Response:
        """The utility's lines beside ours: what differs in quantity and in amount. Nothing is stored."""
        posted = _posted(await bodies.posted(request))
        return answer(await run_in_threadpool(_compared, dependencies, posted))

    return routes


def _posted(body: Any) -> PostedBill:  # noqa: ANN401  # JSON
    """Raises QueryError, Refusal (422)."""
    posted = converted(body, PostedBill)
    for number, line in enumerate(posted.lines):
        for name in ("amount", "quantity", "price"):
            value = getattr(line, name)
            if value is not None and not (value.is_finite() and abs(value) < _MOST):
                reason = f"has to be a number below {_MOST:f}"
                raise Refusal(
                    422,
                    "The bill cannot be read.",
                    [Mistake(f"lines[{number}].{name}", str(value)[:40], reason)],
                )
    return posted


def _compared(dependencies: Dependencies, posted: PostedBill) -> ComparisonAnswer:
    found, terms, _ = _found(dependencies, posted.month, posted.area)
    area = posted.area or found.park.area
    party = found.park if area == found.park.area else found.of(area)
    if party is None:
        raise QueryError("area", area, _NO_BILL)
    return compared(posted, area, party.lines, found.month, terms)


def _found(dependencies: Dependencies, month: str | None, area: str | None) -> tuple[Bills, Terms, Registry]:
    now, plan = datetime.now(UTC), dependencies.plan
    terms, asked = billed_by(plan, site_of(plan), area, month, now.astimezone(zone_of(plan)))
    span = span_of(asked, zone_of(plan))
    with dependencies.database.entrusted(area, *span) as conn:
        known = registry.read(conn)
        return bills(conn, known, terms, asked, now), terms, known
