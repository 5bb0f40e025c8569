"""People from the first link to the end of their account, as the service keeps them."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher

from telemetry.access import entrance, passwords
from telemetry.access.keyring import Keyring
from telemetry.access.pace import Pace
from telemetry.access.roster import Roster
from telemetry.api.access import COOKIE, Access
from telemetry.api.application import create
from telemetry.api.dependencies import Settings
from telemetry.api.guard import served
from telemetry.jobs.people import PeopleWatch
from telemetry.model import Site
from telemetry.storage.audit import Sought, listed

pytestmark = pytest.mark.database
GOOD, OTHER = "four words on a slip", "quite another set of words"
OWN_PAGE = {"Origin": "http://localhost"}


@pytest.fixture
def offered() -> list[str]:
    """Secrets of set-up links that were printed."""
    return []


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site], offered: list[str]) -> Any:
    service = start(make_site({"code": "M1", "area": "hall"}, {"code": "M2"}))
    _restart(service, offered)
    return service


def _restart(service: Any, offered: list[str]) -> None:
    """Another process over the same database: nothing is left in memory."""
    roster = Roster(ready=False)
    access = Access(Keyring(), roster=roster, pace=Pace(10_000))
    access.ring.ready = True
    service.access = access
    service.app = create(replace(service.dependencies, settings=Settings(served("localhost"), access)))
    service.noted = []

    def note(*, anybody: bool) -> None:
        service.noted.append(anybody)

    service.watch = PeopleWatch(service.database, roster, offered.append, note)
    service.watch.step()


class Browser:
    """Keeps its cookie, and says from which page it writes."""

    def __init__(self, service: Any) -> None:
        self._service = service
        self.cookie = ""

    def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {**OWN_PAGE, **rest.pop("headers", {})}
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        answer: httpx.Response = self._service.call(method, f"/api/v1{path}", headers=headers, **rest)
        if (set_ := answer.headers.get("set-cookie")) is not None:
            self.cookie = set_.partition(";")[0].partition("=")[2].strip('"')
        return answer

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.ask("POST", path, json=body or {})

    def enter(self, name: str, password: str, **rest: str) -> int:
        return self.post("/session/person", {"name": name, "password": password, **rest}).status_code

    def who(self) -> Any:
        return self.ask("GET", "/session").json()["who"]


@pytest.fixture
def visitor(service: Any) -> Callable[[], Browser]:
    return lambda: Browser(service)


@pytest.fixture
def admin(visitor: Callable[[], Browser], offered: list[str]) -> Browser:
    """The first of all, signed in by the set-up link."""
    first = visitor()
    answer = first.post("/links/use", {"link": offered[0], "name": "wang.wei", "password": GOOD})
    assert answer.status_code == 204, answer.text
    return first


def make(admin: Browser, name: str = "li.na", **part: Any) -> tuple[int, str]:
    """Number and link of a person who has no password yet."""
    part = part or {"roles": ["enterprise-user"], "areas": ["hall"]}
    answer = admin.post("/people", {"name": name, **part})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    return made["person"]["id"], made["link"].removeprefix("/enter#")


@pytest.fixture
def person(admin: Browser, visitor: Callable[[], Browser]) -> tuple[int, Browser]:
    """li.na, who works in one hall, signed in."""
    number, link = make(admin)
    own = visitor()
    assert own.post("/links/use", {"link": link, "password": GOOD}).status_code == 204
    return number, own


def test_an_open_loopback_port_closes_with_the_first_account(
    service: Any,
    visitor: Callable[[], Browser],
    offered: list[str],
) -> None:
    stranger = visitor()
    assert stranger.ask("GET", "/meters").status_code == 200
    assert stranger.ask("GET", "/session").json()["who"]["kind"] == "machine"
    first = visitor()
    look = first.post("/links/look", {"link": offered[0]})
    assert (look.status_code, look.json()["name"]) == (200, None)
    first.post("/links/use", {"link": offered[0], "name": "wang.wei", "password": GOOD})
    assert first.who() | {"permissions": []} == {
        "name": "wang.wei",
        "kind": "person",
        "roles": ["park-administrator"],
        "permissions": [],
        "areas": None,
    }
    assert stranger.ask("GET", "/meters").status_code == 401
    assert stranger.ask("GET", "/session").json() == {
        "asks": True,
        "accounts": True,
        "who": None,
        "provider": None,
    }
    service.watch.step()
    assert service.noted == [False, True]


def test_the_set_up_link_is_good_once_for_a_day_and_while_nobody_is_there(
    service: Any,
    visitor: Callable[[], Browser],
    offered: list[str],
) -> None:
    _restart(service, offered)
    body = {"link": offered[0], "name": "wang.wei", "password": GOOD}
    assert visitor().post("/links/use", body).status_code == 410  # the second start printed another
    with service.database.connection() as tx:
        late = datetime.now(UTC) + timedelta(hours=24, seconds=1)
        with pytest.raises(entrance.LinkSpent):
            entrance.of_link(tx, offered[1], late)
    assert visitor().post("/links/use", body | {"link": offered[1]}).status_code == 204
    assert visitor().post("/links/use", body | {"link": offered[1], "name": "mallory"}).status_code == 410
    _restart(service, offered)
    assert len(offered) == 2


def test_the_set_up_link_is_good_no_more_once_anybody_has_an_account(
    visitor: Callable[[], Browser], offered: list[str]
) -> None:
    body = {"name": "li.na", "roles": ["park-administrator"], "whole_park": True}
    assert visitor().post("/people", body).status_code == 200
    used = {"link": offered[0], "name": "mallory", "password": GOOD}
    assert visitor().post("/links/use", used).status_code == 410


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": GOOD}, "name"),
        ({"name": " x", "password": GOOD}, "name"),
        ({"name": "x\u0000", "password": GOOD}, "name"),
        ({"name": "wang.wei", "password": "short"}, "password"),
        ({"name": "wang.wei", "password": "wang.wei-2026"}, "password"),
    ],
)
def test_a_refused_password_uses_no_link_up_and_is_not_repeated(
    visitor: Callable[[], Browser], offered: list[str], body: dict[str, str], field: str
) -> None:
    answer = visitor().post("/links/use", {"link": offered[0], **body})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert body["password"] not in answer.text
    assert visitor().post("/links/look", {"link": offered[0]}).status_code == 200


def test_two_who_come_by_one_link_at_once_are_one(
    service: Any,
    visitor: Callable[[], Browser],
    offered: list[str],
) -> None:
    statuses: list[int] = []

    def come(name: str) -> None:
        body = {"link": offered[0], "name": name, "password": GOOD}
        statuses.append(visitor().post("/links/use", body).status_code)

    threads = [threading.Thread(target=come, args=(f"person-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [204, 410, 410, 410]
    with service.database.connection() as tx:
        assert tx.execute("select count(*) from person").fetchall() == [(1,)]


def test_a_person_signs_in_and_out_and_does_what_their_role_may(
    admin: Browser, person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    _, own = person
    assert own.who()["roles"] == ["enterprise-user"]
    assert own.ask("GET", "/site").status_code == 200
    assert own.ask("GET", "/bills").status_code == 403
    assert own.ask("GET", "/people").status_code == 403
    other = visitor()
    assert other.enter("Li.Na", GOOD) == 204  # in capitals or not
    assert other.ask("DELETE", "/session").status_code == 204
    assert other.ask("GET", "/site").status_code == 401
    assert own.ask("GET", "/site").status_code == 200
    listed_ = {each["name"]: each for each in admin.ask("GET", "/people").json()["people"]}
    assert len(listed_["li.na"]["sessions"]) == 1
    assert listed_["li.na"]["areas"] == ["hall"]


def test_a_signed_out_cookie_stays_out_after_a_restart_and_others_stay_in(
    service: Any,
    admin: Browser,
    person: tuple[int, Browser],
    offered: list[str],
) -> None:
    _, own = person
    gone = own.cookie
    own.ask("DELETE", "/session")
    _restart(service, offered)
    own.cookie = gone
    assert own.ask("GET", "/site").status_code == 401
    assert admin.ask("GET", "/meters").status_code == 200


def test_signing_out_everywhere_ends_ones_own_sessions_alone(
    service: Any,
    admin: Browser,
    person: tuple[int, Browser],
    visitor: Callable[[], Browser],
    offered: list[str],
) -> None:
    _, own = person
    phone = visitor()
    assert phone.enter("li.na", GOOD) == 204
    assert len(own.ask("GET", "/account").json()["sessions"]) == 2
    kept = own.cookie
    assert own.post("/account/sign-out").status_code == 204
    own.cookie = kept
    for restarted in (False, True):
        if restarted:
            _restart(service, offered)
        assert [each.ask("GET", "/site").status_code for each in (own, phone, admin)] == [401, 401, 200]


@pytest.mark.parametrize("how", ["sign-out", "roles", "end"])
def test_an_open_live_stream_ends_with_what_let_it_in(
    service: Any,
    admin: Browser,
    person: tuple[int, Browser],
    how: str,
) -> None:
    number, own = person
    streams = [_followed(service, each.cookie) for each in (own, admin)]
    _ticked(service, lambda: service.hub.watchers == 2)
    assert [stream.done() for stream in streams] == [False, False]
    if how == "sign-out":
        own.post("/account/sign-out")
    elif how == "roles":
        admin.post(f"/people/{number}/change", {"roles": ["enterprise-administrator"], "areas": ["hall"]})
    else:
        admin.post(f"/people/{number}/end")
    _ticked(service, streams[0].done)
    assert streams[0].result().status_code == 200
    assert not streams[1].done()
    streams[1].cancel()


def _ticked(service: Any, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        service.run(service.hub.tick())


def _followed(service: Any, cookie: str) -> Future[httpx.Response]:
    async def follow() -> httpx.Response:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/api/v1/live/stream", headers={"Cookie": f"{COOKIE}={cookie}"})

    return asyncio.run_coroutine_threadsafe(follow(), service.loop)


def test_the_cookie_is_for_this_page_alone_and_the_database_has_its_hash(
    service: Any,
    admin: Browser,
) -> None:
    answer = admin.post("/session/person", {"name": "wang.wei", "password": GOOD})
    told = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=604800"):
        assert part in told
    assert "Secure" not in told
    with service.database.connection() as tx:
        everything = str(
            tx.execute("select person_session, person_secret from person_session, person_secret").fetchall()
        )
    assert admin.cookie not in everything
    assert GOOD not in everything


@pytest.mark.parametrize("url", ["https://park.example", None])
def test_behind_tls_the_cookie_is_for_tls(service: Any, admin: Browser, url: str | None) -> None:
    settings = Settings(served("localhost"), service.access, url)
    service.app = create(replace(service.dependencies, settings=settings))
    answer = admin.post("/session/person", {"name": "wang.wei", "password": GOOD})
    assert ("Secure" in answer.headers["set-cookie"]) == (url is not None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_a_session_writes_from_its_own_page_alone(
    service: Any,
    admin: Browser,
    headers: dict[str, str],
) -> None:
    headers["Cookie"] = f"{COOKIE}={admin.cookie}"
    body = {"name": "mallory", "roles": ["park-administrator"], "whole_park": True}
    answer = service.call("POST", "/api/v1/people", json=body, headers=headers)
    assert answer.status_code == 403
    assert [each["name"] for each in admin.ask("GET", "/people").json()["people"]] == ["wang.wei"]


def test_a_form_of_another_site_signs_nobody_in(service: Any, admin: Browser) -> None:
    del admin
    content = b'{"name": "wang.wei", "password": "%s"}' % GOOD.encode()
    headers = {"Content-Type": "text/plain", **OWN_PAGE}
    assert service.call("POST", "/api/v1/session/person", content=content, headers=headers).status_code == 415


def test_names_and_passwords_that_are_wrong_are_told_in_the_same_words(
    admin: Browser, visitor: Callable[[], Browser]
) -> None:
    del admin
    answers = [
        visitor().post("/session/person", {"name": name, "password": password})
        for name, password in (
            ("wang.wei", OTHER),
            ("nobody", GOOD),
            ("wang.wei", GOOD + "x"),
            ("\u0000", GOOD),
        )
    ]
    assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
    assert answers[0].headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["wang.wei", "nobody"])
def test_a_name_is_closed_after_five_tries_whether_anybody_bears_it_or_not(
    admin: Browser, visitor: Callable[[], Browser], name: str
) -> None:
    guesses = visitor()
    assert [guesses.enter(name, OTHER) for _ in range(5)] == [401] * 5
    answer = guesses.post("/session/person", {"name": name.upper(), "password": GOOD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert admin.ask("GET", "/meters").status_code == 200  # who is in stays in


def test_many_guesses_at_once_are_counted_each(admin: Browser, visitor: Callable[[], Browser]) -> None:
    del admin
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(visitor().enter("wang.wei", OTHER)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 7


def test_a_closed_name_opens_with_time_and_closes_for_longer(service: Any, admin: Browser) -> None:
    del admin
    now, waits = datetime.now(UTC), []
    for _ in range(5):
        with pytest.raises(entrance.WrongSecret):
            entrance.known(service.database, "wang.wei", OTHER, None, now)
    for _ in range(8):
        with pytest.raises(entrance.LockedOut) as closed:
            entrance.known(service.database, "wang.wei", GOOD, None, now)
        waits.append(closed.value.wait_s)
        now += timedelta(seconds=closed.value.wait_s)
        with pytest.raises(entrance.WrongSecret):
            entrance.known(service.database, "wang.wei", OTHER, None, now)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    now += timedelta(seconds=3600)
    assert entrance.known(service.database, "wang.wei", GOOD, None, now).name == "wang.wei"
    with pytest.raises(entrance.WrongSecret):  # counted anew
        entrance.known(service.database, "wang.wei", OTHER, None, now)


def test_an_address_that_tries_too_often_waits(
    service: Any,
    admin: Browser,
    visitor: Callable[[], Browser],
) -> None:
    del admin
    access = replace(service.access, pace=Pace(3, lambda: 0.0))
    service.app = create(replace(service.dependencies, settings=Settings(served("localhost"), access)))
    answers = [visitor().post("/links/look", {"link": f"guess-{n}"}) for n in range(4)]
    assert [each.status_code for each in answers] == [410, 410, 410, 429]
    assert int(answers[-1].headers["retry-after"]) == 20


def test_another_password_ends_all_other_sessions(
    person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    _, own = person
    phone = visitor()
    phone.enter("li.na", GOOD)
    wrong = own.post("/account/password", {"before": OTHER, "password": OTHER})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "before")
    assert own.post("/account/password", {"before": GOOD, "password": "short"}).status_code == 422
    assert own.post("/account/password", {"before": GOOD, "password": OTHER}).status_code == 200
    assert [each.ask("GET", "/site").status_code for each in (own, phone)] == [200, 401]
    assert [visitor().enter("li.na", word) for word in (GOOD, OTHER)] == [401, 204]


def test_whoever_found_an_open_page_cannot_guess_its_password(person: tuple[int, Browser]) -> None:
    _, own = person
    body = {"before": OTHER, "password": OTHER}
    assert [own.post("/account/password", body).status_code for _ in range(6)] == [422] * 5 + [429]


def test_an_authenticator_is_asked_for_once_it_has_shown_a_code(
    person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    _, own = person
    assert own.post("/account/authenticator", {"password": OTHER}).status_code == 422
    secret = own.post("/account/authenticator", {"password": GOOD}).json()["secret"]
    assert visitor().enter("li.na", GOOD) == 204  # not yet
    assert own.post("/account/authenticator/confirmation", {"code": "000000"}).status_code == 422
    first = pyotp.TOTP(secret).now()
    assert own.post("/account/authenticator/confirmation", {"code": first}).status_code == 200
    asked = visitor().post("/session/person", {"name": "li.na", "password": GOOD})
    assert (asked.status_code, asked.json()["errors"][0]["field"]) == (401, "code")
    assert visitor().enter("li.na", GOOD, code=first) == 401  # each is good once
    later = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
    assert visitor().enter("li.na", GOOD, code=later) == 204
    assert own.post("/account/authenticator/removal", {"password": GOOD}).status_code == 200
    assert visitor().enter("li.na", GOOD) == 204


def test_codes_cannot_be_guessed_by_whoever_has_the_password(
    person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    _, own = person
    secret = own.post("/account/authenticator", {"password": GOOD}).json()["secret"]
    own.post("/account/authenticator/confirmation", {"code": pyotp.TOTP(secret).now()})
    tries = [visitor().enter("li.na", GOOD, code=f"{n:06}") for n in range(3)]
    tries += [visitor().enter("li.na", GOOD) for _ in range(3)]
    assert tries == [401] * 5 + [429]


def test_a_reset_ends_sessions_password_and_authenticator(
    admin: Browser, person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    number, own = person
    secret = own.post("/account/authenticator", {"password": GOOD}).json()["secret"]
    own.post("/account/authenticator/confirmation", {"code": pyotp.TOTP(secret).now()})
    made = admin.post(f"/people/{number}/reset").json()
    assert own.ask("GET", "/site").status_code == 401
    assert visitor().enter("li.na", GOOD) == 401
    back = visitor()
    link = made["link"].removeprefix("/enter#")
    assert back.post("/links/look", {"link": link}).json()["name"] == "li.na"
    assert back.post("/links/use", {"link": link, "password": OTHER}).status_code == 204
    assert back.who()["name"] == "li.na"
    assert visitor().enter("li.na", OTHER) == 204  # without a code
    assert back.post("/links/use", {"link": link, "password": GOOD}).status_code == 410


def test_other_roles_hold_at_once_in_open_sessions(admin: Browser, person: tuple[int, Browser]) -> None:
    number, own = person
    answer = admin.post(f"/people/{number}/change", {"roles": ["auditor"], "whole_park": True})
    assert answer.status_code == 200
    assert own.ask("GET", "/periods").status_code == 200
    assert own.ask("GET", "/live").status_code == 403


def test_an_ended_account_lets_nobody_in_and_its_name_is_free(
    admin: Browser, person: tuple[int, Browser], visitor: Callable[[], Browser]
) -> None:
    number, own = person
    _, unused = make(admin, "chen.yu")
    chen = next(
        each["id"] for each in admin.ask("GET", "/people").json()["people"] if each["name"] == "chen.yu"
    )
    for ended in (number, chen):
        assert admin.post(f"/people/{ended}/end").status_code == 200
    assert own.ask("GET", "/site").status_code == 401
    assert visitor().enter("li.na", GOOD) == 401
    assert visitor().post("/links/use", {"link": unused, "password": GOOD}).status_code == 410
    for path in ("change", "reset", "end"):
        body = {"roles": ["auditor"], "whole_park": True}
        assert admin.post(f"/people/{number}/{path}", body).status_code == 422
    again, _ = make(admin)
    assert again != number


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"roles": ["push"], "whole_park": True}, "roles"),
        ({"roles": ["guest"], "whole_park": True}, "roles"),
        ({"roles": ["no such"], "whole_park": True}, "roles"),
        ({"roles": ["enterprise-user"]}, "areas"),
        ({"roles": ["enterprise-user"], "areas": ["hall"], "whole_park": True}, "areas"),
        ({"roles": ["enterprise-user"], "areas": ["moon"]}, "areas"),
        ({"roles": ["park-administrator"], "areas": ["hall"]}, "whole_park"),
        ({"roles": ["enterprise-user"], "areas": ["hall"], "name": "WANG.wei"}, "name"),
        ({"roles": ["enterprise-user"], "areas": ["hall"], "name": "a\nb"}, "name"),
        ({"roles": [], "areas": ["hall"]}, "roles"),
        ({"roles": ["enterprise-user"], "areas": ["hall"], "password": GOOD}, "password"),
    ],
)
def test_what_is_wrong_with_an_account_is_told_by_field(
    admin: Browser, body: dict[str, Any], field: str
) -> None:
    answer = admin.post("/people", {"name": "li.na", **body})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_the_last_administrator_stays(admin: Browser, visitor: Callable[[], Browser]) -> None:
    [first] = [each["id"] for each in admin.ask("GET", "/people").json()["people"]]
    part = {"roles": ["auditor"], "whole_park": True}
    assert admin.post(f"/people/{first}/end").status_code == 422
    assert admin.post(f"/people/{first}/change", part).status_code == 422
    _, link = make(admin, "li.na", roles=["park-administrator"], whole_park=True)
    assert admin.post(f"/people/{first}/end").status_code == 422  # the other has no password yet
    assert visitor().post("/links/use", {"link": link, "password": OTHER}).status_code == 204
    assert admin.post(f"/people/{first}/end").status_code == 200


def test_the_first_account_made_on_an_open_port_is_an_administrators(visitor: Callable[[], Browser]) -> None:
    machine = visitor()
    body = {"name": "li.na", "roles": ["auditor"], "whole_park": True}
    assert machine.post("/people", body).status_code == 422
    assert machine.post("/people", body | {"roles": ["park-administrator"]}).status_code == 200


def test_programs_have_no_account_of_their_own(visitor: Callable[[], Browser]) -> None:
    machine = visitor()
    for method, path in (("GET", "/account"), ("POST", "/account/sign-out"), ("POST", "/account/password")):
        assert machine.ask(method, path, json={}).status_code in {403, 409}, path


def test_who_did_what_is_in_the_audit_log_without_secrets(
    service: Any,
    admin: Browser,
    person: tuple[int, Browser],
) -> None:
    number, own = person
    own.post("/account/password", {"before": GOOD, "password": OTHER})
    own.ask("DELETE", "/session")
    admin.post(f"/people/{number}/change", {"roles": ["auditor"], "whole_park": True})
    admin.post(f"/people/{number}/end")
    with service.database.connection() as tx:
        rows = listed(tx, Sought(1 << 62, 1000, name="li.na"))[::-1]
    acts = [(row.who, row.kind, row.act) for row in rows]
    assert acts[:2] == [("wang.wei", "person", "insert"), ("wang.wei", "person_link", "insert")]
    assert ("li.na", "person_session", "insert") in acts
    assert ("li.na", "person_session", "update") in acts
    roles = [(row.who, (row.before or {}).get("roles"), (row.after or {}).get("roles")) for row in rows]
    assert ("wang.wei", ["enterprise-user"], ["auditor"]) in roles
    assert (rows[-1].who, (rows[-1].after or {})["ended_by"]) == ("wang.wei", "wang.wei")
    told = str(rows)
    assert "argon2" not in told
    assert not re.search(r"digest|totp_begun", told)


def test_while_the_database_is_away_who_is_in_stays_in_and_nobody_comes_in(
    service: Any,
    admin: Browser,
    visitor: Callable[[], Browser],
) -> None:
    service.database.close()
    assert admin.ask("GET", "/site").status_code == 200
    assert visitor().enter("wang.wei", GOOD) == 503
    assert admin.ask("DELETE", "/session").status_code == 503  # it could not be written down


def test_a_start_that_knows_of_accounts_lets_nobody_in_before_the_database_answers(
    service: Any,
    admin: Browser,
    visitor: Callable[[], Browser],
) -> None:
    access = Access(Keyring(), roster=Roster(anybody=True, ready=False))
    service.app = create(replace(service.dependencies, settings=Settings(served("localhost"), access)))
    assert visitor().ask("GET", "/site").status_code == 401
    assert admin.ask("GET", "/site").status_code == 503


@pytest.fixture(autouse=True)
def _quickly_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As cheap as Argon2 goes; tests/telemetry/access tries it as it is."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(autouse=True)
def _never_printed(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, no password is written anywhere."""
    yield
    told = "".join(capfd.readouterr()) + caplog.text
    assert GOOD not in told
    assert OTHER not in told
