"""Pools and converters: what feeds each carrier of each area, and what leaves it with the mix."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from accounting.quantity import Carrier
from telemetry.api import parameters
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.model import ConverterKind
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection
from telemetry.reports.names import Name
from telemetry.reports.pools.answer import ConverterSeries, Pool, PoolRow, PoolsAnswer
from telemetry.reports.pools.layout import Part
from telemetry.reports.pools.report import Park, report
from telemetry.reports.steps import Step
from telemetry.storage import registry

_FIRST = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
EXAMPLE = PoolsAnswer(
    from_=_FIRST,
    to=_FIRST.replace(day=23),
    step=Step.DAY,
    zone="Asia/Shanghai",
    times=[_FIRST],
    pools=[
        Pool(
            area="E1",
            name=Name("Moulding", "注塑厂"),
            carrier="electricity",
            quantity="energy_import",
            unit="kWh",
            entered=[400.0],
            rate={"CO2": [0.331425]},
            rest=[20.0],
            rest_carried={"CO2": [6.6285]},
            known=[1.0],
            self_consumption=[1.0],
            self_sufficiency=[0.25],
            rows=[
                PoolRow(
                    meter="E1-M00",
                    name=Name("Feeder", "进线"),
                    part=Part.BOUGHT,
                    inwards=True,
                    other=None,
                    converter=None,
                    values=[300.0],
                    carried={"CO2": [132.57]},
                )
            ],
        )
    ],
    converters=[
        ConverterSeries(
            code="E1-AIR",
            name=Name("Compressor", "空压机"),
            kind=ConverterKind.COMPRESSOR,
            taken_gj=[0.18],
            given_gj=[None],
            carried={"CO2": [16.57]},
            idle={"CO2": [0.0]},
            recovered_gj=[0.09],
            recovery_rate=[0.625],
            content={"CO2": 0.0},
            unfilled=0.0,
        )
    ],
    factors=[],
    shortfalls=["no factor is known for bought air_volume"],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["pools"])

    @routes.get("/pools", responses=documented("Pools and converters", PoolsAnswer), summary="Pools")
    def pools(
        *,
        range_: parameters.Range,
        area: Annotated[list[str], Query(max_length=1000, description="Codes; default: all")] = [],  # noqa: B006  # FastAPI copies it
        carrier: Annotated[list[Carrier], Query(max_length=20, description="Default: all")] = [],  # noqa: B006  # FastAPI copies it
    ) -> Response:
        """By quarter hour what enters mixes, and leaves with the mix: emissions in are emissions out."""
        plan, now = dependencies.plan, datetime.now(UTC)
        site = parameters.site_of(plan)
        selection = Selection(By.AREA, (), tuple(area))
        question = Question(range_.steps(plan, now), selection, (), now)
        park = Park(registry.load(dependencies.database), site.converters, dependencies.factors)
        with dependencies.database.connection() as conn:
            return answer(report(conn, park, question, [each.value for each in carrier]))

    return routes
