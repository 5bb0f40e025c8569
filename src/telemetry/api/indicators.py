"""Energy and carbon per product, and the indicators of the schemes that rate parks."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from accounting.frozen import Row
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.periods import shelf_of
from telemetry.model import AreaKind
from telemetry.reports import indicators
from telemetry.reports.errors import QueryError
from telemetry.reports.frozen import Stretch, collect, ends
from telemetry.reports.indicators import (
    IndicatorEntry,
    InputEntry,
    Intensity,
    IntensityAnswer,
    SchemeEntry,
    SchemesAnswer,
)
from telemetry.reports.names import Name
from telemetry.reports.period import span
from telemetry.reports.recovered import Recovered, recovered
from telemetry.storage import registry

_DAYS = (date(2026, 5, 1), date(2026, 5, 31))
EXAMPLE = IntensityAnswer(
    "E1",
    *_DAYS,
    tce=21.4,
    kwh=96_000.0,
    kgco2=48_210.0,
    incomplete=[],
    intensities=[Intensity("bottle", "piece", 48_000.0, 0.000446, 2.0, 1.004)],
    missing=["output_value"],
)
SCHEMES_EXAMPLE = SchemesAnswer(
    "PARK",
    *_DAYS,
    [
        SchemeEntry(
            "cn-zero-carbon-park-2025",
            Name("National zero-carbon park", "国家级零碳园区建设指标体系"),
            "document 910 of 2025",
            "where it was read",
            "thresholds read",
            "the core indicator fails the whole when it is not met",
            [
                IndicatorEntry(
                    "water_reuse",
                    Name("Industrial water used again", "工业用水重复利用率"),
                    "%",
                    False,  # noqa: FBT003  # an example
                    None,
                    "higher",
                    80.0,
                    None,
                    None,
                    [InputEntry("water_reused", Name("Water used again", "重复利用水量"), "m3", "post it")],
                    [],
                    "",
                )
            ],
            [],
        )
    ],
)
_Period = Annotated[
    str, Query(max_length=25, description="A year, a month, or two days with /", examples=["2026-05"])
]
_Area = Annotated[str | None, Query(max_length=64, description="Code; default: the park")]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["indicators"])

    def rows(area: str | None, period: str) -> tuple[list[Row], Stretch, Recovered]:
        shelf = shelf_of(dependencies)
        stretch = Stretch(_code(dependencies, area), period, *span(period, "period"))
        with dependencies.database.entrusted(area, *ends(shelf, stretch)) as tx:
            known = registry.read(tx)
            rows = collect(tx, known, shelf, stretch, now=datetime.now(UTC))
            return rows, stretch, recovered(tx, known, shelf.converters, stretch, shelf.rating.zone)

    @routes.get(
        "/intensity",
        responses=documented("Per product", IntensityAnswer),
        summary="Energy and carbon per product",
    )
    def intensity(period: _Period = "", area: _Area = None) -> Response:
        """What crosses the area's boundary and what its activities add, per unit of what was posted."""
        found, stretch, _ = rows(area, period or _year())
        return answer(indicators.intensity(found, stretch))

    @routes.get("/schemes", responses=documented("Every scheme", SchemesAnswer), summary="Schemes for parks")
    def schemes(period: _Period = "", area: _Area = None) -> Response:
        """Indicators from data, each with its threshold; missing inputs are named, never taken as 0."""
        library = dependencies.plan.library.schemes
        found, stretch, heat = rows(area, period or _year())
        return answer(indicators.rated(found, stretch, library, heat))

    return routes


def _year() -> str:
    return str(datetime.now(UTC).year)


def _code(dependencies: Dependencies, area: str | None) -> str:
    """Raises QueryError."""
    known = registry.load(dependencies.database)
    codes = {each.code: each.kind for each in known.areas}
    if area is None:
        return next((code for code, kind in codes.items() if kind == AreaKind.PARK), "")
    if area not in codes:
        raise QueryError("area", area, "no area has this code; GET /api/v1/site lists them")
    return area
