"""How far settlement is."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import zone_of
from telemetry.reports import settlement
from telemetry.reports.settlement import SettlementAnswer, StageProgress
from telemetry.storage.dirty import Stage

_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
EXAMPLE = SettlementAnswer(
    _AT,
    [
        StageProgress(Stage.ENERGY, 0, 0, 0, None, 0.0, None),
        StageProgress(
            Stage.DAILY, 812, 296_380, 68_620, _AT.replace(second=0), 7624.4, _AT.replace(second=48)
        ),
    ],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["settlement"])

    @routes.get(
        "/settlement",
        responses=documented("What waits", SettlementAnswer),
        summary="Progress of settlement",
    )
    def progress() -> Response:
        """Meters and days that a late reading, a revised factor or a new tariff has yet to reach.

        For single areas: of their own meters, and without how fast, since that is of the whole park.
        """
        zone = zone_of(dependencies.plan)
        with dependencies.database.connection() as conn:
            return answer(settlement.report(conn, datetime.now(UTC), zone))

    return routes
