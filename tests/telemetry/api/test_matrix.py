"""Each role at each operation of the OpenAPI document, for the whole park and for one area of it."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from telemetry.access.keyring import Keyring
from telemetry.access.permissions import PERMISSIONS, Reach
from telemetry.api.access import Access
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.settings.token import digest
from telemetry.storage.keys import Key, Secret
from telemetry.storage.pool import Database

START = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS: dict[str, list[str] | None] = {"park": None, "area": ["E1"], "nothing": []}
CASES = [(role, limit) for role in PERMISSIONS.roles for limit in LIMITS]


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


@pytest.fixture(scope="module")
def app(library: Library) -> FastAPI:
    """What it stands on is away: whoever is let in is answered with anything but 401 and 403."""
    ring, nothing = Keyring(), cast("Any", None)
    ring.replace([_key(number, *case) for number, case in enumerate(CASES, 1)])
    settings = Settings(served("localhost"), Access(ring, asked=True))
    current = Current(Plan(None, None, library))
    return create(Dependencies(Database(""), current, nothing, nothing, dict, settings))


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, of in app.openapi()["paths"].items() for method in of]


def _ask(app: FastAPI, operations: list[tuple[str, str]], headers: dict[str, str]) -> dict[str, int]:
    """Status by operation; `{}` stands for the path's parameters."""

    async def ask() -> dict[str, int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return {
                f"{method} {path}": (
                    await client.request(method, re.sub(r"\{\w+\}", "1", path), headers=headers)
                ).status_code
                for method, path in operations
            }

    return asyncio.run(ask())


@pytest.mark.parametrize(("role", "limit"), CASES)
def test_a_role_is_let_in_where_the_table_says_and_nowhere_else(
    app: FastAPI, operations: list[tuple[str, str]], role: str, limit: str
) -> None:
    found = _ask(app, operations, {"Authorization": f"Bearer {role} {limit}"})
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


def test_a_refusal_names_nothing_of_the_park(app: FastAPI) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            return await client.get("/api/v1/meters/M-999", headers={"Authorization": "Bearer guest area"})

    answer = asyncio.run(ask())
    assert answer.headers["content-type"] == "application/problem+json"
    assert "M-999" not in answer.text
