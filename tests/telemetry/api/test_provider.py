"""People vouched for by a provider of OpenID Connect that others wrote, and one that lies."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from telemetry.access.keyring import Keyring
from telemetry.access.pace import Pace
from telemetry.access.provider import Provider
from telemetry.access.roster import Roster
from telemetry.api.access import COOKIE, Access
from telemetry.api.application import create
from telemetry.api.dependencies import Settings
from telemetry.api.guard import served
from telemetry.api.people import renew
from telemetry.model import Site
from telemetry.settings.provider import ProviderSettings, read_provider
from telemetry.storage.audit import Sought, listed

pytestmark = pytest.mark.database
PEERS = Path(__file__).parents[2] / "peers"
BACK = "http://localhost/api/v1/session/provider/return"
OWN_PAGE = {"Origin": "http://localhost"}
ROLES = "admins=park-administrator, hall-staff=enterprise-user@hall"


def _settings(issuer: str, roles: str = ROLES) -> ProviderSettings:
    told = {
        "PARKWATT_OIDC_ISSUER": issuer,
        "PARKWATT_OIDC_CLIENT_ID": "parkwatt",
        "PARKWATT_OIDC_CLIENT_SECRET": "a-secret-of-the-test-only",
        "PARKWATT_OIDC_NAME": "Park SSO",
        "PARKWATT_OIDC_ROLES": roles,
    }
    found = read_provider(told)
    assert found is not None
    return found


class Visitor:
    """A browser: cookies of ParkWatt and of the provider, kept apart."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.cookies: dict[str, str] = {}
        self.beyond = httpx.Client()

    def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        headers = OWN_PAGE | ({"Cookie": cookie} if cookie else {})
        answer: httpx.Response = self.service.call(method, path, headers=headers, **rest)
        self.cookies |= answer.cookies
        return answer

    def begin(self, **body: str) -> str:
        answer = self.ask("POST", "/api/v1/session/provider", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["address"])

    def vouched(self, address: str, name: str) -> str:
        """Through the provider's own pages, to the address that it sends back to."""
        answer = self.beyond.get(address)
        for _ in range(12):
            if answer.is_redirect:
                there = str(answer.url.join(answer.headers["location"]))
                if there.startswith(BACK):
                    return there
                answer = self.beyond.get(there)
                continue
            assert answer.status_code == 200, answer.text
            form = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form, answer.text
            assert prompt, answer.text
            answer = self.beyond.post(
                str(answer.url.join(form[1])), data={"prompt": prompt[1], "login": name, "password": "any"}
            )
        pytest.fail("the provider does not come to an end")

    def back(self, address: str) -> httpx.Response:
        return self.ask("GET", address.removeprefix("http://localhost"))

    def enter(self, name: str, **body: str) -> httpx.Response:
        return self.back(self.vouched(self.begin(**body), name))

    def who(self) -> Any:
        return self.ask("GET", "/api/v1/session").json()["who"]


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1", "area": "hall"}, {"code": "M2"}))


def _serve(service: Any, settings: ProviderSettings) -> Any:
    access = Access(Keyring(), roster=Roster(), pace=Pace(10_000))
    access.ring.ready = True
    given = Settings(served("localhost"), access, provider=Provider(settings))
    service.dependencies = replace(service.dependencies, settings=given)
    service.app = create(service.dependencies)
    return service


