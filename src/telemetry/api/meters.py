"""The meters: all of them as they stand, and one in full."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct, structs

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import zone_of
from telemetry.reports import meter as one
from telemetry.reports.meter import (
    ConflictEntry,
    EventEntry,
    LatestValue,
    MeterAnswer,
    PlaceEntry,
    ReadingEntry,
    TemplateEntry,
    TermEntry,
)
from telemetry.reports.meters import MeterEntry, entries
from telemetry.reports.names import Name
from telemetry.reports.picture import State
from telemetry.storage import registry


class MeterList(Struct, frozen=True):
    """Every meter in service."""

    meters: list[MeterEntry]


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
ENTRY = MeterEntry(
    code="M-101",
    name=Name("Injection hall feeder", "注塑车间进线"),
    area="E1",
    enterprise="E1",
    parent="M-001",
    role="boundary",
    carrier="electricity",
    source="line-1",
    device="eastron-sdm630",
    multiplier=1.0,
    rated_kw=630.0,
    state=State.LIVE,
    last_reading=_AT,
)
LIST_EXAMPLE = MeterList([ENTRY])
EXAMPLE = MeterAnswer(
    **structs.asdict(ENTRY),
    terms=[TermEntry(datetime(1970, 1, 1, tzinfo=UTC), 1.0, "E1", "M-001", "boundary", "CN-GD")],
    template=TemplateEntry(
        "eastron-sdm630",
        Name("Eastron SDM630", "Eastron SDM630"),
        "Eastron SDM630 Modbus protocol",
        verified=True,
        values=[PlaceEntry("active_power", "W", "input 52", "float32")],
    ),
    values={"active_power": LatestValue(412.5, "kW")},
    readings=[ReadingEntry(_AT, {"active_power": 412.5})],
    events=[EventEntry(_AT, "energy_import", "reset")],
    conflicts=[ConflictEntry(4711, _AT, "energy_import", 120.0, 121.0)],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["meters"])

    @routes.get("/meters", responses=documented("Meters in service", MeterList), summary="Meters")
    def meters(
        area: Annotated[
            list[str], Query(max_length=1000, description="Only those that stand in these areas")
        ] = [],  # noqa: B006  # FastAPI copies it
    ) -> Response:
        """Every meter in service, with how its last reading is doing."""
        known, rows = registry.load(dependencies.database), dependencies.live.rows()
        return answer(MeterList(entries(known, datetime.now(UTC), rows, area)))

    @routes.get("/meters/{code}", responses=documented("The meter", MeterAnswer), summary="One meter")
    def meter(code: Annotated[str, Path(max_length=64, examples=["M-101"])]) -> Response:
        """What it was and is, its template with the registers, its last readings and what they held."""
        zone = zone_of(dependencies.plan)
        question = one.Question(code, datetime.now(UTC), zone, dependencies.live.rows().get(code))
        with dependencies.database.connection() as conn:
            return answer(one.report(conn, dependencies.plan.library.devices, question))

    return routes
