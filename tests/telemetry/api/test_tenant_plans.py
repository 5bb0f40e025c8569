"""An enterprise plans its own lines: with its own load beside them, and without a word of its neighbours'."""

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
TODAY = datetime.now(UTC).date()
AHEAD, AFTER = TODAY + timedelta(days=5), TODAY + timedelta(days=6)
MOVED = TODAY - timedelta(days=10)
KINDS = {"alpha": "enterprise", "beta": "enterprise", "gamma": "enterprise", "hall": "workshop"}
DAILY = {"m-grid": 6000.0, "m-alpha": 2400.0, "m-press": 1200.0, "m-beta": 1104.0, "m-hall": 480.0}
DAILY |= {"m-gamma": 960.0, "m-kiln": 240.0}


def _contract(kw: int) -> dict[str, Any]:
    demand = {"basis": "contract", "price": "36", "source": "a contract", "contract_kw": kw}
    return {"since": "2023-01-01", "demand": demand}


BILLING: dict[str, Any] = {"tariff": "demo-park", "contracts": [_contract(700)]}
OWN = {"tariff": "demo-park", "contracts": [_contract(90)]}


def _named(code: str) -> dict[str, str]:
    return {"en": code.title(), "zh": code.title()}


def _park(make_site: Callable[..., Site]) -> Site:
    areas = [{"code": "park", "kind": "park", "name": _named("park")}]
    areas += [{"code": c, "kind": k, "name": _named(c), "parent": "park"} for c, k in KINDS.items()]
    meters = [{"code": "m-grid", "role": "boundary"}]
    meters += [{"code": f"m-{c}", "area": c, "role": "boundary", "parent": "m-grid"} for c in KINDS]
    meters += [{"code": "m-press", "area": "alpha", "parent": "m-alpha"}]
    meters += [{"code": "m-saw", "area": "alpha"}, {"code": "m-lathe", "area": "beta"}]
    meters += [{"code": "m-mill", "area": "hall"}]
    meters += [{"code": "m-kiln", "area": "gamma", "parent": "m-gamma"}]
    occupancies = [
        {"area": "hall", "enterprise": "alpha", "to": MOVED - timedelta(days=1)},
        {"area": "hall", "enterprise": "beta", "from": MOVED},
    ]
    return make_site(
        *(meter | {"max_gap_s": 90_000} for meter in meters),
        areas=areas,
        occupancies=occupancies,
        billing=BILLING | {"own": {"gamma": OWN}},
    )


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """Forty days that are settled, behind a door that asks for keys."""
    made = start(_park(make_site))
    for code, daily in DAILY.items():
        days = [(TODAY - timedelta(days=40 - n), daily * n) for n in range(41)]
        made.post(
            [
                {"meter": code, "time": f"{day}T00:00:00+08:00", "values": {"energy_import": value}}
                for day, value in days
            ]
        )
    made.settle()
    made.ask_for_keys(FIRST)
    return made


@pytest.fixture
def keys(service: Any) -> dict[str, str]:
    return {"park": FIRST} | service.administrators(FIRST, KINDS)


def _plan(line: str, day: Any = AHEAD, **rest: Any) -> dict[str, Any]:
    job = {"code": "J1", "line": line, "power_kw": 100, "duration_min": 60, "start": f"{day}T10:00:00+08:00"}
    return {"from": f"{day}", "to": f"{day + timedelta(days=1)}", "name": line, "jobs": [job]} | rest


def _checked(service: Any, secret: str, plan: dict[str, Any]) -> Any:
    found = service.ask(secret, "POST", "/plans/check", json=plan)
    assert found.status_code == 200, found.text
    return found.json()


