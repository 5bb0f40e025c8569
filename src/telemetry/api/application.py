"""The application: every router behind one door, and the document that describes them."""

import re
from typing import Any

import msgspec
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from msgspec import Struct

from telemetry.access.permissions import PERMISSIONS
from telemetry.api import (
    account,
    alert_rules,
    alert_trials,
    alerts,
    audit,
    balance,
    band_shares,
    bill,
    corrections,
    cost,
    declared_days,
    deliveries,
    demand,
    edges,
    emissions,
    energy,
    health,
    hourly_factors,
    indicators,
    influx,
    inventory,
    kept_plans,
    keys,
    library,
    lines,
    links,
    live,
    load_profiles,
    manual,
    meters,
    occupancies,
    people,
    periods,
    plans,
    pools,
    provider,
    readings,
    receipt,
    records,
    session,
    settlement,
    silences,
    site,
    site_changes,
    sources,
    stored,
    strays,
    tariff,
    trace,
)
from telemetry.api.access import COOKIE
from telemetry.api.answers import PROBLEMS, in_tables, problem_content
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Guard, permitted
from telemetry.api.health import Status
from telemetry.api.idempotency import PARAMETER, Repeatable, takes
from telemetry.api.influx import WriteError, WriteErrorV1
from telemetry.api.metrics import Metrics
from telemetry.api.parameters import known
from telemetry.api.problems import HANDLERS, Problem
from telemetry.api.receipt import PushedRow
from telemetry.reports.edges import EdgeReport
from telemetry.reports.picture import Update

DESCRIPTION = """The live energy and carbon record of an industrial park.

Times are RFC 3339 in the park's zone; a date alone means the start of that day there. Units stand
beside their values. `null` means nothing is known, never zero. `coverage` is the share of an interval
that was measured."""
_EXAMPLES: tuple[Struct, ...] = (
    site.EXAMPLE,
    meters.LIST_EXAMPLE,
    meters.EXAMPLE,
    sources.LIST_EXAMPLE,
    sources.EXAMPLE,
    strays.EXAMPLE,
    edges.EXAMPLE,
    receipt.EXAMPLE,
    readings.EXAMPLE,
    load_profiles.EXAMPLE,
    corrections.LIST_EXAMPLE,
    corrections.EXAMPLE,
    live.EXAMPLE,
    energy.EXAMPLE,
    cost.EXAMPLE,
    bill.EXAMPLE,
    bill.BILLS_EXAMPLE,
    bill.COMPARISON_EXAMPLE,
    demand.EXAMPLE,
    band_shares.EXAMPLE,
    declared_days.EXAMPLE,
    deliveries.EXAMPLE,
    deliveries.CONTACTS_EXAMPLE,
    balance.EXAMPLE,
    emissions.EXAMPLE,
    inventory.EXAMPLE,
    tariff.EXAMPLE,
    settlement.EXAMPLE,
    trace.EXAMPLE,
    trace.EMISSIONS_EXAMPLE,
    records.RECEIPT_EXAMPLE,
    records.LIST_EXAMPLE,
    records.ENTRY,
    periods.EXAMPLE,
    periods.LIST_EXAMPLE,
    periods.ROWS_EXAMPLE,
    periods.PROOF_EXAMPLE,
    plans.EXAMPLE,
    pools.EXAMPLE,
    plans.OPTIMUM_EXAMPLE,
    plans.SHIFTS_EXAMPLE,
    plans.METERED_EXAMPLE,
    kept_plans.EXAMPLE,
    kept_plans.LIST_EXAMPLE,
    hourly_factors.EXAMPLE,
    hourly_factors.LIST_EXAMPLE,
    indicators.EXAMPLE,
    indicators.SCHEMES_EXAMPLE,
    occupancies.EXAMPLE,
    occupancies.LIST_EXAMPLE,
    keys.ENTRY,
    keys.EXAMPLE,
    keys.LIST_EXAMPLE,
    audit.EXAMPLE,
    audit.PROOF_EXAMPLE,
    people.ENTRY,
    people.EXAMPLE,
    people.LIST_EXAMPLE,
    account.EXAMPLE,
    links.EXAMPLE,
    session.EXAMPLE,
    provider.EXAMPLE,
    alerts.LIST_EXAMPLE,
    alerts.EXAMPLE,
    silences.EXAMPLE,
    alert_rules.LIST_EXAMPLE,
    alert_rules.HISTORY_EXAMPLE,
    alert_trials.EXAMPLE,
    alert_trials.RUNNING_EXAMPLE,
    library.DEVICES_EXAMPLE,
    library.FACTORS_EXAMPLE,
    library.TARIFFS_EXAMPLE,
    stored.EXAMPLE,
    lines.SCAN_EXAMPLE,
    lines.TEST_EXAMPLE,
    site_changes.EXAMPLE,
    Status("alive"),
)
"""One of each kind of answer."""
_FURTHER: tuple[type[Struct], ...] = (
    Problem,
    Update,
    PushedRow,
    WriteError,
    WriteErrorV1,
    EdgeReport,
    *records.FURTHER,
    *bill.FURTHER,
    *declared_days.FURTHER,
    periods.PostedPeriod,
    *plans.FURTHER,
    *kept_plans.FURTHER,
    *corrections.FURTHER,
    *manual.FURTHER,
    *hourly_factors.FURTHER,
    *keys.FURTHER,
    *occupancies.FURTHER,
    *people.FURTHER,
    *account.FURTHER,
    *links.FURTHER,
    *session.FURTHER,
    *provider.FURTHER,
    *alerts.FURTHER,
    *silences.FURTHER,
    *alert_rules.FURTHER,
    *alert_trials.FURTHER,
    *lines.FURTHER,
    *site_changes.FURTHER,
)


