"""What is posted again under one Idempotency-Key is done once, and answered as it was the first time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from telemetry.api.application import create
from telemetry.api.idempotency import KEPT
from telemetry.model import Site
from telemetry.storage.errors import StorageUnavailable
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database
Service = Any
FIRST = "the-token-of-the-start"
KEY = "0b5c6f5e-8a39-4b8e-9f0e-2d9f4a3d7c11"
DIESEL: dict[str, Any] = {
    "period": "2026-05",
    "enterprise": "hall",
    "kind": "diesel",
    "amount": 1.25,
    "unit": "t",
    "document": "invoice 7",
    "who": "li.na",
}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Service:
    service = start(make_site({"code": "M1", "area": "hall"}))
    service.ask_for_keys(FIRST)
    return service


def post(
    service: Service,
    path: str,
    body: Any,
    key: str | None = KEY,
    secret: str = FIRST,
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {})
    answer: httpx.Response = service.call("POST", f"/api/v1{path}", json=body, headers=headers)
    return answer


def keys(service: Service) -> list[str]:
    answer = service.call("GET", "/api/v1/keys", headers={"Authorization": f"Bearer {FIRST}"})
    return [each["name"] for each in answer.json()["keys"]][1:]


ERP = {"name": "erp", "roles": ["admin"], "whole_park": True}


def test_the_same_again_gets_the_first_answer_and_makes_nothing(service: Service) -> None:
    first, again = post(service, "/keys", ERP), post(service, "/keys", ERP, f'"{KEY}"')
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["cache-control"] == "no-store"
    assert keys(service) == ["erp"]


def test_another_request_under_the_key_is_refused(service: Service) -> None:
    post(service, "/keys", ERP)
    for path, body in (("/keys", ERP | {"name": "other"}), ("/keys?x=1", ERP), ("/people", ERP)):
        answer = post(service, path, body)
        assert answer.status_code == 422, path
        [mistake] = answer.json()["errors"]
        assert (mistake["field"], mistake["value"]) == ("Idempotency-Key", KEY)
    assert keys(service) == ["erp"]


def test_a_key_is_its_callers_own(service: Service) -> None:
    made = post(service, "/keys", ERP).json()
    theirs = post(service, "/keys", ERP | {"name": "theirs"}, secret=made["secret"])
    assert theirs.status_code == 200
    assert keys(service) == ["erp", "theirs"]


def test_who_may_not_is_refused_and_leaves_the_key_free(service: Service) -> None:
    reader = post(service, "/keys", ERP | {"name": "reader", "roles": ["read"]}, None).json()["secret"]
    assert post(service, "/keys", ERP, secret=reader).status_code == 403
    assert post(service, "/keys", ERP).status_code == 200


def test_the_database_has_no_secret_of_an_answer(service: Service) -> None:
    secret = post(service, "/keys", ERP).json()["secret"]
    with service.database.connection() as tx:
        [kept] = tx.execute("select digest || fingerprint || answer from repeatable").fetchall()
    assert len(kept[0]) > 200
    for word in (secret, KEY, "erp"):
        assert word.encode() not in kept[0]


@pytest.mark.parametrize("key", ["short", "x" * 256, "with a space in it", "schlüssel-der-zeit"])
def test_a_key_that_cannot_be_used_is_named(service: Service, key: str) -> None:
    answer = service.call(
        "POST",
        "/api/v1/keys",
        json=ERP,
        headers={"Authorization": f"Bearer {FIRST}", "Idempotency-Key": key.encode("latin-1")},
    )
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["Idempotency-Key"]
    assert keys(service) == []


def test_what_was_refused_may_come_right_under_the_same_key(service: Service) -> None:
    assert post(service, "/activities", [DIESEL | {"unit": "furlong"}]).status_code == 422
    first = post(service, "/activities", [DIESEL])
    assert first.json()["accepted"] == 1
    again = post(service, "/activities", [DIESEL])
    assert again.json() == first.json()
    assert post(service, "/activities", [DIESEL], None).json()["duplicate"] == 1


def test_two_at_once_are_one(service: Service) -> None:
    async def both() -> list[httpx.Response]:
        transport = httpx.ASGITransport(service.app)
        headers = {"Authorization": f"Bearer {FIRST}", "Idempotency-Key": KEY}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            asked = (client.post("/api/v1/keys", json=ERP, headers=headers) for _ in range(4))
            return await asyncio.gather(*asked)

    found = service.run(both())
    assert {each.status_code for each in found} <= {200, 409}
    assert len({each.text for each in found if each.status_code == 200}) == 1
    assert keys(service) == ["erp"]


def test_one_that_ended_without_an_answer_is_not_done_again(service: Service) -> None:
    post(service, "/keys", ERP)
    with service.database.connection() as tx:
        tx.execute("update repeatable set answer = null")
    again = post(service, "/keys", ERP)
    assert again.status_code == 409
    assert "look whether it was carried out" in again.json()["detail"]
    assert again.headers["retry-after"] == "5"


def test_a_key_is_forgotten_after_a_day(service: Service) -> None:
    post(service, "/activities", [DIESEL])
    with service.database.connection() as tx:
        tx.execute("update repeatable set begun_at = begun_at - %s", [KEPT + timedelta(seconds=1)])
    assert post(service, "/activities", [DIESEL]).json()["duplicate"] == 1


def test_without_the_database_it_is_to_come_again(service: Service) -> None:
    settings = service.dependencies.settings
    away = create(replace(service.dependencies, store=Database(""), settings=settings))
    service.app = away
    answer = post(service, "/keys", ERP)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr("telemetry.storage.repeatable.answered", away)
    assert post(service, "/keys", ERP).status_code == 200
    assert post(service, "/keys", ERP).status_code == 409


def test_what_failed_after_it_was_written_is_not_done_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a key that stands while the database is gone before it could be shown."""

    def away(*_: object) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr("telemetry.api.keys._renew", away)
        assert post(service, "/keys", ERP).status_code == 503
    assert keys(service) == ["erp"]
    assert post(service, "/keys", ERP).status_code == 409
    with monkeypatch.context() as broken:
        broken.setattr("telemetry.reports.keys.make", away)
        assert post(service, "/keys", ERP, KEY[::-1]).status_code == 503
    assert post(service, "/keys", ERP | {"name": "later"}, KEY[::-1]).status_code == 200


def test_readings_need_no_key(service: Service) -> None:
    row = {"meter": "M1", "time": "2026-06-01T08:00:00+08:00", "values": {"active_power": 1.0}}
    assert post(service, "/readings", [row]).json()["accepted"] == 1
    assert post(service, "/readings", [row | {"values": {"active_power": 1.0}}]).json()["duplicate"] == 1


def test_the_document_tells_where_a_key_is_taken(service: Service) -> None:
    paths = service.app.openapi()["paths"]
    taking = {
        path
        for path, of in paths.items()
        if any(each["name"] == "Idempotency-Key" for each in of.get("post", {}).get("parameters", []))
    }
    assert {"/api/v1/keys", "/api/v1/people", "/api/v1/periods", "/api/v1/silences"} <= taking
    assert (
        not {"/api/v1/readings", "/api/v1/session", "/api/v1/links/use", "/api/v1/bill/comparison"} & taking
    )