def test_all_else_is_what_its_own_meters_drew(service: Any, keys: dict[str, str]) -> None:
    own = _checked(service, keys["alpha"], _plan("m-press"))
    assert own["outlook"]["base_kw"] == pytest.approx([50.0] * 96)
    assert own["outlook"]["limit_kw"] is None
    assert own["jobs"][0]["conflicts"] == []
    assert own["notes"] == [
        "others are under the same contract demand, so it is checked where contract_kw is given"
    ]
    whole = _checked(service, FIRST, _plan("m-press"))
    assert whole["outlook"]["base_kw"] == pytest.approx([160.0] * 96)
    assert whole["outlook"]["limit_kw"] == 700
    assert (own["cost"], own["carbon"]) == (whole["cost"], whole["carbon"])
    two = _checked(service, keys["beta"], _plan("hall"))
    assert two["outlook"]["base_kw"] == pytest.approx([46.0] * 96)


def test_a_share_that_is_named_is_checked(service: Any, keys: dict[str, str]) -> None:
    found = _checked(service, keys["alpha"], _plan("m-press", contract_kw=120))
    [conflict] = found["jobs"][0]["conflicts"]
    assert (conflict["kind"], conflict["amount"], conflict["limit"]) == ("demand", pytest.approx(150.0), 120)
    assert found["notes"] == []


def test_under_its_own_contract_it_is_answered_as_the_park(service: Any, keys: dict[str, str]) -> None:
    own = _checked(service, keys["gamma"], _plan("m-kiln"))
    assert own == _checked(service, FIRST, _plan("m-kiln"))
    assert (own["outlook"]["limit_kw"], own["outlook"]["base_kw"][0]) == (90, pytest.approx(30.0))
    assert own["jobs"][0]["conflicts"][0]["kind"] == "demand"


@pytest.mark.parametrize("path", ["check", "metered", "optima"])
def test_a_foreign_line_is_as_one_that_is_not_there(service: Any, keys: dict[str, str], path: str) -> None:
    for line in ("m-beta", "beta", "park", "m-grid", "hall"):
        foreign, absent = (
            service.ask(keys["alpha"], "POST", f"/plans/{path}", json=_plan(code))
            for code in (line, "nothing")
        )
        assert foreign.status_code == 422
        assert foreign.text == absent.text.replace("nothing", line)


def test_a_line_is_theirs_who_have_it_as_long_as_the_plan_goes(service: Any, keys: dict[str, str]) -> None:
    before, over = MOVED - timedelta(days=3), MOVED - timedelta(days=1)
    asked = {
        "before": _plan("m-hall", before),
        "over": _plan("m-hall", over) | {"to": f"{MOVED + timedelta(days=1)}"},
        "after": _plan("m-hall", MOVED),
    }
    found = {
        name: [who for who in ("alpha", "beta", "park") if _metered(service, keys[who], plan) is not None]
        for name, plan in asked.items()
    }
    assert found == {"before": ["alpha", "park"], "over": ["park"], "after": ["beta", "park"]}
    assert _metered(service, keys["alpha"], asked["before"]) == _metered(service, FIRST, asked["before"])


def _metered(service: Any, secret: str, plan: dict[str, Any]) -> Any:
    found = service.ask(secret, "POST", "/plans/metered", json=plan)
    assert found.status_code in {200, 422}, found.text
    return found.json() if found.status_code == 200 else None


def _keep(service: Any, secret: str, code: str, plan: dict[str, Any]) -> httpx.Response:
    return service.ask(secret, "PUT", f"/plans/kept/{code}", json={"plan": plan, "who": "li.na"})