_SCHEMAS = "#/components/schemas/"
_QUALIFIED = re.compile(r"\.|__")


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
        dependencies=[Depends(permitted)],
        responses=PROBLEMS,
        exception_handlers=HANDLERS,
        generate_unique_id_function=_operation,
    )
    metrics = Metrics(dependencies)
    for router in (
        site.router(dependencies),
        tariff.router(dependencies),
        meters.router(dependencies),
        sources.router(dependencies),
        strays.router(dependencies),
        edges.router(dependencies),
        readings.router(dependencies, metrics),
        load_profiles.router(dependencies),
        manual.router(dependencies, metrics),
        corrections.router(dependencies),
        live.router(dependencies),
        energy.router(dependencies),
        cost.router(dependencies),
        bill.router(dependencies),
        demand.router(dependencies),
        band_shares.router(dependencies),
        declared_days.router(dependencies),
        deliveries.router(dependencies),
        balance.router(dependencies),
        emissions.router(dependencies),
        inventory.router(dependencies),
        hourly_factors.router(dependencies),
        settlement.router(dependencies),
        stored.router(dependencies),
        trace.router(dependencies),
        records.router(dependencies),
        periods.router(dependencies),
        plans.router(dependencies),
        kept_plans.router(dependencies),
        pools.router(dependencies),
        indicators.router(dependencies),
        occupancies.router(dependencies),
        keys.router(dependencies),
        audit.router(dependencies),
        alerts.router(dependencies),
        silences.router(dependencies),
        alert_rules.router(dependencies),
        alert_trials.router(dependencies),
        people.router(dependencies),
        account.router(dependencies),
        links.router(dependencies),
        library.router(dependencies),
        lines.router(dependencies),
        site_changes.router(dependencies),
        session.router(dependencies),
    ):
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(known)])
    app.include_router(provider.router(dependencies), prefix="/api/v1")
    app.include_router(influx.router(dependencies, metrics))
    app.include_router(health.router(dependencies, metrics))
    settings = dependencies.settings
    app.add_middleware(Repeatable, store=dependencies.store)
    app.add_middleware(Guard, hosts=settings.hosts, access=settings.access)
    return app


def _operation(route: APIRoute) -> str:
    """What generated clients call it: `get_meters_code` for GET /api/v1/meters/{code}."""
    words = re.findall(r"\w+", route.path_format.removeprefix("/api/v1").replace("-", "_"))
    return "_".join([*(method.lower() for method in sorted(route.methods or ())), *words])


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    kinds = [*map(type, _EXAMPLES), *_FURTHER]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=f"{_SCHEMAS}{{name}}")
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {}).update(schemas)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    document["security"] = [{}, {"token": []}, {"session": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(method, operation)
            if method == "post" and takes(PERMISSIONS.rule("POST", path)):
                operation.setdefault("parameters", []).append(PARAMETER)
    return _plainly_named(document)


def _plainly_named(document: dict[str, Any]) -> dict[str, Any]:
    """Kinds of one name in two modules are told apart by both: `picture.State` is PictureState."""
    text = msgspec.json.encode(document).decode()
    named = {name: _plain_name(name) for name in document["components"]["schemas"]}
    for name, plain in named.items():
        text = text.replace(f'{_SCHEMAS}{name}"', f'{_SCHEMAS}{plain}"')
    told: dict[str, Any] = msgspec.json.decode(text)
    schemas = told["components"]["schemas"]
    told["components"]["schemas"] = {
        plain: {**schemas[name], "title": plain} for name, plain in named.items()
    }
    return told


def _plain_name(name: str) -> str:
    *_, module, kind = ["", *_QUALIFIED.split(name)]
    return f"{module.title().replace('_', '')}{kind}"


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Give answers their examples, which FastAPI would strip of their nulls, and refusals their form."""
    examples = {type(each).__name__: each for each in _EXAMPLES}
    responses = operation["responses"]
    content = responses.get("200", {}).get("content", {}).get("application/json")
    if content is not None:
        example = examples[content["schema"]["$ref"].rpartition("/")[2]]
        content["example"] = msgspec.to_builtins(example)
        if method == "get":
            in_tables(operation, type(example))
    for code in PROBLEMS:
        responses[str(code)]["content"] = problem_content()
