"""What every route that takes JSON makes of bodies that are not what they are declared to be."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = "application/json"
NOT_UTF_8 = '{"who": "李娜", "reason": "换表"}'.encode("gbk")
UNREADABLE = {"gbk": NOT_UTF_8, "cut": b'{"who": "li', "too deep": b"[" * 100_000, "empty": b""}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1", "role": "boundary"}))


def _posts(service: Any) -> Iterator[str]:
    for path, operations in service.app.openapi()["paths"].items():
        body = operations.get("post", {}).get("requestBody", {})
        if JSON in body.get("content", {}):
            yield re.sub(r"\{\w+\}", "1", path)


def _sent(service: Any, path: str, body: bytes, **headers: str) -> httpx.Response:
    answer: httpx.Response = service.call(
        "POST",
        path,
        content=body,
        headers={"Content-Type": JSON} | {"Content-Encoding": "identity"} | headers,
    )
    return answer


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_and_breaks_nothing(service: Any, body: bytes) -> None:
    answers = {path: _sent(service, path, body).status_code for path in _posts(service)}
    assert len(answers) > 30
    assert {path: status for path, status in answers.items() if not 400 <= status < 500} == {}


def test_a_packed_body_says_what_a_plain_one_does(service: Any) -> None:
    plain = json.dumps({"who": "li.na", "reason": "tried", "nonsense": 1}).encode()
    for path in _posts(service):
        expected = _sent(service, path, plain)
        packed = _sent(service, path, gzip.compress(plain), **{"Content-Encoding": "gzip"})
        assert (packed.status_code, packed.text) == (expected.status_code, expected.text), path


def test_a_body_in_another_encoding_is_told_so(service: Any) -> None:
    [mistake] = _sent(service, "/api/v1/keys", NOT_UTF_8).json()["errors"]
    assert (mistake["field"], mistake["reason"]) == ("body", "it is not in UTF-8, as JSON has to be")
