"""What waits for settlement and what came under unknown names, of an enterprise's own meters alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
NOW = datetime.now(UTC).replace(microsecond=0)
MOVED = (NOW - timedelta(days=3)).date()
PLACES = {"m-alpha": "alpha", "m-beta": "beta", "m-hall": "hall", "m-grid": "park"}


def _named(code: str) -> dict[str, str]:
    return {"en": code.title(), "zh": code.title()}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """The hall was alpha's and is beta's."""
    areas = [{"code": "park", "kind": "park", "name": _named("park")}]
    areas += [
        {"code": c, "kind": "enterprise", "name": _named(c), "parent": "park"} for c in ("alpha", "beta")
    ]
    areas += [{"code": "hall", "kind": "workshop", "name": _named("hall"), "parent": "park"}]
    occupancies = [
        {"area": "hall", "enterprise": "alpha", "to": MOVED - timedelta(days=1)},
        {"area": "hall", "enterprise": "beta", "from": MOVED},
    ]
    meters = ({"code": code, "area": area} for code, area in PLACES.items())
    made = start(make_site(*meters, areas=areas, occupancies=occupancies))
    made.ask_for_keys(FIRST)
    return made


def _get(service: Any, secret: str, path: str) -> Any:
    found = service.call("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})
    assert found.status_code == 200, found.text
    return found.json()


@pytest.fixture
def keys(service: Any) -> dict[str, str]:
    return {"park": FIRST} | service.administrators(FIRST, ("alpha", "beta"))


def test_names_that_mean_nothing_are_told_of_their_own_meters(service: Any, keys: dict[str, str]) -> None:
    with service.database.connection() as conn:
        for meter in (*PLACES, "m-new"):
            for days in (5, 1):
                conn.execute(
                    "insert into stray (source, measurement, meter, time, values)"
                    " values ('push', 'modbus', %s, %s, %s::jsonb)",
                    [meter, NOW - timedelta(days=days), f'{{"of_{meter}": {days}}}'],
                )
        conn.execute(
            "insert into stray (source, meter, time, values) values ('push', 'm-new', now(), '{\"x\": 1}')"
        )
    told = {who: _get(service, secret, "/strays") for who, secret in keys.items()}
    names = {
        who: {(each["meter"], each["name"], each["rows"]) for each in of["names"]} for who, of in told.items()
    }
    assert names["alpha"] == {("m-alpha", "of_m-alpha", 2), ("m-hall", "of_m-hall", 1)}
    assert names["beta"] == {("m-beta", "of_m-beta", 2), ("m-hall", "of_m-hall", 1)}
    assert len(names["park"]) == 5
    assert {each["value"] for each in told["alpha"]["names"] if each["meter"] == "m-hall"} == {5}
    assert {each["value"] for each in told["beta"]["names"] if each["meter"] == "m-hall"} == {1}
    assert [[each["meter"] for each in of["strays"]] for of in told.values()] == [["m-new"], [], []]
    assert [of["adopted"] is None for of in told.values()] == [False, True, True]


def test_what_waits_is_told_of_their_own_meters(service: Any, keys: dict[str, str]) -> None:
    with service.database.connection() as conn:
        conn.execute("delete from dirty")
        conn.execute(
            "insert into dirty (meter_id, stage, lo, hi)"
            " select id, 'energy', %(lo)s::timestamptz, %(lo)s::timestamptz + interval '1 h' from meter",
            {"lo": NOW - timedelta(days=1)},
        )
        conn.execute("insert into settling (stage, days, at) values ('energy', 60, now() + interval '1 s')")
    found = {who: _get(service, secret, "/settlement")["stages"][0] for who, secret in keys.items()}
    assert {who: each["meters"] for who, each in found.items()} == {"park": 4, "alpha": 1, "beta": 2}
    assert {who: each["settled_days"] for who, each in found.items()} == {"park": 60, "alpha": 0, "beta": 0}
    assert found["alpha"]["expected_end"] is None
