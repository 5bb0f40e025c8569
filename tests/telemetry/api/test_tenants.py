"""Own, foreign and former meters at every operation of the OpenAPI document, for roles with single areas."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import sampled_from

from telemetry.access.doorway import NobodyAsksError
from telemetry.access.permissions import PERMISSIONS, Reach
from telemetry.model import Site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
NOW = datetime.now(UTC)
MOVED = (NOW - timedelta(days=3)).date()
AREAS = {"alpha": "Amaranth", "beta": "Zinnober", "hall": "Gallery", "park": "Park"}
METERS = {"m-alpha": "Indigo", "m-beta": "Vermilion", "m-hall": "Umber", "m-grid": "Sepia"}
FOREIGN = {"alpha": {"beta", "m-beta", "m-grid"}, "beta": {"alpha", "m-alpha", "m-grid"}}
"""Codes that nobody of an enterprise may read; the hall is alpha's up to the move and beta's from then on."""
NAMES = AREAS | METERS
LAST_MONTH = (NOW.date().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
OWN_METER = "m-hall"
"""Beta's now."""
ROLES = [
    name for name, role in PERMISSIONS.roles.items() if role.may & {"see-energy", "see-live", "see-park"}
]


def _named(code: str) -> dict[str, str]:
    return {"en": NAMES[code], "zh": NAMES[code]}


def _park(make_site: Callable[..., Site]) -> Site:
    areas = [
        {"code": "park", "kind": "park", "name": _named("park")},
        *({"code": c, "kind": "enterprise", "name": _named(c), "parent": "park"} for c in ("alpha", "beta")),
        {"code": "hall", "kind": "workshop", "name": _named("hall"), "parent": "park"},
    ]
    places = {"m-alpha": "alpha", "m-beta": "beta", "m-hall": "hall", "m-grid": "park"}
    return make_site(
        *(
            {"code": code, "name": _named(code), "area": area, "role": "boundary"}
            | ({} if code == "m-grid" else {"parent": "m-grid"})
            for code, area in places.items()
        ),
        areas=areas,
        occupancies=[
            {"area": "hall", "enterprise": "alpha", "to": MOVED - timedelta(days=1)},
            {"area": "hall", "enterprise": "beta", "from": MOVED},
        ],
    )


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """Readings each hour of six days, settled and drawn, behind a door that asks for keys."""
    made = start(_park(make_site))
    begin = (NOW - timedelta(days=6)).replace(minute=0, second=0, microsecond=0)
    for code in METERS:
        made.post(
            [
                {
                    "meter": code,
                    "time": (begin + timedelta(hours=hour)).isoformat(),
                    "values": {"energy_import": 100.0 * hour, "active_power": 100.0},
                }
                for hour in range(6 * 24 + 1)
            ]
        )
    made.settle()
    made.tick()
    return _behind_a_door(made)


def _behind_a_door(made: Any) -> Any:
    made.watch = made.ask_for_keys(FIRST)
    return made


