"""Alert rules, silences and contacts of an enterprise: about its own meters, told to its own people."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.contacts import Directory
from alerts.engine import Health
from alerts.kinds import read_rule
from telemetry.jobs.alerts import Alerter
from telemetry.model import Site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
KINDS = {"alpha": "enterprise", "beta": "enterprise", "hall": "workshop"}
METERS = {"m-alpha": "alpha", "m-press": "alpha", "m-beta": "beta", "m-hall": "hall", "m-grid": "park"}
RULE = {
    "kind": "limit",
    "code": "high",
    "name": {"en": "High", "zh": "高"},
    "quantity": "active_power",
    "above": "400 kW",
}
WHY = {"who": "li.na", "reason": "first try"}
HOOK = {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret_variable": "PARKWATT_HOOK_OF_A_TEST"}
ROUTES: list[dict[str, Any]] = [
    {"code": "all", "contacts": ["duty"]},
    {"code": "of-alpha", "areas": ["alpha"], "contacts": ["alpha-duty", "both"]},
    {"code": "of-beta", "areas": ["beta"], "contacts": ["both"]},
]


def _named(code: str) -> dict[str, str]:
    return {"en": code.title(), "zh": code.title()}


def _let(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """The hall is beta's; contacts for all and for each."""
    areas = [{"code": "park", "kind": "park", "name": _named("park")}]
    areas += [{"code": c, "kind": k, "name": _named(c), "parent": "park"} for c, k in KINDS.items()]
    meters = [{"code": code, "area": area} for code, area in METERS.items()]
    made = start(make_site(*meters, areas=areas, occupancies=[{"area": "hall", "enterprise": "beta"}]))
    contacts = [
        {"code": c, "name": _named(c), "channels": [HOOK]} for c in ("duty", "alpha-duty", "both", "nobody")
    ]
    directory = Directory.model_validate({"contacts": contacts, "routes": ROUTES})
    filed = {"filed": {"meters": ["m-grid"]}, "filed-of-alpha": {"areas": ["alpha"]}, "filed-of-all": {}}
    rules = tuple(
        read_rule(RULE | {"code": code, "above": "900 kW", "where": where}) for code, where in filed.items()
    )
    made.current.adopt(replace(made.plan, directory=directory, rules=rules))
    made.ask_for_keys(FIRST)
    return made


def _keys(service: Any) -> dict[str, str]:
    return {"park": FIRST} | service.administrators(FIRST, KINDS)


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _let(start, make_site)


@pytest.fixture
def keys(service: Any) -> dict[str, str]:
    return _keys(service)


