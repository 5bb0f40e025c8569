"""Plans that planners keep, and what becomes of two planners at one plan."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
Service = JSON = Any
Start = Callable[..., Service]
Made = Callable[..., Site]
JOB = {
    "code": "J",
    "line": "m1",
    "power_kw": 100.0,
    "duration_min": 60,
    "start": "2023-10-12T07:30:00+08:00",
}
PLAN = {"from": "2023-10-12", "to": "2023-10-13", "name": "Thursday", "base_kw": 350, "jobs": [JOB]}


@pytest.fixture
def service(start: Start, make_site: Made) -> JSON:
    meters = {"code": "m", "role": "boundary"}, {"code": "m1"}
    return start(make_site(*meters, billing={"tariff": "demo-park", "contract_kw": 500}))


def keep(service: Service, plan: JSON = PLAN, replaces: int | None = None, who: str = "li.na") -> JSON:
    body = {"plan": plan, "who": who, "replaces": replaces}
    return service.call("PUT", "/api/v1/plans/kept/thursday", json=body)


def test_a_kept_plan_is_listed_read_checked_and_set_against_its_meters(service: Service) -> None:
    assert keep(service).status_code == 200
    [entry] = service.get("/plans/kept")["plans"]
    told = {name: entry[name] for name in ("code", "version", "name", "from", "to", "jobs", "kept_by")}
    assert told == {
        "code": "thursday",
        "version": 1,
        "name": "Thursday",
        "from": "2023-10-12",
        "to": "2023-10-13",
        "jobs": 1,
        "kept_by": "li.na",
    }
    assert entry["kept_at"].endswith("+08:00")
    assert service.get("/plans/kept/thursday")["plan"] == PLAN
    assert service.get("/plans/kept/thursday/check")["cost"] == pytest.approx(50.0)
    assert service.get("/plans/kept/thursday/metered")["jobs"][0]["planned"] == pytest.approx(100.0)


def test_each_version_stays_and_the_same_again_is_none(service: Service) -> None:
    later = PLAN | {"name": "Later"}
    assert keep(service).json()["version"] == 1
    assert keep(service).json()["version"] == 1
    assert keep(service, later, replaces=1, who="wang.wei").json()["version"] == 2
    assert service.get("/plans/kept/thursday")["plan"]["name"] == "Later"
    first = service.call("GET", "/api/v1/plans/kept/thursday", params={"version": 1}).json()
    assert (first["plan"]["name"], first["kept_by"]) == ("Thursday", "li.na")


def test_nobody_keeps_over_a_version_that_they_have_not_seen(service: Service) -> None:
    keep(service)
    for replaces in (None, 2):
        response = keep(service, PLAN | {"name": "Mine"}, replaces=replaces)
        assert response.status_code == 409
        assert "version 1 of plan 'thursday' is kept by now" in response.json()["detail"]


def test_of_many_planners_at_once_one_keeps(service: Service) -> None:
    keep(service)
    with ThreadPoolExecutor(6) as planners:
        names = [{**PLAN, "name": f"of {number}"} for number in range(6)]
        codes = sorted(planners.map(lambda plan: keep(service, plan, replaces=1).status_code, names))
    assert codes == [200, 409, 409, 409, 409, 409]
    assert service.get("/plans/kept")["plans"][0]["version"] == 2


def test_a_withdrawn_plan_is_not_listed_and_says_why(service: Service) -> None:
    keep(service)
    why = {"who": "wang.wei", "reason": "the press is down"}
    for _ in range(2):
        gone = service.call("POST", "/api/v1/plans/kept/thursday/withdrawal", json=why).json()
        assert (gone["version"], gone["plan"], gone["withdrawn_because"]) == (2, None, why["reason"])
    assert service.get("/plans/kept")["plans"] == []
    refused = service.call("GET", "/api/v1/plans/kept/thursday/check")
    assert refused.status_code == 422
    assert "wang.wei withdrew it: the press is down" in refused.text
    assert service.call("GET", "/api/v1/plans/kept/thursday/check", params={"version": 1}).status_code == 200
    assert keep(service).json()["version"] == 3


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({**PLAN, "jobs": [JOB | {"line": "nowhere"}]}, "jobs.0.line"),
        ({**PLAN, "jobs": []}, "jobs"),
        ({**PLAN, "jobs": [JOB | {"code": "a\x00b"}]}, "plan"),
        ({**PLAN, "name": "\x00"}, "plan"),
    ],
)
def test_a_plan_with_mistakes_is_not_kept(service: Service, plan: JSON, field: str) -> None:
    response = keep(service, plan)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    assert service.get("/plans/kept")["plans"] == []


def test_what_was_never_kept_is_told_so(service: Service) -> None:
    for path in ("", "/check", "/metered"):
        assert service.call("GET", f"/api/v1/plans/kept/monday{path}").status_code == 404
    why = {"who": "li.na", "reason": "none"}
    assert service.call("POST", "/api/v1/plans/kept/monday/withdrawal", json=why).status_code == 404
    keep(service)
    response = service.call("GET", "/api/v1/plans/kept/thursday", params={"version": 7})
    assert "version 7 was never kept" in response.json()["detail"]
