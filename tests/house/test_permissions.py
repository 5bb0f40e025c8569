"""Every route has its line in the table of permissions, every line its route; the document shows it."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from telemetry.access.permissions import PERMISSIONS, Reach
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.settings.current import Current
from telemetry.settings.library import load_library
from telemetry.settings.plan import Plan
from telemetry.storage.pool import Database

ROOT = Path(__file__).parents[2]
ROLES = {
    *("park-administrator", "energy-manager", "enterprise-administrator", "enterprise-user"),
    *("integrator", "auditor", "guest"),
}
TO_DO = """
Nobody may use these routes: the table of permissions does not have them. Add under `routes` of
src/telemetry/access/permissions.yaml a line each, with the permission that it needs and how far its
answer reaches (the head of the file says what the words mean; `park` is right unless answers are cut to
areas), such as
  {}: [see-energy, park]
and write the document anew: python docs/security.py
"""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Nothing of what it stands on is asked for its routes."""
    nothing = cast("Any", None)
    current = Current(Plan(None, None, load_library(None, [])))
    return create(Dependencies(Database(""), current, nothing, nothing, dict, Settings(served("localhost"))))


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> set[str]:
    """Method and path of each, as the document that is made of them names it."""
    return {f"{method.upper()} {path}" for path, of in app.openapi()["paths"].items() for method in of}


def test_every_route_has_a_rule(routes: set[str]) -> None:
    lacking = sorted(routes - PERMISSIONS.routes.keys())
    assert lacking == [], TO_DO.format(": [see-energy, park]\n  ".join(lacking))


def test_every_rule_has_a_route(routes: set[str]) -> None:
    assert sorted(PERMISSIONS.routes.keys() - routes) == []


def test_a_route_is_found_by_its_own_line() -> None:
    for route, rule in PERMISSIONS.routes.items():
        method, _, path = route.partition(" ")
        assert PERMISSIONS.rule(method, path.replace("{", "").replace("}", "")) is rule, route


def test_every_permission_is_needed_somewhere_and_held_by_a_role() -> None:
    needed = {rule.permission for rule in PERMISSIONS.routes.values()}
    held = {name for role in PERMISSIONS.roles.values() for name in role.may}
    assert needed == set(PERMISSIONS.meanings)
    assert held == needed - {"enter"}


def test_the_roles_of_people_and_of_programs_are_there() -> None:
    assert set(PERMISSIONS.roles) == ROLES | {"push", "read", "admin"}


def test_nothing_of_the_park_is_open_to_everybody() -> None:
    open_ = {route for route, rule in PERMISSIONS.routes.items() if rule.reach is Reach.ANYONE}
    session = {f"{method} /api/v1/session" for method in ("GET", "POST", "DELETE")}
    session |= {"POST /api/v1/session/person", "POST /api/v1/links/look", "POST /api/v1/links/use"}
    session |= {"POST /api/v1/session/provider", "GET /api/v1/session/provider/return"}
    assert open_ == session | {"GET /healthz", "GET /readyz", "GET /ping", "HEAD /ping"}


def test_the_document_shows_the_table() -> None:
    subprocess.run([sys.executable, ROOT / "docs" / "security.py", "--check"], check=True)
