"""Parameters that a question does not take are refused by name: a typing mistake is no other question."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.database
Service = Any
_RETURN = "/api/v1/session/provider/return"
"""What a sign-in provider adds to its way back is its own."""


@pytest.fixture
def service(start: Callable[..., Service]) -> Service:
    return start(None)


def test_a_parameter_that_a_question_does_not_take_is_named(service: Service) -> None:
    response = service.call("GET", "/api/v1/band-shares?month=2026-10")
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["field"], error["value"]) == ("month", "2026-10")
    assert "takes from, to" in error["reason"]


def test_every_question_refuses_what_it_does_not_take(service: Service) -> None:
    paths = service.app.openapi()["paths"]
    asked = [path for path, kinds in paths.items() if "get" in kinds and path.startswith("/api/v1/")]
    asked.remove(_RETURN)
    assert len(asked) > 40
    for path in asked:
        response = service.call("GET", path.replace("{", "").replace("}", "") + "?never=1")
        assert response.status_code == 422, path
        assert [each["field"] for each in response.json()["errors"]] == ["never"], path


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("deliveries?contact=duty%00", "contact"),
        ("deliveries?alert=%00", "alert"),
        ("alert-rules/high%00/history", "code"),
        ("plans/kept/%00", "code"),
    ],
)
def test_what_no_database_holds_is_refused_by_name(service: Service, path: str, field: str) -> None:
    response = service.call("GET", f"/api/v1/{path}")
    assert response.status_code == 422, response.text
    [error] = response.json()["errors"]
    assert (error["field"], error["reason"]) == (field, "holds a character that cannot be kept: NUL")
