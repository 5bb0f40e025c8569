"""The table of permissions: what each role may do, and what each route needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any

import yaml


class Reach(StrEnum):
    """How far what a route answers goes."""

    ANYONE = "anyone"
    """Answers without asking who it is."""
    COMMON = "common"
    """Nothing in it is an enterprise's own."""
    OWN = "own"
    """Cut to the areas, meters and sources of whoever asks."""
    PARK = "park"
    """About the whole park."""


@dataclass(frozen=True, slots=True)
class Role:
    means: str
    may: frozenset[str]
    people: bool
    """Whether people have it; keys of programs may have any."""
    whole_park: bool
    """Whether nobody has it who is let in for single areas."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route needs."""

    permission: str
    reach: Reach


@dataclass(frozen=True)
class Permissions:
    """Meanings by permission, roles by name, rules by method and path: `GET /api/v1/meters/{code}`."""

    meanings: Mapping[str, str]
    roles: Mapping[str, Role]
    routes: Mapping[str, Rule]

    def rule(self, method: str, path: str) -> Rule | None:
        """None where the table has no such route."""
        asked = f"{method} {path}"
        found = self.routes.get(asked)
        if found is not None and "{" not in path:
            return found
        return next((rule for pattern, rule in self._patterns if pattern.fullmatch(asked)), None)

    def of_roles(self, roles: Iterable[str]) -> frozenset[str]:
        """What they may together; a name that is no role may nothing."""
        return frozenset().union(*(self.roles[name].may for name in roles if name in self.roles))

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Rule]]:
        return [(_pattern(route), rule) for route, rule in self.routes.items() if "{" in route]


def _pattern(route: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route)
    return re.compile("[^/]+".join(map(re.escape, parts)))


def _read(table: Mapping[str, Any]) -> Permissions:
    """Raises KeyError, ValueError for a table that names what it does not have."""
    meanings = dict(table["permissions"])
    roles = {
        name: Role(
            role["means"], frozenset(role["may"]), role["for"] == "people", role.get("whole_park", False)
        )
        for name, role in table["roles"].items()
    }
    routes = {route: Rule(needed, Reach(reach)) for route, (needed, reach) in table["routes"].items()}
    named = {rule.permission for rule in routes.values()}.union(*(role.may for role in roles.values()))
    if unknown := sorted(named - meanings.keys()):
        raise ValueError(f"permissions.yaml names {', '.join(unknown)}, which is no permission")
    return Permissions(meanings, roles, routes)


PERMISSIONS = _read(
    yaml.safe_load(files("telemetry.access").joinpath("permissions.yaml").read_text(encoding="utf-8"))
)