def _ask(service: Any, secret: str, method: str, path: str, **rest: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"} | rest.pop("headers", {})
    if "table" in rest.get("params", {}):
        headers["Accept"] = "text/csv"
    answer: httpx.Response = service.call(method, path, headers=headers, **rest)
    return answer


def _key(
    service: Any,
    *areas: str,
    role: str = "enterprise-administrator",
    of: str = "",
) -> str:
    body = {"name": f"{of or role} {areas}", "roles": [role], "areas": list(areas)}
    made = _ask(service, FIRST, "POST", "/api/v1/keys", json=body)
    assert made.status_code == 200, made.text
    return str(made.json()["secret"])


def _operations(service: Any) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    for path, of in service.app.openapi()["paths"].items():
        for method, operation in of.items():
            yield method.upper(), path, operation.get("parameters", [])


def _values(parameter: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    """All that a parameter may be, where the document counts it up."""
    schema = parameter["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    return list(schemas.get(name, schema).get("enum", ()))


def _questions(parameters: list[dict[str, Any]], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Queries that name own, foreign and former things, and whatever the operation can be asked for."""
    names = {each["name"]: each for each in parameters if each["in"] == "query"}
    span = {"from": (NOW - timedelta(days=6)).date().isoformat()} if "from" in names else {}
    span |= {"max_events": 1} if "max_events" in names else {}
    span |= {"period": LAST_MONTH} if "period" in names else {}
    span |= {"alert": f"rule/meter:{OWN_METER}/1"} if "alert" in names else {}
    asked: list[dict[str, Any]] = [span | ({"meter": "m-hall"} if "meter" in names else {})]
    asked += [span | {"meter": code} for code in METERS if "meter" in names]
    asked += [span | {"area": code} for code in AREAS if "area" in names]
    asked += [span | {"enterprise": code} for code in AREAS if "enterprise" in names]
    asked += [span | {"alert": f"rule/meter:{code}/1"} for code in METERS if "alert" in names]
    asked += [span | {"history": True, "subject": code} for code in METERS if "subject" in names]
    counted = {name: _values(each, schemas) for name, each in names.items()}
    asked += [{**one, name: each} for name, those in counted.items() for each in those for one in asked[:6]]
    return asked


def _told(text: str, who: str, question: str) -> set[str]:
    """Foreign names and codes in an answer that the question did not name itself."""
    words = {word for code in FOREIGN[who] for word in (code, NAMES[code])}
    return {word for word in words if re.search(rf"(?<![\w-]){word}(?![\w-])", text)} - set(
        re.findall(r"[\w-]+", question)
    )


def _furnished(service: Any) -> None:
    """Records, plans, rules, closed periods, corrections, silences and alerts of each: something to leak."""
    word = {"who": "li.na", "reason": "a test", "document": "invoice"}
    for area in ("alpha", "beta", "hall"):
        activity = {"period": LAST_MONTH, "enterprise": area, "kind": "diesel", "amount": 2.0, "unit": "t"}
        made = {
            "period": LAST_MONTH,
            "enterprise": area,
            "product": f"of-{area}",
            "quantity": 1.0,
            "unit": "t",
        }
        green = {"registry_id": area, "vintage": "2026", "mwh": 1.0, "technology": "solar", "generator": area}
        green |= {"consumer": area, "interval": LAST_MONTH, "who": "li.na"}
        for path, body in [
            ("activities", activity | {"who": "li.na", "document": area}),
            ("production", made | {"who": "li.na"}),
            ("certificates", green),
            ("periods", {"area": area, "period": LAST_MONTH, "who": "li.na"}),
        ]:
            done = _ask(service, FIRST, "POST", f"/api/v1/{path}", json=body)
            assert done.status_code == 200, done.text
            service.settle()
    for who in ("alpha", "beta"):
        _planned(service, who)
    at = (NOW - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    span = {"from": at.isoformat(), "to": (at + timedelta(minutes=1)).isoformat()}
    for meter in METERS:
        gone = {"kind": "withdraw", "meter": meter, "quantity": "active_power", **span, "who": meter}
        done = _ask(service, FIRST, "POST", "/api/v1/corrections", json={**gone, "reason": word["reason"]})
        assert done.status_code == 200, done.text
        quiet = {
            "meters": [meter],
            "to": (NOW + timedelta(days=1)).isoformat(),
            "who": meter,
            "reason": meter,
        }
        assert _ask(service, FIRST, "POST", "/api/v1/silences", json=quiet).status_code == 200
        _alert(service, meter)


def _planned(service: Any, who: str) -> None:
    day, secret = NOW.date(), _key(service, who, of="planner")
    job = {"code": f"of-{who}", "line": f"m-{who}", "power_kw": 5, "duration_min": 60}
    plan = {"from": f"{day}", "to": f"{day + timedelta(days=1)}", "name": NAMES[who], "jobs": [job]}
    kept = _ask(service, secret, "PUT", f"/api/v1/plans/kept/m-{who}", json={"plan": plan, "who": NAMES[who]})
    assert kept.status_code == 200, kept.text
    rule = {"kind": "limit", "code": f"m-{who}", "quantity": "active_power", "above": "9 MW"}
    rule |= {"name": {"en": NAMES[who], "zh": NAMES[who]}}
    word = {"who": NAMES[who], "reason": who}
    made = _ask(service, secret, "POST", "/api/v1/alert-rules", json={"rule": rule, **word})
    assert made.status_code == 200, made.text
    quiet = {"to": (NOW + timedelta(days=1)).isoformat(), **word}
    assert _ask(service, secret, "POST", "/api/v1/silences", json=quiet).status_code == 200


def _alert(service: Any, meter: str) -> None:
    row = {"id": f"rule/meter:{meter}/1", "meter": meter, "now": NOW}
    facts = "'meter', %(meter)s, 'warning', 1, %(now)s, %(now)s, 'kW', false, false, '', '', '{}'"
    columns = (
        "subject_kind, subject, severity, stage, since, fired, unit, flapping, corrected, quiet, band, more"
    )
    with service.database.connection() as conn:
        conn.execute(
            f"insert into alert (id, rule, {columns}, told, last_change)"  # noqa: S608  # constants
            f" values (%(id)s, 'rule', {facts}, true, 1)",
            row,
        )
        conn.execute(
            f"insert into alert_transition (id, alert, rule, {columns}, what, at, by, note)"  # noqa: S608  # constants
            f" values (%(id)s || '/fired', %(id)s, 'rule', {facts}, 'fired', %(now)s, '', '')",
            row,
        )


@pytest.mark.parametrize("who", ["alpha", "beta"])
def test_no_operation_names_a_foreign_thing(service: Any, who: str) -> None:
    """Every operation of the document with every value that it counts up; each that is cut has to answer."""
    _furnished(service)
    schemas = service.app.openapi()["components"]["schemas"]
    secrets = {role: _key(service, who, role=role) for role in ROLES}
    answered = set()
    for method, path, parameters in _operations(service):
        rule = PERMISSIONS.rule(method, path)
        if rule is None or rule.reach is Reach.ANYONE:
            continue
        secret = next((secrets[r] for r in ROLES if rule.permission in PERMISSIONS.roles[r].may), "")
        for code in METERS if "{code}" in path else ("1", "2", "3"):
            at = re.sub(r"\{\w+\}", code, path)
            for question in _questions(parameters, schemas) if method == "GET" else [{}]:
                body = {} if method == "GET" else {"json": {}}
                found = _ask(service, secret, method, at, params=question, **body)
                assert found.status_code < 500, (at, question, found.text)
                assert not _told(found.text, who, f"{code} {json.dumps(question)}"), (at, question)
                if found.status_code == 200:
                    answered.add(f"{method} {path}")
            if "{" not in path:
                break
    cut = {route for route, rule in PERMISSIONS.routes.items() if rule.reach is Reach.OWN}
    lacking = {route for route in cut if route.startswith("GET")} - answered
    lacking.remove("GET /api/v1/bills")  # of an enterprise with a supply contract of its own
    further = {"GET /api/v1/plans/optima/{code}", "GET /api/v1/plans/shifts"}
    assert lacking == further, "tests/telemetry/api/test_tenant_plans.py begins a search, and has a tariff"


@pytest.mark.parametrize(
    "path",
    ["meters/{}", "readings?meter={}", "load-profiles?meter={}", "energy?by=meter&meter={}", "cost?meter={}"],
)
def test_a_foreign_meter_is_as_one_that_is_not_there(service: Any, path: str) -> None:
    secret = _key(service, "alpha")
    foreign = _ask(service, secret, "GET", f"/api/v1/{path.format('m-beta')}")
    absent = _ask(service, secret, "GET", f"/api/v1/{path.format('m-none')}")
    assert (foreign.status_code, foreign.text) == (
        absent.status_code,
        absent.text.replace("m-none", "m-beta"),
    )
    assert foreign.status_code in {404, 422}


def _energy(service: Any, secret: str, **query: Any) -> list[tuple[str, float]]:
    query = {
        "by": "meter",
        "from": (NOW - timedelta(days=6)).date().isoformat(),
        "quantity": "energy_import",
    } | query
    found = _ask(service, secret, "GET", "/api/v1/energy", params=query)
    assert found.status_code == 200, found.text
    answer = found.json()
    return [
        (time, value)
        for series in answer["series"]
        if series["key"] in {"m-hall", "hall"}
        for time, value in zip(answer["times"], series["values"], strict=True)
        if value is not None
    ]


@pytest.mark.parametrize("step", ["15min", "hour", "day", "month"])
@pytest.mark.parametrize("by", ["meter", "area"])
def test_each_tenant_sees_its_own_time_and_both_come_to_the_whole(service: Any, by: str, step: str) -> None:
    sums = {}
    for name, secret in [("park", FIRST), ("alpha", _key(service, "alpha")), ("beta", _key(service, "beta"))]:
        found = _energy(service, secret, by=by, step=step)
        sums[name] = sum(value for _, value in found)
        if step != "month":
            times = [datetime.fromisoformat(time).date() for time, _ in found]
            assert name != "alpha" or max(times) < MOVED
            assert name != "beta" or min(times) >= MOVED
    assert sums["alpha"] > 0 < sums["beta"]
    assert sums["alpha"] + sums["beta"] == pytest.approx(sums["park"])


def test_what_is_in_memory_is_cut_alike(service: Any) -> None:
    told = {
        who: _ask(service, _key(service, who), "GET", "/api/v1/live").json()
        for who in ("alpha", "beta", "hall")
    }
    assert [[row["meter"] for row in told[who]["meters"]] for who in told] == [
        ["m-alpha"],
        ["m-beta", "m-hall"],
        ["m-hall"],
    ]
    assert [[row["area"] for row in told[who]["areas"]] for who in told] == [
        ["alpha"],
        ["beta", "hall"],
        ["hall"],
    ]
    assert {told[who]["park"]["power_kw"] for who in told} == {None}
    assert sum(told["beta"]["counts"].values()) == 2
    former = _ask(service, _key(service, "alpha", role="read"), "GET", "/api/v1/meters").json()["meters"]
    assert {each["code"]: each["last_reading"] is not None for each in former} == {
        "m-alpha": True,
        "m-hall": False,
    }


def _streamed(service: Any, secret: str, events: int, **headers: str) -> str:
    """So many events of a stream, while the park is looked at again and again."""

    async def ticks() -> None:
        while True:
            await asyncio.sleep(0.2)
            await service.hub.tick()

    ticking = asyncio.run_coroutine_threadsafe(ticks(), service.loop)
    try:
        asked = {"params": {"max_events": events}, "headers": headers}
        return _ask(service, secret, "GET", "/api/v1/live/stream", **asked).text
    finally:
        ticking.cancel()


def test_a_stream_is_cut_alike(service: Any) -> None:
    text = _streamed(service, _key(service, "beta"), 3)
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert [line for line in text.splitlines() if line.startswith("event: ")] == [
        "event: snapshot",
        "event: update",
        "event: update",
    ]
    assert {row["meter"] for event in events for row in event["meters"]} == {"m-beta", "m-hall"}
    assert not _told(text, "beta", "")


def _told_alert(kind: str, subject: str, fired: datetime) -> bytes:
    number = int(fired.timestamp() * 1_000_000)
    row = {"alert": f"rule/{kind}:{subject}/{number}", "subject_kind": kind, "subject": subject}
    return json.dumps({**row, "at": NOW.isoformat()}).encode()


def test_alerts_in_a_stream_are_those_of_own_things(service: Any) -> None:
    secret, guest = _key(service, "beta"), _key(service, "beta", role="guest")
    before = NOW - timedelta(days=5)
    newest = {"Last-Event-ID": f"{service.hub.epoch}-{service.hub.sequence}"}
    for kind, subject, fired in [
        ("meter", "m-alpha", NOW),
        ("meter", "m-hall", before),
        ("meter", "m-hall", NOW),
        ("area", "alpha", NOW),
        ("area", "beta", NOW),
        ("source", "push", NOW),
        ("park", "park", NOW),
    ]:
        service.hub.tell("alert", _told_alert(kind, subject, fired))
    text = _streamed(service, secret, 4, **newest)
    told = [json.loads(line[6:]) for line in text.splitlines() if '"subject"' in line]
    assert [(each["subject_kind"], each["subject"]) for each in told] == [
        ("meter", "m-hall"),
        ("area", "beta"),
    ]
    assert not _told(text, "beta", "")
    assert "event: alert" not in _streamed(service, guest, 3, **newest)


def test_a_route_that_forgot_to_ask_shows_nothing(service: Any) -> None:
    secret = _key(service, "alpha")

    @service.app.get("/api/v1/tariff/forgotten")
    def forgotten() -> Any:
        with service.dependencies.database.connection() as tx:
            return [row for (row,) in tx.execute("select code from meter order by code").fetchall()]

    PERMISSIONS.routes["GET /api/v1/tariff/forgotten"] = PERMISSIONS.routes["GET /api/v1/tariff"]  # type: ignore[index]
    try:
        assert _ask(service, secret, "GET", "/api/v1/tariff/forgotten").json() == ["m-alpha", "m-hall"]
    finally:
        del PERMISSIONS.routes["GET /api/v1/tariff/forgotten"]  # type: ignore[attr-defined]


def test_outside_a_request_there_is_no_transaction(service: Any) -> None:
    with pytest.raises(NobodyAsksError), service.dependencies.database.connection():
        pass
    with pytest.raises(NobodyAsksError):
        service.dependencies.live.rows()


def test_heat_from_a_neighbour_s_boiler_is_told_as_unseen_and_by_no_other_factor(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    """The park's own view rates it by the boiler's pool; a key of the buyer does not see that."""
    made = start(_heated(make_site))
    begin = (NOW - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    totals = {
        "m-boiler": {"gas_volume_0c": 24.0},
        "m-alpha": {"heat_energy": 2.4},
        "m-beta": {"heat_energy": 1.2},
    }
    made.post(
        [
            {
                "meter": code,
                "time": (begin + timedelta(hours=n)).isoformat(),
                "values": {q: v * n for q, v in of.items()},
            }
            for code, of in (totals | {"m-gas": totals["m-boiler"]}).items()
            for n in range(25)
        ]
    )
    made.settle()
    _behind_a_door(made)
    asked = {
        "from": f"{begin:%Y-%m-%d}",
        "to": f"{begin + timedelta(days=2):%Y-%m-%d}",
        "step": "day",
        "by": "area",
    }
    whole = _ask(made, FIRST, "GET", "/api/v1/emissions", params={**asked, "area": "beta"}).json()["series"]
    assert sum(value or 0 for value in whole[0]["values"]) > 0
    own = _ask(made, _key(made, "beta"), "GET", "/api/v1/emissions", params=asked).json()["series"]
    [heat] = [each for each in own if each["quantity"] == "heat_energy"]
    assert set(heat["values"]) == {None}
    assert "which this key does not see" in heat["shortfalls"][0]["reason"]


def _heated(make_site: Callable[..., Site]) -> Site:
    meters = (
        {"code": "m-gas", "carrier": "gas", "area": "alpha", "role": "boundary"},
        {"code": "m-boiler", "carrier": "gas", "area": "alpha", "parent": "m-gas"},
        {"code": "m-alpha", "carrier": "heat", "area": "alpha"},
        {"code": "m-beta", "carrier": "heat", "area": "beta", "role": "boundary", "parent": "m-alpha"},
    )
    boiler = {"code": "B", "kind": "boiler", "name": {"en": "B", "zh": "B"}, "inputs": ["m-boiler"]}
    return make_site(
        *({**each, "max_gap_s": 7200} for each in meters),
        areas=[
            {"code": "park", "kind": "park", "name": _named("park")},
            *(
                {"code": c, "kind": "enterprise", "name": _named(c), "parent": "park"}
                for c in ("alpha", "beta")
            ),
        ],
        converters=[{**boiler, "outputs": ["m-alpha"]}],
    )


@pytest.mark.parametrize(
    ("roles", "examples"),
    [
        (("enterprise-administrator", "push"), 2),
        pytest.param(tuple(ROLES), 30, marks=pytest.mark.long),
    ],
)
def test_whatever_is_asked_by_any_key_nothing_breaks_and_nothing_foreign_is_told(
    address: str,
    service: Any,
    roles: tuple[str, ...],
    examples: int,
) -> None:
    _furnished(service)
    secrets = ["nobody's", *(_key(service, "beta", role=role) for role in roles)]
    door = {"Authorization": f"Bearer {FIRST}"}
    document = schemathesis.openapi.from_url(f"{address}/api/openapi.json", headers=door, timeout=120)
    for result in document.get_all_operations():
        _try(result.ok(), secrets, examples)


def _try(operation: Any, secrets: list[str], examples: int) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), meter=sampled_from([*METERS]), area=sampled_from([*AREAS]))
    def ask(case: Any, meter: str, area: str) -> None:
        codes = {"meter": meter, "area": area, "enterprise": area, "subject": meter, "code": meter}
        for asked in filter(None, (case.query, case.path_parameters)):
            asked.update({name: codes[name] for name in codes.keys() & asked.keys()})
        if case.path.endswith("/stream"):
            case.query = {**(case.query or {}), "max_events": 1}
        question = f"{case.path_parameters} {case.query} {case.body}"
        for secret in secrets:
            found = case.call(headers={"Authorization": f"Bearer {secret}"}, timeout=120)
            assert found.status_code < 500, (secret, question, found.text)
            assert not _told(found.text, "beta", question), (secret, question)

    ask()
