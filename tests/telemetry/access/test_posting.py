from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from telemetry.access.asker import Asker
from telemetry.access.posting import Posting
from telemetry.model import Site

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CODES = ("M1", "M2", "M3", "unknown")


def _set(*codes: str) -> frozenset[str]:
    return frozenset(codes)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    hall = {"kind": "workshop", "name": {"en": "x", "zh": "x"}}
    areas: list[dict[str, Any]] = [
        {"code": "park", "kind": "park", "name": {"en": "x", "zh": "x"}},
        {"code": "E1", "kind": "enterprise", "name": {"en": "x", "zh": "x"}, "parent": "park"},
        {"code": "W1", "parent": "E1", **hall},
        {"code": "E2", "kind": "enterprise", "name": {"en": "x", "zh": "x"}, "parent": "park"},
    ]
    moved = [{"from": "2026-01-01", "area": "E2"}, {"from": "2026-07-01", "area": "W1"}]
    return make_site(
        {"code": "M1", "area": "W1"},
        {"code": "M2", "area": "E2", "source": "other"},
        {"code": "M3", "area": "E1", "history": moved},
        areas=areas,
        sources=[{"kind": "push", "code": "push"}, {"kind": "push", "code": "other"}],
    )


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ({}, _set(*CODES)),
        ({"meters": _set("M1", "M9")}, _set("M1")),
        ({"areas": _set("E1")}, _set("M1")),
        ({"areas": _set("E2")}, _set("M2", "M3")),
        ({"areas": _set("park")}, _set("M1", "M2", "M3")),
        ({"areas": _set("E1"), "meters": _set("M2")}, _set("M2")),
        ({"areas": _set()}, _set()),
        ({"areas": _set(), "sources": _set("other")}, _set("M2", "unknown")),
        ({"areas": _set(), "sources": _set("push"), "meters": _set("M1", "M2")}, _set("M1")),
        ({"sources": _set("push")}, _set("M1", "M3", "unknown")),
    ],
)
def test_meters_that_may_be_posted_for(site: Site, limits: dict[str, Any], allowed: frozenset[str]) -> None:
    posting = Posting(Asker("key", ("push",), **limits), site, NOW)
    assert posting.meters(CODES) == allowed
    assert posting.free == (not limits)


def test_without_a_site_only_named_meters_may_be_posted_for() -> None:
    assert Posting(Asker("k", ("push",), _set("E1")), None, NOW).meters(CODES) == _set()
    assert Posting(Asker("k", ("push",), _set(), _set("M1")), None, NOW).meters(CODES) == _set("M1")
