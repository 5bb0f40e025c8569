"""What an enterprise gets of figures about its own areas: as the park has them, or a reasoned refusal."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
TODAY = datetime.now(UTC).date()
BEGIN = date(TODAY.year - 1, 5, 30)
MOVED = date(TODAY.year - 1, 6, 16)
MAY, JUNE, JULY = (f"{MOVED.year}-{month:02}" for month in (5, 6, 7))
SPAN = {"from": f"{JUNE}-20", "to": f"{JUNE}-25"}
KINDS = {"alpha": "enterprise", "beta": "enterprise", "hall": "workshop"}
BILLING = {"tariff": "demo-park", "contract_kw": 1000}


def _named(code: str) -> dict[str, str]:
    return {"en": code.title(), "zh": code.title()}


def _park(make_site: Callable[..., Site]) -> Site:
    areas = [{"code": "park", "kind": "park", "name": _named("park")}]
    areas += [{"code": c, "kind": k, "name": _named(c), "parent": "park"} for c, k in KINDS.items()]
    meters = [{"code": "m-grid", "role": "boundary"}]
    meters += [{"code": f"m-{c}", "area": c, "role": "boundary", "parent": "m-grid"} for c in KINDS]
    meters += [{"code": "m-press", "area": "alpha", "parent": "m-alpha"}]
    occupancies = [
        {"area": "hall", "enterprise": "alpha", "to": MOVED - timedelta(days=1)},
        {"area": "hall", "enterprise": "beta", "from": MOVED},
    ]
    of_all = {"max_gap_s": 90_000, "accuracy_class": 1.0}
    return make_site(
        *(meter | of_all for meter in meters), areas=areas, occupancies=occupancies, billing=BILLING
    )


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """June with the days around it, settled, behind a door that asks for keys."""
    made = start(_park(make_site))
    shown = {"m-grid": 4800.0, "m-alpha": 2400.0, "m-press": 1200.0, "m-beta": 1100.0, "m-hall": 1000.0}
    for code, daily in shown.items():
        rows = [(BEGIN + timedelta(days=n), daily * n) for n in range(40)]
        made.post(
            [
                {"meter": code, "time": f"{day}T00:00:00+08:00", "values": {"energy_import": value}}
                for day, value in rows
            ]
        )
    made.settle()
    made.ask_for_keys(FIRST)
    return made


def _get(service: Any, secret: str, path: str, **query: Any) -> Any:
    found = service.ask(secret, "GET", path, params=query)
    assert found.status_code == 200, found.text
    return found.json()


@pytest.fixture
def keys(service: Any) -> dict[str, str]:
    """Secrets of administrators of each enterprise, and of whoever is let in for the hall."""
    return service.administrators(FIRST, KINDS)


FIGURES = [
    ("/demand", {"month": JUNE}),
    ("/bill", {"month": JUNE}),
    ("/inventory", {"period": JUNE}),
    ("/intensity", {"period": JUNE}),
    ("/schemes", {"period": JUNE}),
    ("/balance", {**SPAN, "step": "day"}),
    ("/emissions", {**SPAN, "step": "day"}),
    ("/emissions", {**SPAN, "step": "day", "basis": "market"}),
    ("/trace/emissions", SPAN),
    ("/trace/emissions", {**SPAN, "basis": "market"}),
    ("/energy", {**SPAN, "by": "area"}),
    ("/cost", {**SPAN, "by": "area", "step": "day"}),
]
CUT = {"/balance", "/energy", "/cost", "/emissions"}
"""Without an area, they answer for those of whoever asks."""


def test_an_enterprise_gets_its_own_figures_as_the_park_has_them(service: Any, keys: dict[str, str]) -> None:
    for path, query in FIGURES:
        whole = _get(service, FIRST, path, area="alpha", **query)
        assert _get(service, keys["alpha"], path, area="alpha", **query) == whole, (path, query)
    energy = _get(service, keys["alpha"], "/energy", area="alpha", by="area", **SPAN)
    assert sum(energy["series"][0]["values"]) == pytest.approx(5 * 2400)


def test_what_is_not_its_own_is_refused(service: Any, keys: dict[str, str]) -> None:
    for path, query in FIGURES:
        for area in ({"area": "beta"}, {"area": "park"}, {}):
            refused = service.ask(keys["alpha"], "GET", path, params={**query, **area})
            if area or path not in CUT or "basis" in query:
                assert refused.status_code in {403, 422}, (path, area, refused.text)
            else:
                assert {each["key"] for each in refused.json()["series"]} <= {"alpha", "hall", "m-alpha"}
            assert not re.search("Beta|m-beta|m-grid", refused.text), (path, area)


def test_a_foreign_area_is_refused_as_one_that_is_not_there(service: Any, keys: dict[str, str]) -> None:
    for path, query in FIGURES:
        beta, nothing = (
            service.ask(keys["alpha"], "GET", path, params={**query, "area": area})
            for area in ("beta", "nothing")
        )
        assert (beta.status_code, beta.text.replace("beta", "nothing")) == (nothing.status_code, nothing.text)


def test_a_figure_over_the_handover_is_nobodys(service: Any, keys: dict[str, str]) -> None:
    whole = {"from": f"{JUNE}-01", "to": f"{JUNE}-30"}
    for path, query in FIGURES:
        asked = {**query, **(whole if "from" in query else {}), "area": "hall"}
        if path in CUT and "basis" not in query:
            continue
        for who, secret in keys.items():
            refused = service.ask(secret, "GET", path, params=asked)
            assert refused.status_code in {403, 422}, (path, who, refused.text)


def test_the_one_after_has_july_and_the_one_before_may(service: Any, keys: dict[str, str]) -> None:
    for month, who, other in [(MAY, "alpha", "beta"), (JULY, "beta", "alpha")]:
        query = {"period": month, "area": "hall"}
        assert _get(service, keys[who], "/inventory", **query) == _get(service, FIRST, "/inventory", **query)
        assert service.ask(keys[other], "GET", "/inventory", params=query).status_code in {403, 422}


def test_a_trace_ends_where_the_time_of_who_asks_does(service: Any, keys: dict[str, str]) -> None:
    query = {"meter": "m-hall", "from": f"{JUNE}-14", "to": f"{JUNE}-18"}
    whole = _get(service, FIRST, "/trace", **query)
    before, after = (_get(service, keys[who], "/trace", **query) for who in ("alpha", "beta"))
    assert whole["amount"] == pytest.approx(4000)
    assert (before["amount"], after["amount"]) == (pytest.approx(2000), pytest.approx(2000))
    assert {each["time"][:10] for each in before["readings"]} < {f"{JUNE}-{day}" for day in range(13, 16)}
    assert min(each["time"] for each in after["readings"]) >= f"{MOVED}T00:00:00+08:00"
    own = _get(service, keys["alpha"], "/trace", **{**query, "meter": "m-press"})
    assert own == _get(service, FIRST, "/trace", **{**query, "meter": "m-press"})
    assert own["batches"]


def _correct(service: Any, meter: str, day: str) -> None:
    body = {
        "kind": "withdraw",
        "meter": meter,
        "quantity": "energy_import",
        "from": f"{day}T00:00:00+08:00",
        "to": f"{day}T00:00:01+08:00",
        "who": "li.na",
        "reason": "on the bench",
    }
    made = service.ask(FIRST, "POST", "/corrections", json=body)
    assert made.status_code == 200, made.text


def test_corrections_of_a_time_are_told_to_who_had_it(service: Any, keys: dict[str, str]) -> None:
    for meter, day in [("m-hall", f"{JUNE}-10"), ("m-hall", f"{JUNE}-20"), ("m-beta", f"{JUNE}-10")]:
        _correct(service, meter, day)
    told = {
        who: {
            (each["meter"], each["from"][:10])
            for each in _get(service, secret, "/corrections")["corrections"]
        }
        for who, secret in keys.items()
    }
    assert told == {
        "alpha": {("m-hall", f"{JUNE}-10")},
        "beta": {("m-hall", f"{JUNE}-20"), ("m-beta", f"{JUNE}-10")},
        "hall": {("m-hall", f"{JUNE}-20")},
    }
    of_hall = _get(service, keys["beta"], "/corrections", meter="m-hall")["corrections"]
    assert of_hall[0]["readings"][0]["corrected"] is None


def _activity(area: str, period: str, document: str) -> dict[str, Any]:
    return {
        "period": period,
        "enterprise": area,
        "kind": "diesel",
        "amount": 2.0,
        "unit": "t",
        "document": document,
        "who": "li.na",
    }


def test_records_are_posted_and_seen_for_own_areas_in_their_time(service: Any, keys: dict[str, str]) -> None:
    def post(who: str, *rows: dict[str, Any]) -> httpx.Response:
        return service.ask(keys[who], "POST", "/activities", json=list(rows))

    own = post("alpha", _activity("alpha", JUNE, "1"), _activity("hall", MAY, "2"))
    assert (own.status_code, own.json()["accepted"]) == (200, 2), own.text
    for row in (_activity("beta", JUNE, "3"), _activity("hall", JULY, "4"), _activity("hall", JUNE, "5")):
        assert post("alpha", row).status_code == 422
    assert post("beta", _activity("hall", JULY, "6")).status_code == 200
    listed = {
        who: sorted(each["document"] for each in _get(service, keys[who], "/activities")["records"])
        for who in keys
    }
    assert listed == {"alpha": ["1", "2"], "beta": ["6"], "hall": ["6"]}
    assert len(_get(service, FIRST, "/activities")["records"]) == 3
    foreign = own.json()["records"][0]["id"]
    word = {"who": "wang", "reason": "not mine"}
    gone = service.ask(keys["beta"], "POST", f"/activities/{foreign}/withdrawal", json=word)
    assert gone.status_code == 404
    mine = service.ask(keys["alpha"], "POST", f"/activities/{foreign}/withdrawal", json=word)
    assert mine.json()["withdrawn"]["by"] == "wang"


def test_a_certificate_of_another_is_refused_without_naming_it(service: Any, keys: dict[str, str]) -> None:
    body = {
        "registry_id": "GEC-1",
        "vintage": JUNE[:4],
        "mwh": 1.0,
        "technology": "solar",
        "generator": "a farm",
        "consumer": "beta",
        "interval": JUNE,
        "who": "li.na",
    }
    assert service.ask(keys["beta"], "POST", "/certificates", json=body).status_code == 200
    refused = service.ask(keys["alpha"], "POST", "/certificates", json={**body, "consumer": "alpha"})
    assert refused.status_code == 422
    assert "beta" not in refused.text
    assert "somebody else" in refused.text


def test_closed_periods_are_told_of_areas_that_were_wholly_theirs(service: Any, keys: dict[str, str]) -> None:
    numbers = {}
    for area, month in [("alpha", JUNE), ("beta", JUNE), ("hall", JUNE), ("hall", MAY), ("park", JUNE)]:
        body = {"area": area, "period": month, "who": "li.na"}
        made = service.ask(FIRST, "POST", "/periods", json=body)
        assert made.status_code == 200, made.text
        numbers[area, month] = made.json()["id"]
    seen = {
        who: {(each["area"], each["period"]) for each in _get(service, keys[who], "/periods")["periods"]}
        for who in keys
    }
    assert seen == {"alpha": {("alpha", JUNE), ("hall", MAY)}, "beta": {("beta", JUNE)}, "hall": set()}
    for what in ("", "/rows", "/recomputation"):
        own = f"/periods/{numbers['alpha', JUNE]}{what}"
        assert _get(service, keys["alpha"], own) == _get(service, FIRST, own)
        assert service.ask(keys["beta"], "GET", own).status_code == 422
        shared = f"/periods/{numbers['hall', JUNE]}{what}"
        assert {service.ask(keys[who], "GET", shared).status_code for who in keys} == {422}


def _alert(service: Any, code: str, kind: str, subject: str, fired: str, resolved: str | None) -> None:
    with service.database.connection() as conn:
        conn.execute(
            "insert into alert_transition (id, alert, rule, subject_kind, subject, what, at, since, fired,"
            " severity, stage, unit, flapping, corrected, quiet, band, by, note, more)"
            " values (%(id)s || '/fired', %(id)s, 'r', %(kind)s, %(subject)s, 'fired', %(fired)s, %(fired)s,"
            " %(fired)s, 'warning', 1, 'kW', false, false, '', '', '', '', '{}')",
            {"id": code, "kind": kind, "subject": subject, "fired": fired},
        )
        conn.execute(
            "insert into alert (id, rule, subject_kind, subject, severity, stage, since, fired, resolved,"
            " unit, flapping, corrected, quiet, told, band, more, last_change)"
            " values (%s, 'r', %s, %s, 'warning', 1, %s, %s, %s, 'kW', false, false, '', true, '', '{}', 1)",
            [code, kind, subject, fired, fired, resolved],
        )


def test_alerts_are_told_and_taken_by_whose_they_are(service: Any, keys: dict[str, str]) -> None:
    early, late = f"{JUNE}-10T08:00:00+08:00", f"{JUNE}-20T08:00:00+08:00"
    for code, *facts in [
        ("own", "meter", "m-press", late, None),
        ("before", "meter", "m-hall", early, early),
        ("through", "meter", "m-hall", early, late),
        ("after", "meter", "m-hall", late, None),
        ("other", "meter", "m-beta", late, None),
        ("area", "area", "alpha", late, None),
        ("park", "park", "park", late, None),
        ("line", "source", "push", late, None),
    ]:
        _alert(service, code, *facts)
    told = {
        who: {each["id"] for each in _get(service, keys[who], "/alerts", history=True)["alerts"]}
        for who in keys
    }
    assert told == {"alpha": {"own", "before", "area"}, "beta": {"after", "other"}, "hall": {"after"}}
    word = {"alert": "own", "who": "wang"}
    refused = service.ask(keys["beta"], "POST", "/alerts/acknowledgement", json=word)
    absent = service.ask(keys["beta"], "POST", "/alerts/acknowledgement", json={**word, "alert": "none"})
    assert (refused.status_code, refused.text) == (404, absent.text.replace("none", "own"))
    assert _get(service, FIRST, "/alerts/story", alert="own")["alert"]["acknowledged"] is None
    taken = service.ask(keys["alpha"], "POST", "/alerts/acknowledgement", json=word)
    assert taken.json()["alert"]["acknowledged"]["who"] == "wang", taken.text
