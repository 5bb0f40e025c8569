"""Each role at each operation of the OpenAPI document, by key and signed in, for the park and an area."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from telemetry.access.keyring import Keyring
from telemetry.access.permissions import PERMISSIONS, Reach
from telemetry.access.roster import Roster
from telemetry.api.access import COOKIE, Access
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.formats import FORMATS
from telemetry.api.guard import served
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.settings.token import digest
from telemetry.storage.keys import Key, Secret
from telemetry.storage.pool import Database
from telemetry.storage.sessions import OpenSession

START, NOW = datetime(2026, 6, 1, tzinfo=UTC), datetime.now(UTC)
LIMITS: dict[str, list[str] | None] = {"park": None, "area": ["E1"], "nothing": []}
CASES = [(role, limit) for role in PERMISSIONS.roles for limit in LIMITS]
PEOPLE = [(role, limit) for role, limit in CASES if PERMISSIONS.roles[role].people]
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
ENTRANCES = [("key", *case) for case in CASES] + [("session", *case) for case in PEOPLE]


def _key(number: int, role: str, limit: str) -> Key:
    secret = Secret(number, digest(f"{role} {limit}"), START, None, None)
    return Key(
        id=number,
        name=f"{role} {limit}",
        roles=[role],
        areas=LIMITS[limit],
        created_by="me",
        created_at=START,
        secrets=(secret,),
    )


def _session(number: int, role: str, limit: str) -> OpenSession:
    return OpenSession(
        digest=digest(f"{role}-{limit}"),
        person_id=number,
        name=f"{role} {limit}",
        origin="192.0.2.7",
        browser="Firefox",
        created_at=NOW,
        last_used_at=NOW,
        roles=[role],
        areas=LIMITS[limit],
    )


def _headers(entrance: str, role: str, limit: str) -> dict[str, str]:
    if entrance == "key":
        return {"Authorization": f"Bearer {role} {limit}"}
    return {"Cookie": f"{COOKIE}={role}-{limit}"}


@pytest.fixture(scope="module")
def app(library: Library) -> FastAPI:
    """What it stands on is away: whoever is let in is answered with anything but 401 and 403."""
    ring, nothing = Keyring(), cast("Any", None)
    ring.replace([_key(number, *case) for number, case in enumerate(CASES, 1)], ring.turn())
    roster = Roster(anybody=True)
    sessions = [_session(number, *case) for number, case in enumerate(PEOPLE, 1)]
    roster.replace(sessions, roster.turn(), anybody=True)
    settings = Settings(served("localhost"), Access(ring, asked=True, roster=roster))
    current = Current(Plan(None, None, library))
    return create(Dependencies(Database(""), current, nothing, nothing, dict, settings))


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, of in app.openapi()["paths"].items() for method in of]


def _ask(app: FastAPI, operations: list[tuple[str, str]], headers: dict[str, str]) -> dict[str, int]:
    """Status by operation."""
    return {each: answer.status_code for each, answer in _answers(app, operations, headers).items()}


def _answers(
    app: FastAPI, operations: list[tuple[str, str]], headers: dict[str, str]
) -> dict[str, httpx.Response]:
    """By operation; 1 stands for the path's parameters."""

    async def ask() -> dict[str, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return {
                f"{method} {path}": await client.request(
                    method, re.sub(r"\{\w+\}", "1", path), headers=headers
                )
                for method, path in operations
            }

    return asyncio.run(ask())


@pytest.mark.parametrize(("entrance", "role", "limit"), ENTRANCES)
def test_a_role_is_let_in_where_the_table_says_and_nowhere_else(
    app: FastAPI, operations: list[tuple[str, str]], entrance: str, role: str, limit: str
) -> None:
    found = _ask(app, operations, _headers(entrance, role, limit) | OWN_PAGE)
    assert 401 not in found.values()
    held, whole = PERMISSIONS.roles[role].may | {"enter"}, LIMITS[limit] is None
    for operation, status in found.items():
        rule = PERMISSIONS.routes[operation]
        open_ = rule.permission in held and (whole or rule.reach is not Reach.PARK)
        assert (status != 403) == open_, (operation, status)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer none of them"}])
def test_without_a_key_only_the_door_answers(
    app: FastAPI, operations: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    found = _ask(app, operations, headers)
    for operation, status in found.items():
        assert (status == 401) == (PERMISSIONS.routes[operation].reach is not Reach.ANYONE), operation


def test_a_session_writes_from_its_own_page_alone(app: FastAPI, operations: list[tuple[str, str]]) -> None:
    """Whatever it may: neither from another site nor where the browser does not say from which page."""
    cookie = _headers("session", "park-administrator", "park")
    writing = [each for each in operations if each[0] not in {"GET", "HEAD"}]
    assert len(writing) > 40
    silent = _ask(app, writing, cookie)
    foreign = _ask(app, writing, cookie | {"Sec-Fetch-Site": "cross-site"})
    for operation in silent:
        assert foreign[operation] == 403, operation
        assert (silent[operation] == 403) == (PERMISSIONS.routes[operation].reach is not Reach.ANYONE), (
            operation
        )


def test_a_refusal_names_nothing_of_the_park(app: FastAPI) -> None:
    async def ask(accepted: str) -> httpx.Response:
        headers = {"Authorization": "Bearer guest area", "Accept": accepted}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            return await client.get("/api/v1/periods/417/rows", headers=headers)

    for accepted in ("*/*", *FORMATS):
        answer = asyncio.run(ask(accepted))
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert "417" not in answer.text


def test_what_is_about_the_whole_park_says_so_to_whoever_has_a_part(
    app: FastAPI, operations: list[tuple[str, str]]
) -> None:
    """A role that may elsewhere learns why it is refused here."""
    told = {
        operation: answer.json()["detail"]
        for operation, answer in _answers(app, operations, _headers("key", "admin", "area")).items()
        if answer.status_code == 403
    }
    park = {each for each, rule in PERMISSIONS.routes.items() if rule.reach is Reach.PARK}
    assert park <= told.keys() | {"GET /metrics"}
    assert {"GET /api/v1/pools", "GET /api/v1/sources", "GET /api/v1/occupancies"} <= told.keys()
    assert {told[each] for each in park & told.keys()} == {
        "This is about the whole park, and you are let in for single areas."
    }
