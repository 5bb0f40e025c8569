"""Trials of rules that run in the background: how far each is, its end, and why it failed."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from alerts.journal import Transition
from telemetry.model import Site
from telemetry.reports.errors import QueryError
from telemetry.reports.trial import Trial

pytestmark = pytest.mark.database
LO = datetime(2026, 6, 22, tzinfo=UTC)
RULE = {
    "kind": "limit",
    "code": "high",
    "name": {"en": "High", "zh": "高"},
    "quantity": "active_power",
    "above": "400 kW",
    "hold": "2 min",
}
ASKED = {"rule": RULE, "from": LO.isoformat(), "to": "2026-06-22T01:00:00Z"}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "m1"}))


def _post(service: Any, path: str, body: Any, status: int = 200) -> Any:
    response = service.call("POST", f"/api/v1/alert-rules/{path}", json=body)
    assert response.status_code == status, response.text
    return response.json()


def _over(service: Any, begun: Any) -> Any:
    deadline = time.monotonic() + 120
    while begun["state"] == "running":
        assert time.monotonic() < deadline, begun
        time.sleep(0.02)
        begun = service.get(f"/alert-rules/trials/{begun['id']}")
    return begun


def test_a_trial_in_the_background_tells_the_same_as_one_that_is_waited_for(service: Any) -> None:
    rows = [
        {
            "meter": "m1",
            "time": (LO + timedelta(minutes=minute)).isoformat(),
            "values": {"active_power": 500.0 if 20 <= minute < 25 else 100.0},
        }
        for minute in range(60)
    ]
    service.post(rows)
    told = _over(service, _post(service, "trials", ASKED))
    assert (told["state"], told["share"], told["told"], told["reason"]) == ("done", 1.0, 2, "")
    waited = _post(service, "test", ASKED)
    assert told["changes"] == waited["changes"] != []
    assert (told["step_s"], told["cut"]) == (waited["step_s"], waited["cut"])


def test_a_trial_says_how_far_it_is_and_ends_when_that_is_enough(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = Event()

    def slow(_: Trial, __: object, ___: object, tell: Callable[[float], None]) -> Iterator[Transition]:
        tell(0.25)
        go.wait(60)
        tell(0.5)
        yield from ()

    monkeypatch.setattr(Trial, "transitions", slow)
    first, second = (_post(service, "trials", ASKED) for _ in range(2))
    assert "Two trials run already" in _post(service, "trials", ASKED, 429)["detail"]
    deadline = time.monotonic() + 60
    while (now := service.get(f"/alert-rules/trials/{first['id']}"))["share"] == 0.0:
        assert time.monotonic() < deadline
    assert (now["state"], now["share"], now["changes"]) == ("running", 0.25, [])
    assert service.call("POST", f"/api/v1/alert-rules/trials/{first['id']}/end").status_code == 200
    go.set()
    ended, done = _over(service, first), _over(service, second)
    assert (ended["state"], ended["share"]) == ("ended", 0.5)
    assert (done["state"], done["share"]) == ("done", 1.0)


def test_a_trial_that_fails_says_why(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = iter((QueryError("rule", "high", "cannot be evaluated: no such column"), ValueError("a secret")))

    def fails(*_: object) -> Iterator[Transition]:
        raise next(faults)
        yield

    monkeypatch.setattr(Trial, "transitions", fails)
    first, second = (_over(service, _post(service, "trials", ASKED)) for _ in range(2))
    assert first["state"] == second["state"] == "failed"
    assert "no such column" in first["reason"]
    assert second["reason"] == "the service's log says why"


def test_a_trial_that_cannot_be_is_refused_at_once(service: Any) -> None:
    silent = {"kind": "stale", "code": "silent", "name": RULE["name"]}
    _post(service, "trials", {"rule": silent}, 422)
    assert service.call("GET", "/api/v1/alert-rules/trials/00ff").status_code == 404
    assert service.call("POST", "/api/v1/alert-rules/trials/00ff/end").status_code == 404
