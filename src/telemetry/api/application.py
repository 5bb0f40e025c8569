"""The application: every router behind one door, and the document that describes them."""

from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec import Struct

from telemetry.api import emissions, energy, health, live, meters, readings, session, site, tariff
from telemetry.api.answers import PROBLEMS, problem_content
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Guard
from telemetry.api.health import Status
from telemetry.api.meters import MeterList
from telemetry.api.metrics import Metrics
from telemetry.api.problems import HANDLERS, Problem
from telemetry.api.receipt import PushedRow, Receipt
from telemetry.api.session import Token
from telemetry.api.site import SiteAnswer
from telemetry.api.tariff import BandsAnswer
from telemetry.reports.emissions import EmissionsAnswer
from telemetry.reports.energy import EnergyAnswer
from telemetry.reports.meter import MeterAnswer
from telemetry.reports.picture import Snapshot, Update
from telemetry.reports.readings import ReadingColumns

DESCRIPTION = """The live energy and carbon record of an industrial park.

Times are RFC 3339 in the park's zone; a date alone means the start of that day there. Units stand
beside their values. `null` means nothing is known, never zero. `coverage` is the share of an interval
that was measured."""
_SCHEMAS: tuple[type[Struct], ...] = (
    Problem,
    Snapshot,
    Update,
    SiteAnswer,
    BandsAnswer,
    MeterList,
    MeterAnswer,
    Receipt,
    PushedRow,
    ReadingColumns,
    EnergyAnswer,
    EmissionsAnswer,
    Token,
    Status,
)


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def create(dependencies: Dependencies) -> FastAPI:
    """The API over its parts; the page is mounted beside it by whoever wires."""
    app = _Application(
        title="ParkWatt",
        version="1",
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=PROBLEMS,
        exception_handlers=HANDLERS,
    )
    metrics = Metrics(dependencies)
    versioned = APIRouter(prefix="/api/v1")
    for router in (
        site.router(dependencies),
        tariff.router(dependencies),
        meters.router(dependencies),
        readings.router(dependencies, metrics),
        live.router(dependencies),
        energy.router(dependencies),
        emissions.router(dependencies),
        session.router(dependencies.settings),
    ):
        versioned.include_router(router)
    app.include_router(versioned)
    app.include_router(health.router(dependencies, metrics))
    settings = dependencies.settings
    app.add_middleware(Guard, hosts=settings.hosts, access=settings.access)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    _, schemas = msgspec.json.schema_components(_SCHEMAS, ref_template="#/components/schemas/{name}")
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {}).update(schemas)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "parkwatt_session"},
    }
    document["security"] = [{}, {"token": []}, {"session": []}]
    for operation in _operations(document):
        for code in PROBLEMS:
            operation["responses"][code]["content"] = problem_content()
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]