@pytest.fixture
def issuer(node: str, free_port: Callable[[], int]) -> Iterator[str]:
    port = free_port()
    with subprocess.Popen(
        [node, "oidc_provider.cjs", str(port), BACK],
        cwd=PEERS,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert any(line.strip() == "ready" for line in process.stdout)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def visitor(service: Any, issuer: str) -> Iterator[Callable[[], Visitor]]:
    _serve(service, _settings(issuer))
    made: list[Visitor] = []

    def make() -> Visitor:
        made.append(Visitor(service))
        return made[-1]

    yield make
    for each in made:
        each.beyond.close()


@pytest.fixture
def boss(visitor: Callable[[], Visitor]) -> Visitor:
    boss = visitor()
    answer = boss.enter("boss")
    assert (answer.status_code, answer.headers.get("location")) == (303, "/"), answer.text
    return boss


@pytest.mark.peer
def test_what_the_provider_says_opens_roles_and_areas(boss: Visitor, visitor: Callable[[], Visitor]) -> None:
    assert boss.who()["roles"] == ["park-administrator"]
    assert (boss.who()["areas"], boss.who()["kind"]) == (None, "person")
    own = visitor()
    assert own.enter("lina").status_code == 303
    assert (own.who()["name"], own.who()["roles"], own.who()["areas"]) == (
        "sso.lina",
        ["enterprise-user"],
        ["hall"],
    )
    assert [each["code"] for each in own.ask("GET", "/api/v1/meters").json()["meters"]] == ["M1"]
    assert own.ask("GET", "/api/v1/people").status_code == 403
    assert own.enter("lina").status_code == 303
    people = boss.ask("GET", "/api/v1/people").json()["people"]
    assert [(each["name"], each["password_at"]) for each in people] == [
        ("sso.boss", None),
        ("sso.lina", None),
    ]
    with own.service.database.connection() as tx:
        entries = listed(tx, Sought(kind="person", name="sso.lina", below=1 << 62, limit=10))
    assert entries
    assert {each.who for each in entries} == {"sso.lina"}


@pytest.mark.peer
def test_whom_nothing_names_stays_outside(boss: Visitor, visitor: Callable[[], Visitor]) -> None:
    stray = visitor()
    answer = stray.enter("stray")
    assert answer.status_code == 403
    assert "nobody has invited them" in answer.text
    assert "未能登录" in answer.text
    assert stray.who() is None
    assert COOKIE not in stray.cookies
    assert len(boss.ask("GET", "/api/v1/people").json()["people"]) == 1


@pytest.mark.peer
def test_the_first_of_all_is_an_administrator(visitor: Callable[[], Visitor]) -> None:
    assert "has to be a park-administrator" in visitor().enter("lina").text


@pytest.mark.peer
def test_an_invitation_is_used_up_by_the_provider(boss: Visitor, visitor: Callable[[], Visitor]) -> None:
    body = {"name": "wei", "roles": ["auditor"], "whole_park": True}
    made = boss.ask("POST", "/api/v1/people", json=body).json()
    link = made["link"].removeprefix("/enter#")
    guest = visitor()
    assert guest.enter("guest", link=link).status_code == 303
    assert (guest.who()["name"], guest.who()["roles"]) == ("wei", ["auditor"])
    assert guest.ask("POST", "/api/v1/account/sign-out").status_code == 204
    assert guest.enter("guest").status_code == 303
    assert guest.who()["name"] == "wei"
    assert visitor().enter("stray", link=link).status_code == 403
    reset = boss.ask("POST", f"/api/v1/people/{made['person']['id']}/reset")
    assert "vouches for them" in reset.text


@pytest.mark.peer
def test_a_role_that_is_taken_away_there_ends_the_sessions_here(
    boss: Visitor, visitor: Callable[[], Visitor], issuer: str
) -> None:
    own = visitor()
    own.enter("lina")
    roster = boss.service.dependencies.settings.access.roster
    _serve(boss.service, _settings(issuer, "admins=park-administrator"))
    boss.service.dependencies.settings.access.roster.replace([], 0, anybody=True)
    renew(boss.service.dependencies)
    assert own.who()["name"] == "sso.lina"
    assert roster is not boss.service.dependencies.settings.access.roster
    answer = own.enter("lina")
    assert "opens nothing here any more" in answer.text
    renew(boss.service.dependencies)
    assert own.who() is None


@pytest.mark.peer
def test_an_answer_counts_in_the_browser_that_began_and_once(
    boss: Visitor, visitor: Callable[[], Visitor]
) -> None:
    victim, attacker = visitor(), visitor()
    there = attacker.vouched(attacker.begin(), "boss")
    assert victim.back(there).status_code == 403
    victim.begin()
    assert "not begun in this browser" in victim.back(there).text
    assert victim.who() is None
    kept = dict(attacker.cookies)
    assert attacker.back(there).status_code == 303
    attacker.cookies = kept
    assert attacker.back(there).status_code == 403
    asked = parse_qs(urlsplit(boss.begin()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(asked[name][0] for name in ("state", "nonce", "code_challenge"))


class Liar:
    """A provider whose answers a test makes up."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "k"})
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "k"}
        self.signed_by: Any = self.key
        self.named = self.issuer
        self.subject = "boss"
        self.token = f"{self.issuer}/token"

    def answer(self, path: str) -> dict[str, Any]:
        if path.startswith("/.well-known"):
            return {
                "issuer": self.named,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": self.token,
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/me",
            }
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/me":
            return {"sub": self.subject, "groups": ["admins"]}
        made = jwt.encode(self.header, self.claims, self.signed_by, algorithms=[self.header["alg"]])
        return {"access_token": "at", "token_type": "Bearer", "id_token": made}


@pytest.fixture
def liar(free_port: Callable[[], int]) -> Iterator[Liar]:
    port = free_port()
    liar = Liar(port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(liar.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield liar
        server.shutdown()


def _come(service: Any, liar: Liar, **claims: Any) -> httpx.Response:
    _serve(service, _settings(liar.issuer))
    visitor = Visitor(service)
    visitor.beyond.close()
    asked = {name: value[0] for name, value in parse_qs(urlsplit(visitor.begin()).query).items()}
    now = int(time.time())
    good = {"iss": liar.issuer, "aud": "parkwatt", "sub": "boss", "iat": now, "exp": now + 60}
    liar.claims = {**good, "nonce": asked["nonce"], **claims}
    liar.claims = {name: value for name, value in liar.claims.items() if value is not None}
    return visitor.back(f"{BACK}?{urlencode({'code': 'c', 'state': asked['state'], 'session_state': 'x'})}")


def test_an_honest_one_is_believed(service: Any, liar: Liar) -> None:
    answer = _come(service, liar)
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"sub": " "},
        {"sub": 7},
        {"aud": ["parkwatt", "another"], "azp": "another"},
    ],
)
def test_an_id_token_for_somebody_else_opens_nothing(service: Any, liar: Liar, claims: Any) -> None:
    answer = _come(service, liar, **claims)
    assert answer.status_code == 403
    assert "ID token does not hold" in answer.text


def test_a_token_signed_by_another_key_opens_nothing(service: Any, liar: Liar) -> None:
    liar.signed_by = RSAKey.generate_key(2048, {"kid": "k"})
    assert "ID token does not hold" in _come(service, liar).text


def test_a_token_signed_by_the_clients_secret_opens_nothing(service: Any, liar: Liar) -> None:
    from joserfc.jwk import OctKey  # noqa: PLC0415  # of this test alone

    liar.header = {"alg": "HS256", "kid": "k"}
    liar.signed_by = OctKey.import_key("a-secret-of-the-test-only")
    assert "ID token does not hold" in _come(service, liar).text


def test_userinfo_of_another_person_opens_nothing(service: Any, liar: Liar) -> None:
    liar.subject = "lina"
    assert "two people" in _come(service, liar).text


def test_a_provider_that_names_itself_otherwise_is_not_asked(service: Any, liar: Liar) -> None:
    named = ("https://another.example", liar.token), (liar.issuer, "http://another.example/token")
    for name, token in named:
        liar.named, liar.token = name, token
        _serve(service, _settings(liar.issuer))
        answer = service.call("POST", "/api/v1/session/provider", json={}, headers=OWN_PAGE)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]


def test_a_provider_that_is_away_leaves_the_passwords(service: Any, free_port: Callable[[], int]) -> None:
    _serve(service, _settings(f"http://127.0.0.1:{free_port()}"))
    visitor = Visitor(service)
    visitor.beyond.close()
    assert visitor.ask("POST", "/api/v1/session/provider", json={}).status_code == 503
    assert visitor.ask("GET", "/api/v1/session").json()["provider"] == "Park SSO"


def test_without_a_provider_there_is_none(service: Any) -> None:
    assert service.call("POST", "/api/v1/session/provider", json={}).status_code == 404
    assert service.call("GET", "/api/v1/session/provider/return").status_code == 404
