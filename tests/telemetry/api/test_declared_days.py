"""Days declared through the API: their bands and costs, and who declared and withdrew them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.jobs.settle import Worker, basis_of
from telemetry.model import Site
from telemetry.reports.declaring import take_up
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan

pytestmark = pytest.mark.database
Start = Callable[..., Any]
Made = Callable[..., Site]
BILLING = {"tariff": "cn-sc-2025-185", "since": "2025-01-01", "user_class": "large-industry"}
LIST = "sc-three-days-35C"
DAYS = {"list": LIST, "days": ["2025-09-10", "2025-09-11"], "source": "notice 7", "who": "li.na"}
"""September is no month of sharp hours: only a declared day has them, from 13 to 14 and from 21 to 23."""


@pytest.fixture
def service(start: Start, make_site: Made) -> Any:
    return start(make_site({"code": "m", "role": "boundary"}, billing=BILLING))


def _bands(service: Any, day: str) -> set[str]:
    following = str(datetime.fromisoformat(day).date() + timedelta(days=1))
    return {span["code"] for span in service.get("/tariff", **{"from": day, "to": following})["bands"]}


def _post(service: Any, path: str, body: dict[str, Any]) -> Any:
    return service.call("POST", f"/api/v1{path}", json=body)


def test_a_declared_day_has_its_sharp_hours_at_once_and_loses_them_when_withdrawn(service: Any) -> None:
    assert "sharp" not in _bands(service, "2025-09-10")
    told = _post(service, "/declared-days", DAYS).json()
    assert [(each["day"], each["declared_by"]) for each in told["days"]] == [
        ("2025-09-10", "li.na"),
        ("2025-09-11", "li.na"),
    ]
    assert told["lists"] == [LIST]
    assert "sharp" in _bands(service, "2025-09-10")
    assert "sharp" not in _bands(service, "2025-09-12")
    again = _post(service, "/declared-days", DAYS).json()
    assert again == told
    number = told["days"][0]["id"]
    gone = _post(
        service, f"/declared-days/{number}/withdrawal", {"who": "wang", "reason": "called off"}
    ).json()
    assert gone["days"][0]["withdrawn"]["reason"] == "called off"
    assert "sharp" not in _bands(service, "2025-09-10")
    assert "sharp" in _bands(service, "2025-09-11")
    assert [each["day"] for each in service.get("/declared-days")["days"]] == ["2025-09-11"]


def test_a_year_whose_free_days_no_source_tells_is_named(start: Start, make_site: Made) -> None:
    """Where bands depend on them: the deep valley of holidays does."""
    meter = {"code": "m", "role": "boundary"}
    service = start(make_site(meter, billing={"tariff": "cn-zj-2024-21", "since": "2025-01-01"}))

    def unknown(first: str, last: str) -> Any:
        return service.get("/tariff", **{"from": first, "to": last})["calendar_unknown"]

    assert unknown("2025-09-10", "2025-09-11") == []
    assert unknown("2098-12-31", "2099-01-02") == [2098, 2099]
    job = {"code": "J", "line": "m", "power_kw": 8, "duration_min": 60, "start": "2099-01-01T10:00:00+08:00"}
    plan = {"from": "2099-01-01", "to": "2099-01-02", "jobs": [job]}
    notes = _post(service, "/plans/check", plan).json()["notes"]
    assert "no source tells the free days of 2099 yet: bands may change" in notes


def test_by_months_alone_no_year_is_unknown(service: Any) -> None:
    told = service.get("/tariff", **{"from": "2099-09-10", "to": "2099-09-11"})
    assert told["calendar_unknown"] == []


def test_another_process_takes_it_up_and_the_days_are_settled_anew(service: Any) -> None:
    start = datetime.fromisoformat("2025-09-10T00:00:00+08:00")
    service.post(
        [
            {
                "meter": "m",
                "time": (start + timedelta(minutes=15 * n)).isoformat(),
                "values": {"energy_import": n * 25.0},
            }
            for n in range(97)
        ]
    )
    service.settle()
    other = Current(Plan(service.plan.site, None, service.plan.library))
    assert not take_up(service.database, other)
    _post(service, "/declared-days", DAYS)
    assert take_up(service.database, other)
    assert not take_up(service.database, other)
    other.adopt(Plan(service.plan.site, None, service.plan.library))
    assert list(other.plan.announced) == [LIST]
    worker = Worker(service.database, basis_of(other.plan))
    worker.start()
    worker.drain()
    (series,) = service.get("/cost", **{"from": "2025-09-10", "to": "2025-09-11"})["series"]
    assert {band["band"]: band["amounts"][0] for band in series["bands"]}["sharp"] == 300.0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"list": "hot"}, "only sc-three-days-35C"),
        ({"days": []}, "days"),
        ({"days": ["1492-01-01"]}, "has to lie from"),
        ({"who": ""}, "who"),
    ],
)
def test_what_cannot_be_declared_is_refused(service: Any, changed: dict[str, Any], reason: str) -> None:
    refused = _post(service, "/declared-days", DAYS | changed)
    assert refused.status_code == 422
    assert reason in refused.text


def test_what_was_never_declared_cannot_be_withdrawn(service: Any) -> None:
    refused = _post(service, "/declared-days/7/withdrawal", {"who": "wang", "reason": "no"})
    assert (refused.status_code, "no declared day bears it" in refused.text) == (422, True)