@pytest.fixture(scope="module")
def refusing(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> tuple[Any, str]:
    """Where the park has a rule, and the key of alpha, whose rules are all refused."""
    service = _let(start_for_file, make_site)
    assert _put(service, FIRST, code="of-park").status_code == 200
    return service, _keys(service)["alpha"]


@pytest.fixture
def alerter(service: Any) -> Alerter:
    return Alerter(service.database, service.current, lease_s=600.0)


def _put(service: Any, secret: str, **rule: Any) -> httpx.Response:
    return service.ask(secret, "POST", "/alert-rules", json={"rule": RULE | rule, **WHY})


def _alike(found: httpx.Response, absent: httpx.Response, status: int, *codes: str) -> None:
    """Both say the same of two codes, the second of which is nobody's."""
    assert (found.status_code, absent.status_code) == (status, status), found.text
    assert found.text == absent.text.replace(codes[1], codes[0])


def _read(service: Any) -> None:
    """All meters show too much."""
    at = datetime.now(UTC).isoformat()
    rows = [{"meter": m, "time": at, "values": {"active_power": 430.0}} for m in METERS]
    assert service.ask(FIRST, "POST", "/readings", json=rows).status_code == 200
    service.writer._board.flush(service.database)


def _firing(service: Any, alerter: Alerter, *wanted: tuple[str, str]) -> dict[tuple[str, str], Any]:
    """Judge until those are firing: all that fires, by rule and subject."""
    deadline = time.monotonic() + 180
    while True:
        alerter._asked = 0.0
        alerter.step()
        told = service.ask(FIRST, "GET", "/alerts", params={"history": True}).json()["alerts"]
        found = {(a["rule"], a["subject"]): a for a in told if a["rule"] in {"high", "of-park", "of-hall"}}
        if {*wanted} <= found.keys():
            return found
        assert time.monotonic() < deadline, found


def test_a_rule_is_about_their_own_meters_and_seen_by_them(
    service: Any,
    keys: dict[str, str],
    alerter: Alerter,
) -> None:
    assert _put(service, keys["alpha"]).status_code == 200
    assert _put(service, FIRST, code="of-park", where={"meters": ["m-grid"]}).status_code == 200
    _read(service)
    found = _firing(service, alerter, ("high", "m-alpha"), ("high", "m-press"), ("of-park", "m-grid"))
    assert {subject for rule, subject in found if rule == "high"} == {"m-alpha", "m-press"}
    listed = {
        who: {e["code"]: e["areas"] for e in service.ask(secret, "GET", "/alert-rules").json()["rules"]}
        for who, secret in keys.items()
    }
    assert listed["alpha"] == {"high": ["alpha"], "filed-of-alpha": None, "filed-of-all": None}
    assert listed["beta"] == listed["hall"] == {"filed-of-all": None}
    assert (listed["park"]["high"], listed["park"]["of-park"]) == (["alpha"], None)
    gone = service.ask(keys["alpha"], "POST", "/alert-rules/high/removal", json=WHY)
    assert [each["rule"] is None for each in gone.json()["editions"]] == [True, False]
    left = service.ask(keys["alpha"], "GET", "/alert-rules").json()["rules"]
    assert [each["code"] for each in left] == ["filed-of-all", "filed-of-alpha"]


def test_meters_that_a_rule_cannot_judge_are_named_to_those_who_have_them(
    service: Any, keys: dict[str, str]
) -> None:
    health = {"filed-of-all": Health(blind=("m-grid", "m-press", "m-hall"))}
    service.dependencies = replace(service.dependencies, rule_health=lambda: health)
    service.ask_for_keys(FIRST)
    named = {}
    for who, key in keys.items():
        rules = service.ask(key, "GET", "/alert-rules").json()["rules"]
        [named[who]] = [rule["health"]["blind"] for rule in rules if rule["code"] == "filed-of-all"]
    own = {"alpha": ["m-press"], "beta": ["m-hall"], "hall": ["m-hall"]}
    assert named == {"park": ["m-grid", "m-press", "m-hall"]} | own


def test_a_rule_of_another_is_as_none_but_its_code_is_taken(service: Any, keys: dict[str, str]) -> None:
    assert _put(service, keys["alpha"]).status_code == 200
    assert _put(service, FIRST, code="of-park").status_code == 200
    for code in ("high", "of-park", "filed"):
        taken = _put(service, keys["beta"], code=code)
        assert (taken.status_code, taken.json()["detail"]) == (
            409,
            f"Another rule bears the code {code!r}; choose another one.",
        )
        for method, path, body in (("GET", "history", {}), ("POST", "removal", {"json": WHY})):
            _alike(
                *(
                    service.ask(keys["beta"], method, f"/alert-rules/{each}/{path}", **body)
                    for each in (code, "absent")
                ),
                404,
                code,
                "absent",
            )
    assert _put(service, FIRST).status_code == 409
    assert service.ask(FIRST, "POST", "/alert-rules/high/removal", json=WHY).status_code == 200
    left = service.ask(keys["alpha"], "GET", "/alert-rules").json()["rules"]
    assert [each["code"] for each in left] == ["filed-of-all", "filed-of-alpha"]
    assert len(service.ask(keys["alpha"], "GET", "/alert-rules/high/history").json()["editions"]) == 2
    assert _put(service, keys["beta"]).status_code == 200
    assert len(service.ask(keys["beta"], "GET", "/alert-rules/high/history").json()["editions"]) == 1


@pytest.mark.parametrize("path", ["/alert-rules", "/alert-rules/test"])
@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"where": {"meters": ["m-beta"]}}, "rule.where.meters[0]"),
        ({"where": {"meters": ["m-bet"]}}, "rule.where.meters[0]"),
        ({"where": {"areas": ["beta"]}}, "rule.where.areas[0]"),
        ({"where": {"sources": ["push"]}}, "rule.where.sources[0]"),
        ({"kind": "balance", "quantity": None, "above": None}, "rule.kind"),
        ({"kind": "demand", "quantity": None, "above": None}, "rule.kind"),
        ({"kind": "source_down", "quantity": None, "above": None}, "rule.kind"),
        ({"kind": "data_quality", "sign": "spool", "quantity": None, "above": None}, "rule.kind"),
        ({"kind": "composite", "all": ["of-park"], "quantity": None, "above": None}, "rule.all[0]"),
    ],
)
def test_what_is_not_theirs_is_refused_by_field(
    refusing: tuple[Any, str], path: str, rule: dict[str, Any], field: str
) -> None:
    service, key = refusing
    document = {name: value for name, value in (RULE | rule).items() if value is not None}
    body = {"rule": document} | ({} if path.endswith("test") else WHY)
    refused = service.ask(key, "POST", path, json=body)
    assert refused.status_code == 422, refused.text
    errors = refused.json()["errors"]
    assert [each["field"] for each in errors] == [field], errors
    assert "did you mean" not in refused.text
    assert "park's" not in refused.text


