"""The OpenAPI document against the routes: examples fit, and any question gets a described answer."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from telemetry.model import Site

pytestmark = pytest.mark.database
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    site = make_site(
        {"code": "M-101", "role": "boundary"}, billing={"tariff": "demo-park", "contract_kw": 1000}
    )
    service = start(site)
    at = int(time.time()) // 900 * 900
    rows = [
        {
            "meter": "M-101",
            "time": datetime.fromtimestamp(at - 300 * back, UTC).isoformat(),
            "values": {"energy_import": 1000.0 - back, "active_power": 12.0},
        }
        for back in range(60)
    ]
    service.post(rows)
    service.settle()
    service.tick()
    return service


def test_every_operation_is_described_with_an_example(service: Any) -> None:
    document = service.call("GET", "/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
            if content is None:
                bare = {"204", "303"} & {*operation["responses"]}
                assert bare or path.endswith(("/stream", "/metrics", "/write", "/ping")), (method, path)
                continue
            schema = {**content["schema"], "components": {"schemas": schemas}}
            jsonschema_rs.Draft202012Validator(schema).validate(content["example"])
            assert operation["summary"]


def test_any_question_gets_a_described_answer(address: str, service: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json", timeout=120)

    for result in schema.get_all_operations():
        _try(result.ok())
    assert service.hub.watchers == 0


def _try(operation: Any) -> None:
    @settings(
        max_examples=12,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if case.path.endswith("/stream"):
            case.query = {**(case.query or {}), "max_events": 1}
        case.call_and_validate(checks=CHECKS, timeout=120)

    ask()


def test_the_document_is_of_use_to_generators(service: Any) -> None:
    document = msgspec.json.decode(service.call("GET", "/api/openapi.json").content)
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    refused = document["paths"]["/api/v1/energy"]["get"]["responses"]["4XX"]["content"]
    assert list(refused) == ["application/problem+json"]
    units = document["components"]["schemas"]["MeterRow"]["properties"]["power_kw"]["description"]
    assert "[kW]" in units


def test_every_kind_has_a_name_of_its_own(service: Any) -> None:
    text = service.call("GET", "/api/openapi.json").text
    schemas = msgspec.json.decode(text)["components"]["schemas"]
    assert {"PictureState", "CarriedState"} <= schemas.keys()
    assert all(name.isidentifier() and "__" not in name for name in schemas)
    assert [schema["title"] for schema in schemas.values()] == list(schemas)
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert used <= schemas.keys()
