"""Alerts over the API: what is open, what people do about it, silences, rules, and what a rule would tell."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounting.grid import to_us
from alerts.journal import What
from telemetry.jobs.alert_news import AlertNews
from telemetry.jobs.alerts import Alerter
from telemetry.model import Site
from telemetry.reports.usual import usual_kw
from telemetry.reports.watched import park_of
from telemetry.storage import alert_lists, registry

pytestmark = pytest.mark.database
RULE = {
    "kind": "limit",
    "code": "high",
    "name": {"en": "High", "zh": "高"},
    "quantity": "active_power",
    "above": "400 kW",
}
PUT = {"rule": RULE, "who": "li.na", "reason": "first try"}
WHO = {"who": "wang", "note": "on my way"}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "m1"}, {"code": "m2", "area": "hall"}))


@pytest.fixture
def alerter(service: Any) -> Alerter:
    return Alerter(service.database, service.current, lease_s=600.0)


def _post(service: Any, path: str, body: Any, status: int = 200) -> Any:
    response = service.call("POST", f"/api/v1{path}", json=body)
    assert response.status_code == status, response.text
    return response.json()


def _read(service: Any, **power: float) -> None:
    at = datetime.now(UTC).isoformat()
    service.post([{"meter": m, "time": at, "values": {"active_power": kw}} for m, kw in power.items()])
    service.writer._board.flush(service.database)


def _until(alerter: Alerter, service: Any, state: str, subject: str = "m1") -> Any:
    """Judge until the alert is as wanted."""
    deadline = time.monotonic() + 180
    while True:
        alerter._asked = 0.0
        alerter.step()
        found = [a for a in service.get("/alerts", history=True)["alerts"] if a["subject"] == subject]
        if found and found[0]["state"] == state:
            return found[0]
        assert time.monotonic() < deadline, found


def test_an_alert_is_seen_taken_and_over(service: Any, alerter: Alerter) -> None:
    _post(service, "/alert-rules", PUT)
    _read(service, m1=430.0, m2=10.0)
    alert = _until(alerter, service, "firing")
    assert (alert["value"], alert["limit"], alert["unit"], alert["severity"]) == (430, 400, "kW", "warning")
    taken = _post(service, "/alerts/acknowledgement", {"alert": alert["id"], **WHO})
    assert (taken["alert"]["state"], taken["alert"]["acknowledged"]["who"]) == ("acknowledged", "wang")
    again = _post(service, "/alerts/acknowledgement", {"alert": alert["id"], "who": "li.na"})
    assert again == taken
    _post(service, "/alerts/comment", {"alert": alert["id"], "who": "li.na", "note": "furnace 2"})
    acts = service.get("/audit", kind="alert_transition")["entries"]
    assert [(each["after"]["what"], each["after"]["by"]) for each in acts] == [
        ("commented", "li.na"),
        ("acknowledged", "wang"),
    ]
    _read(service, m1=100.0)
    _until(alerter, service, "resolved")
    assert service.get("/alerts")["alerts"] == []
    story = service.get("/alerts/story", alert=alert["id"])
    assert [(c["what"], c["by"], c["note"]) for c in story["changes"]] == [
        ("fired", "", ""),
        ("acknowledged", "wang", "on my way"),
        ("commented", "li.na", "furnace 2"),
        ("resolved", "", ""),
    ]
    assert (
        "No alert"
        in _post(service, "/alerts/comment", {"alert": "x", "who": "a", "note": "b"}, 404)["detail"]
    )


def _kept(service: Any, name: str, severity: str, fired_h: int, *, over: bool = False) -> None:
    """An alert that began so many hours ago."""
    at = datetime.now(UTC) - timedelta(hours=fired_h)
    columns = "id, rule, subject_kind, subject, severity, stage, since, fired, resolved, unit"
    with service.database.connection() as conn:
        conn.execute(
            f"insert into alert ({columns}, flapping, corrected, quiet, told, band, more, last_change)"  # noqa: S608  # constants
            " values (%s, 'high', 'meter', 'm1', %s, 1, %s, %s, %s, 'kW',"
            " false, false, '', true, '', '{}', 1)",
            (name, severity, at, at, at if over else None),
        )


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_the_worst_of_the_open_alerts_are_told_first_however_many_there_are(service: Any, limit: int) -> None:
    _kept(service, "an old critical one", "critical", 90)
    _kept(service, "a new critical one", "critical", 40)
    _kept(service, "a word", "info", 1)
    _kept(service, "an old warning", "warning", 50)
    _kept(service, "a new warning", "warning", 2)
    _kept(service, "a critical one that is over", "critical", 0, over=True)
    _kept(service, "a warning that is over", "warning", 3, over=True)
    told, cursor = list[str](), {}
    while cursor is not None:
        page = service.get("/alerts", history=True, limit=limit, **cursor)
        told += [each["id"] for each in page["alerts"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert told == [
        "a new critical one",
        "an old critical one",
        "a new warning",
        "an old warning",
        "a word",
        "a critical one that is over",
        "a warning that is over",
    ]
    assert [each["id"] for each in service.get("/alerts", over=True)["alerts"]] == told[5:]
    assert [each["id"] for each in service.get("/alerts")["alerts"]] == told[:5]


def test_a_virtual_meter_is_watched_by_what_its_terms_show(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    rest = {
        "code": "rest",
        "role": "check",
        "formula": {"energy_import": "m1.energy_import - m2.energy_import"},
    }
    service = start(make_site({"code": "m1"}, {"code": "m2"}, rest))
    _post(service, "/alert-rules", PUT | {"rule": RULE | {"where": {"meters": ["rest"]}}})
    _read(service, m1=630.0, m2=200.0)
    alert = _until(Alerter(service.database, service.current, lease_s=600.0), service, "firing", "rest")
    assert alert["value"] == 430


def test_a_silence_keeps_an_alert_quiet_until_it_ends(service: Any, alerter: Alerter) -> None:
    _post(service, "/alert-rules", PUT)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"to": later, "who": "li.na", "reason": "works", "areas": ["hall"], "maintenance": True}
    [silence] = _post(service, "/silences", body)["silences"]
    _read(service, m1=430.0, m2=430.0)
    assert _until(alerter, service, "firing")["quiet"] == ""
    assert _until(alerter, service, "firing", "m2")["quiet"] == "maintenance"
    ended = _post(service, f"/silences/{silence['id']}/end", {"who": "wang"})["silences"]
    assert ended[0]["ended"]["who"] == "wang"
    assert service.get("/silences")["silences"] == []
    alert = _until(alerter, service, "firing", "m2")
    assert alert["quiet"] == ""
    changes = service.get("/alerts/story", alert=alert["id"])["changes"]
    assert [(each["what"], each["quiet"]) for each in changes] == [
        ("fired", "maintenance"),
        ("revealed", ""),
    ]
    hours = {"days": ["sat", "sun"], "from": "22:00", "to": "06:00"}
    [weekly] = _post(service, "/silences", body | {"weekly": hours, "areas": []})["silences"]
    assert weekly["weekly"] == hours
    for field, wrong_hours in (("weekly.from", {"from": "8 o'clock"}), ("weekly.to", {"to": "25:00"})):
        wrong = _post(service, "/silences", body | {"weekly": hours | wrong_hours}, 422)
        assert wrong["errors"][0]["field"] == field
    wrong = _post(service, "/silences", body | {"areas": ["hal"]}, 422)
    assert wrong["errors"][0]["reason"] == "there is no area 'hal'; did you mean 'hall'?"
    _post(service, "/silences", body | {"to": "2020-01-01"}, 422)


def test_a_rule_has_a_history_health_and_an_end(service: Any, alerter: Alerter) -> None:
    _post(service, "/alert-rules", PUT)
    changed = {**PUT, "rule": {**RULE, "above": "500 kW"}, "reason": "too low"}
    history = _post(service, "/alert-rules", changed)
    assert [(each["rule"]["above"], each["reason"]) for each in history["editions"]] == [
        ("500 kW", "too low"),
        ("400 kW", "first try"),
    ]
    [rule] = service.get("/alert-rules")["rules"]
    assert (rule["origin"], rule["rule"]["above"], rule["health"]) == ("api", "500 kW", None)
    _read(service, m1=510.0)
    _until(alerter, service, "firing")
    assert alerter.health()["high"].evaluations > 0
    _post(service, "/alert-rules/high/removal", {"who": "li.na", "reason": "gone"})
    assert _until(alerter, service, "resolved")["quiet"] == "gone"
    assert service.get("/alert-rules")["rules"] == []
    refused = _post(service, "/alert-rules", {**PUT, "rule": {**RULE, "above": "400 V"}}, 422)
    assert "cannot be converted" in refused["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("rule", "field", "reason"),
    [
        ({**RULE, "above": "400 V"}, "rule.above", "unit 'V' cannot be converted to 'kW' (got '400 V')"),
        (
            {"kind": "off_peak", "code": "dear", "name": RULE["name"], "above": "1 kW", "bands": ["shrap"]},
            "rule.bands[0]",
            "there is no band 'shrap'; did you mean 'sharp'?",
        ),
        (
            {"kind": "composite", "code": "both", "name": RULE["name"], "all": ["hihg"]},
            "rule.all[0]",
            "there is no rule 'hihg'; did you mean 'high'?",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_field(
    service: Any,
    rule: dict[str, Any],
    field: str,
    reason: str,
) -> None:
    _post(service, "/alert-rules", PUT)
    [error] = _post(service, "/alert-rules", {**PUT, "rule": rule}, 422)["errors"]
    assert (error["field"], error["reason"]) == (field, reason)


def test_a_circle_of_rules_is_refused(service: Any) -> None:
    def composite(code: str, *parts: str) -> dict[str, Any]:
        return {"kind": "composite", "code": code, "name": RULE["name"], "any": list(parts)}

    _post(service, "/alert-rules", PUT)
    for rule in (composite("one", "high"), composite("two", "one", "high"), composite("three", "two")):
        _post(service, "/alert-rules", PUT | {"rule": rule})
    for rule, key, way in (
        (composite("one", "high", "three"), "any[1]", "one > three > two > one"),
        (composite("one", "one"), "any[0]", "one > one"),
    ):
        [error] = _post(service, "/alert-rules", PUT | {"rule": rule}, 422)["errors"]
        assert error["field"] == f"rule.{key}"
        assert error["reason"] == f"{way} is a circle: no rule can be a part of itself"


def test_a_rule_is_tried_on_the_past(service: Any) -> None:
    lo = datetime(2026, 6, 22, tzinfo=UTC)
    rows = [
        {
            "meter": "m1",
            "time": (lo + timedelta(minutes=minute)).isoformat(),
            "values": {"active_power": 500.0 if 20 <= minute < 25 else 100.0},
        }
        for minute in range(60)
    ]
    service.post(rows)
    body = {"rule": {**RULE, "hold": "2 min"}, "from": lo.isoformat(), "to": "2026-06-22T01:00:00Z"}
    tried = _post(service, "/alert-rules/test", body)
    assert [(each["what"], each["at"]) for each in tried["changes"]] == [
        ("fired", "2026-06-22T08:22:00+08:00"),
        ("resolved", "2026-06-22T08:25:00+08:00"),
    ]
    assert (tried["step_s"], tried["cut"]) == (10, False)
    assert service.get("/alerts", history=True)["alerts"] == []
    silent = {"kind": "stale", "code": "silent", "name": RULE["name"]}
    _post(service, "/alert-rules/test", {"rule": silent}, 422)


def test_a_trial_knows_readings_that_stood_further_apart_than_they_do_now(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    line = {"kind": "modbus", "code": "gw", "host": "127.0.0.1", "poll_s": 5}
    meter = {"code": "m1", "source": "gw", "device": "eastron-sdm630", "address": 1}
    service = start(make_site(meter, sources=[line, {"kind": "push", "code": "push"}]))
    lo = datetime(2026, 6, 22, tzinfo=UTC)
    rows = [
        {
            "meter": "m1",
            "time": (lo + timedelta(minutes=15 * at)).isoformat(),
            "values": {"active_power": 500.0 if 2 <= at < 6 else 100.0},
        }
        for at in range(9)
    ]
    service.post(rows)
    body = {"rule": {**RULE, "hold": "20 min"}, "from": lo.isoformat(), "to": "2026-06-22T03:00:00Z"}
    tried = _post(service, "/alert-rules/test", body)
    assert [(each["what"], each["at"]) for each in tried["changes"]] == [
        ("fired", "2026-06-22T08:50:09.999999+08:00"),
        ("resolved", "2026-06-22T09:30:00+08:00"),
    ]


def test_what_happens_to_alerts_comes_on_the_event_stream(service: Any, alerter: Alerter) -> None:
    news = AlertNews(service.database, service.current, service.hub.tell)
    service.run(news.look())
    _post(service, "/alert-rules", PUT)
    _read(service, m1=430.0)
    alert = _until(alerter, service, "firing")
    service.run(service.hub.tick())
    before = service.hub.sequence
    service.run(news.look())
    service.run(service.hub.tick())
    frame = service.run(service.hub.after(before + 1))
    kind, _, data = frame.wire.decode().partition("\nevent: ")[2].partition("\ndata: ")
    assert kind == "alert"
    told = json.loads(data)
    assert (told["alert"], told["what"], told["value"]) == (alert["id"], "fired", 430)


def test_of_two_words_at_once_both_come_on_the_event_stream(service: Any, alerter: Alerter) -> None:
    """The first to be numbered is the last to be committed."""
    told = list[Any]()
    news = AlertNews(service.database, service.current, lambda _, data: told.append(json.loads(data)))
    _post(service, "/alert-rules", PUT)
    _read(service, m1=430.0, m2=430.0)
    one, other = (_until(alerter, service, "firing", meter)["id"] for meter in ("m1", "m2"))
    service.run(news.look())

    def say() -> None:
        with service.database.connection() as tx:
            alert_lists.act(tx, other, What.COMMENTED, "wang", "second", now=datetime.now(UTC))

    second = Thread(target=say)
    with service.database.connection() as tx:
        alert_lists.act(tx, one, What.COMMENTED, "li.na", "first", now=datetime.now(UTC))
        second.start()
        second.join(1.0)
        service.run(news.look())
    second.join()
    service.run(news.look())
    assert [each["note"] for each in told] == ["first", "second"]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Asia/Shanghai", datetime(2026, 6, 22, 12, 0)),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 11, 2, 1, 0)),  # noqa: DTZ001  # a week after summer time
        ("Europe/Berlin", datetime(2026, 11, 6, 6, 0)),  # noqa: DTZ001
    ],
)
def test_what_a_meter_usually_draws_is_that_of_the_weeks_before(
    service: Any, zone: str, begins: datetime
) -> None:
    local = begins.replace(tzinfo=ZoneInfo(zone))
    now = local + timedelta(minutes=7)
    rows = [
        {
            "meter": meter,
            "time": (
                (local - timedelta(days=7 * week)).astimezone(UTC) + timedelta(minutes=minute)
            ).isoformat(),
            "values": {"energy_import": (10 - week) * 1000 + kwh * minute / 15},
        }
        for meter, week, kwh in (("m1", 2, 10), ("m1", 1, 20), ("m2", 1, 5))
        for minute in (0, 5, 10, 15)
    ]
    service.post(rows)
    service.settle()
    with service.database.connection() as tx:
        park = replace(park_of(registry.read(tx), service.plan, now), zone=ZoneInfo(zone))
        assert usual_kw(tx, park, to_us(now)) == {"m1": pytest.approx(60)}


def test_a_park_without_a_meter_is_judged(start: Callable[..., Any], make_site: Callable[..., Site]) -> None:
    """As the first-run page leaves it after its first step."""
    service = start(make_site())
    with service.database.connection() as tx:
        park = park_of(registry.read(tx), service.plan, datetime.now(UTC))
    assert (park.codes, park.ids.tolist()) == ((), [])