def test_a_trial_tells_of_their_own_meters(service: Any, keys: dict[str, str]) -> None:
    at = datetime.now(UTC) - timedelta(minutes=30)
    rows = [
        {"meter": m, "time": (at + timedelta(minutes=n)).isoformat(), "values": {"active_power": 430.0}}
        for m in METERS
        for n in range(20)
    ]
    assert service.ask(FIRST, "POST", "/readings", json=rows).status_code == 200
    told = {}
    for who, secret in keys.items():
        found = service.ask(secret, "POST", "/alert-rules/test", json={"rule": RULE})
        assert found.status_code == 200, found.text
        told[who] = {each["subject"] for each in found.json()["changes"]}
    assert told["park"] == set(METERS)
    assert told == {
        "park": set(METERS),
        "alpha": {"m-alpha", "m-press"},
        "beta": {"m-beta", "m-hall"},
        "hall": {"m-hall"},
    }


def _quiet(service: Any, secret: str, **of: Any) -> httpx.Response:
    body = {"to": (datetime.now(UTC) + timedelta(days=1)).isoformat(), **WHY, **of}
    return service.ask(secret, "POST", "/silences", json=body)


def test_a_silence_is_about_their_own_rules_alone(
    service: Any,
    keys: dict[str, str],
    alerter: Alerter,
) -> None:
    for who in ("alpha", "beta"):
        assert _put(service, keys[who], code="high" if who == "alpha" else "of-hall").status_code == 200
    assert _put(service, FIRST, code="of-park").status_code == 200
    made = _quiet(service, keys["alpha"])
    assert made.status_code == 200, made.text
    [silence] = made.json()["silences"]
    assert silence["of"] == ["alpha"]
    _read(service)
    found = _firing(service, alerter, ("high", "m-alpha"), ("of-park", "m-alpha"), ("of-hall", "m-hall"))
    assert {(rule, subject): alert["quiet"] != "" for (rule, subject), alert in found.items()} == {
        ("high", "m-alpha"): True,
        ("high", "m-press"): True,
        **{("of-park", meter): False for meter in METERS},
        **{("of-hall", meter): False for meter in ("m-beta", "m-hall")},
    }
    assert service.ask(keys["beta"], "GET", "/silences").json()["silences"] == []
    ended = [
        service.ask(keys["beta"], "POST", f"/silences/{number}/end", json={"who": "wang"})
        for number in (silence["id"], 4711)
    ]
    _alike(*ended, 422, str(silence["id"]), "4711")
    over = service.ask(keys["alpha"], "POST", f"/silences/{silence['id']}/end", json={"who": "wang"})
    assert over.json()["silences"][0]["ended"]["who"] == "wang"


