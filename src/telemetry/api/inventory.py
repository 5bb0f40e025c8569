"""The inventory of an area under a rule set."""

import math
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from accounting.inventory import Flow, RuleSet
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.emissions import EXAMPLE as EMISSIONS
from telemetry.api.parameters import site_of, zone_of
from telemetry.model import AreaKind
from telemetry.reports import inventory
from telemetry.reports.emission_answer import Origin
from telemetry.reports.energy import Question
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import Factors
from telemetry.reports.hourly import Hourly
from telemetry.reports.inventory import Asked, Library
from telemetry.reports.inventory_answer import Co2e, InventoryAnswer, InventoryLine, MarketBased, ServedBy
from telemetry.reports.membership import By, Selection
from telemetry.reports.period import span
from telemetry.reports.steps import Step, Steps
from telemetry.reports.worth import Worth
from telemetry.settings.plan import Plan
from telemetry.storage import registry

_FACTORS = EMISSIONS.series[0].factors
EXAMPLE = InventoryAnswer(
    area="E1",
    from_=datetime.fromisoformat("2023-06-01T00:00:00+08:00"),
    to=datetime.fromisoformat("2023-07-01T00:00:00+08:00"),
    rules=RuleSet.GHGP,
    lines=[
        InventoryLine("energy_import", "2", Flow.BOUGHT, Origin.METERS, {"CO2": 4419.0}, 1.0, _FACTORS, []),
    ],
    scopes={"2": {"CO2": 4419.0}},
    market=MarketBased(
        {"CO2": 2438.4},
        {"certificate": 6000.0, "contract": 0.0, "supplier": 0.0, "residual": 4000.0, "none": 0.0},
        0.0,
        [ServedBy("GEC-2023-000417", "E1", "2023", 6000.0, "")],
        [],
        _FACTORS,
        [],
    ),
    scope2_market={"CO2": 2438.4},
    avoided={},
    biogenic={},
    short=[],
    co2e=Co2e("ar5", None, "no sum in CO2e: the factors of energy_import do not cover it"),
    uncertainty={"CO2": 5.385},
    hourly=Hourly(None, {}, 10_000.0, 1.0, [], [], 0.31, 1.0, None, None),
    coal=Worth(1.229, None, {"energy_import": 1.229}, []),
    tco2_per_tce=3.5956,
    above_t=4.17,
    deduction=None,
)

_Percent = Annotated[float | None, Query(ge=0, le=1000)]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["emissions"])

    @routes.get(
        "/inventory", responses=documented("Totals by scope and gas", InventoryAnswer), summary="Inventory"
    )
    def masses(
        *,
        period: Annotated[str, Query(max_length=40, examples=["2026-05"])],
        area: Annotated[str | None, Query(max_length=100, description="Code; default: the park")] = None,
        rules: Annotated[RuleSet, Query(description="What becomes of sold power and heat")] = RuleSet.GHGP,
        gwp: Annotated[Literal["ar4", "ar5", "ar6"], Query(description="Potentials of CO2e")] = "ar5",
        amounts_percent: _Percent = None,
        factors_percent: _Percent = None,
        threshold: Annotated[
            float | None, Query(ge=0, le=1e6, description="tCO2/tce that may not be passed")
        ] = None,
        losses_percent: Annotated[
            float | None, Query(ge=0, lt=100, description="Lost in transmission and distribution: scope 3")
        ] = None,
        allowances_short: Annotated[
            float | None, Query(ge=0, le=1e12, description="tCO2 short in a market that deducts green power")
        ] = None,
    ) -> Response:
        """Scope 1 and 2, both bases, with what served each kWh, standard coal and carbon per energy.

        Factors are those known now. A percentage is half the 95 % interval, the same for every line; both
        together give the uncertainty of each gas by approach 1 of the IPCC.
        """
        plan = dependencies.plan
        code = area or _park(dependencies)
        percent = tuple(math.nan if each is None else each for each in (amounts_percent, factors_percent))
        region, uncertain = site_of(plan).region, (percent[0], percent[1])
        asked = Asked(code, region, rules, gwp, uncertain, threshold, losses_percent, allowances_short)
        question = Question(_steps(period, plan), Selection(By.AREA, (), (code,)), (), datetime.now(UTC))
        steps = question.steps
        with dependencies.database.entrusted(area, steps.begin, steps.end) as conn:
            return answer(
                inventory.report(
                    conn, registry.read(conn), _library(plan, dependencies.factors), question, asked
                )
            )

    return routes


def _park(dependencies: Dependencies) -> str:
    """Raises QueryError."""
    known = registry.load(dependencies.database)
    park = next((each.code for each in known.areas if each.kind == AreaKind.PARK), None)
    if park is None:
        raise QueryError("area", "", "the site has no park; name an area")
    return park


def _steps(period: str, plan: Plan) -> Steps:
    """Whole months by month, other periods by day. Raises QueryError, NoSuchSite."""
    first, last = span(period, "period")
    zone, after = zone_of(plan), last + timedelta(days=1)
    step = Step.MONTH if first.day == 1 and after.day == 1 else Step.DAY
    return Steps.covering(
        step, zone, datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)
    )


def _library(plan: Plan, factors: Factors) -> Library:
    library = plan.library
    return Library(
        factors,
        library.potentials,
        library.coal,
        library.coal_rates,
        library.series,
        site_of(plan).converters,
    )