def test_kept_plans_are_apart_under_the_same_code(service: Any, keys: dict[str, str]) -> None:
    lines = {"alpha": "m-press", "beta": "m-beta", "park": "m-grid"}
    for who, line in lines.items():
        kept = _keep(service, keys[who], "tuesday", _plan(line))
        assert (kept.status_code, kept.json()["version"]) == (200, 1), kept.text
    assert _keep(service, keys["alpha"], "own", _plan("alpha")).status_code == 200
    for who, line in lines.items():
        listed = [
            (e["code"], e["name"]) for e in service.ask(keys[who], "GET", "/plans/kept").json()["plans"]
        ]
        assert sorted(listed) == sorted([("tuesday", line), *([("own", "alpha")] if who == "alpha" else [])])
        assert service.ask(keys[who], "GET", "/plans/kept/tuesday").json()["plan"]["name"] == line
        assert service.ask(keys[who], "GET", "/plans/kept/tuesday/check").json()["name"] == line
    word = {"who": "wang", "reason": "not needed"}
    gone = service.ask(keys["beta"], "POST", "/plans/kept/tuesday/withdrawal", json=word)
    assert gone.json()["plan"] is None
    assert service.ask(keys["alpha"], "GET", "/plans/kept/tuesday").json()["plan"]["name"] == "m-press"
    for method, path, body in [
        ("GET", "", {}),
        ("GET", "/check", {}),
        ("GET", "/metered", {}),
        ("POST", "/withdrawal", {"json": word}),
    ]:
        foreign, absent = (
            service.ask(keys["beta"], method, f"/plans/kept/{code}{path}", **body)
            for code in ("own", "absent")
        )
        assert foreign.status_code == 404
        assert foreign.text == absent.text.replace("absent", "own")


def test_a_kept_plan_goes_with_the_place_to_nobody(service: Any, keys: dict[str, str]) -> None:
    """Who is let in for the place itself sees what was planned there in the time of its occupant of now."""
    assert _keep(service, keys["hall"], "mine", _plan("m-hall")).status_code == 200
    assert len(service.ask(keys["hall"], "GET", "/plans/kept").json()["plans"]) == 1
    with service.database.connection() as conn:
        conn.execute("update occupancy set until = now() - interval '1 hour' where enterprise = 'beta'")
        conn.execute(
            "insert into occupancy (area, enterprise, since) values ('hall', 'gamma', now() - interval '1 h')"
        )
        conn.execute(
            "update kept_plan set until = now() - interval '1 day', since = now() - interval '2 days'"
        )
    assert service.ask(keys["hall"], "GET", "/plans/kept").json()["plans"] == []
    assert service.ask(keys["hall"], "GET", "/plans/kept/mine").status_code == 404


def test_a_search_is_theirs_who_began_it(service: Any, keys: dict[str, str]) -> None:
    begun = service.ask(keys["alpha"], "POST", "/plans/optima", json=_plan("m-press", seconds=1)).json()
    code = begun["id"]
    for who in ("beta", "park"):
        for method, path in (("GET", ""), ("POST", "/end")):
            foreign, absent = (
                service.ask(keys[who], method, f"/plans/optima/{each}{path}") for each in (code, "0" * 16)
            )
            assert foreign.status_code == 404
            assert foreign.text == absent.text.replace("0" * 16, code)
    until = time.monotonic() + 60
    while begun["state"] == "running" and time.monotonic() < until:
        time.sleep(0.1)
        begun = service.ask(keys["alpha"], "GET", f"/plans/optima/{code}").json()
    assert begun["plan"]["jobs"][0]["line"] == "m-press"
    assert not re.search("beta|gamma|grid", str(begun), re.IGNORECASE)


def _sawed(service: Any, meter: str, first: date) -> None:
    """200 kW from 10 to 12, when it is dear, on eleven days."""
    total, rows = 0.0, []
    for n in range(11 * 96):
        at = datetime.combine(first, clock(), ZoneInfo("Asia/Shanghai")) + timedelta(minutes=15 * n)
        rows.append({"meter": meter, "time": at.isoformat(), "values": {"energy_import": total}})
        total += 50.0 if 10 <= at.hour < 12 else 0.0
    assert service.ask(FIRST, "POST", "/readings", json=rows).status_code == 200


def test_movable_loads_are_its_own(service: Any, keys: dict[str, str]) -> None:
    first = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    for meter in ("m-saw", "m-mill", "m-lathe"):
        _sawed(service, meter, first)
    service.settle()
    found = {
        who: sorted(
            each["meter"]
            for each in service.ask(secret, "GET", f"/plans/shifts?month={first:%Y-%m}").json()["shifts"]
        )
        for who, secret in keys.items()
    }
    assert found == {
        "park": ["m-lathe", "m-mill", "m-saw"],
        "alpha": ["m-mill", "m-saw"],
        "beta": ["m-lathe"],
        "gamma": [],
        "hall": [],
    }