def test_a_silence_names_nothing_foreign(service: Any, keys: dict[str, str]) -> None:
    assert _put(service, keys["beta"], code="of-hall").status_code == 200
    for field, code in [("meters", "m-beta"), ("areas", "beta"), ("sources", "push"), ("rules", "of-hall")]:
        _alike(
            *(_quiet(service, keys["alpha"], **{field: [each]}) for each in (code, "absent")),
            422,
            code,
            "absent",
        )
    near = _quiet(service, keys["alpha"], meters=["m-bet"])
    assert "m-beta" not in near.text


def test_their_alerts_are_told_to_their_contacts(
    service: Any,
    keys: dict[str, str],
    alerter: Alerter,
) -> None:
    contacts = {
        who: [e["contact"] for e in service.ask(secret, "GET", "/contacts").json()["contacts"]]
        for who, secret in keys.items()
    }
    assert contacts == {
        "park": ["duty", "alpha-duty", "both", "nobody"],
        "alpha": ["alpha-duty"],
        "beta": [],
        "hall": [],
    }
    assert _put(service, keys["alpha"], where={"meters": ["m-press"]}).status_code == 200
    assert _put(service, FIRST, code="of-park", where={"meters": ["m-alpha"]}).status_code == 200
    _read(service)
    _firing(service, alerter, ("high", "m-press"), ("of-park", "m-alpha"))
    told = {
        who: sorted(
            (each["rule"], each["contact"])
            for each in service.ask(secret, "GET", "/deliveries").json()["deliveries"]
        )
        for who, secret in keys.items()
    }
    all_of_both = [(rule, contact) for rule in ("high", "of-park") for contact in ("alpha-duty", "both")]
    assert told["park"] == sorted([*all_of_both, ("of-park", "duty")])
    assert told["alpha"] == [("high", "alpha-duty"), ("of-park", "alpha-duty")]
    assert (told["beta"], told["hall"]) == ([], [])
    numbers = {
        each["contact"]: each["id"] for each in service.ask(FIRST, "GET", "/deliveries").json()["deliveries"]
    }
    own = service.ask(keys["alpha"], "POST", f"/deliveries/{numbers['alpha-duty']}/retry")
    assert own.status_code == 409
    for who, contact in (("alpha", "duty"), ("alpha", "both"), ("beta", "alpha-duty")):
        asked = [
            service.ask(keys[who], "POST", f"/deliveries/{number}/retry")
            for number in (numbers[contact], 4711)
        ]
        _alike(*asked, 404, str(numbers[contact]), "4711")


def test_what_was_put_is_seen_while_the_database_s_clock_is_behind(
    service: Any,
    keys: dict[str, str],
) -> None:
    assert _put(service, keys["alpha"]).status_code == 200
    with service.database.connection() as conn:
        conn.execute("update alert_rule set put_at = now() + interval '1 minute'")
    told = service.ask(keys["alpha"], "GET", "/alert-rules")
    assert told.status_code == 200, told.text
    assert "high" in {each["code"] for each in told.json()["rules"]}


def test_what_was_put_for_a_place_goes_with_its_occupant(
    service: Any,
    keys: dict[str, str],
    alerter: Alerter,
) -> None:
    assert _put(service, keys["hall"], code="of-hall").status_code == 200
    assert _quiet(service, keys["hall"]).status_code == 200
    with service.database.connection() as conn:
        conn.execute("update occupancy set until = now() where enterprise = 'beta'")
        conn.execute("insert into occupancy (area, enterprise, since) values ('hall', 'alpha', now())")
    assert _put(service, FIRST, code="of-park").status_code == 200
    _read(service)
    found = _firing(service, alerter, ("of-park", "m-hall"))
    assert not [subject for rule, subject in found if rule == "of-hall"]
    rules = service.ask(keys["hall"], "GET", "/alert-rules").json()["rules"]
    assert [each["code"] for each in rules] == ["filed-of-all"]
    assert service.ask(keys["hall"], "GET", "/silences").json()["silences"] == []
