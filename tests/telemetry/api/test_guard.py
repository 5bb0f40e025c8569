import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import zstandard
from fastapi import FastAPI, Request, Response

from telemetry.access.keyring import Keyring
from telemetry.api import bodies, session
from telemetry.api.access import SESSION_S, Access
from telemetry.api.answers import PROBLEMS
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import Guard, served
from telemetry.api.problems import HANDLERS
from telemetry.settings.token import digest

TOKEN = "a-token-of-good-length"  # noqa: S105  # the test's own
HOST = "park.example"


class Wall:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def _app(access: Access) -> FastAPI:
    settings = Settings(served(HOST), access)
    app = FastAPI(exception_handlers=HANDLERS, responses=PROBLEMS)
    parts = cast("Dependencies", SimpleNamespace(settings=settings))
    app.include_router(session.router(parts), prefix="/api/v1")
    app.add_middleware(Guard, hosts=settings.hosts, access=access)

    @app.get("/page")
    async def page() -> str:
        return "page"

    @app.get("/api/v1/number/{number}")
    async def number(number: int) -> int:
        return number

    @app.get("/api/v1/fault")
    async def fault() -> None:
        raise RuntimeError("the secret of the vault")

    @app.post("/api/v1/size")
    async def size(request: Request) -> Response:
        body = await bodies.read(request, 1000)
        return Response(str(len(bodies.unpack(body, request.headers.get("content-encoding", ""), 5000))))

    return app


def _call(app: FastAPI, method: str, path: str, **rest: Any) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.request(method, path, **rest)

    return asyncio.run(call())


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def locked(wall: Wall) -> FastAPI:
    ring = Keyring(digest(TOKEN), wall)
    ring.ready = True
    return _app(Access(ring, asked=True, now=wall))


@pytest.fixture
def unlocked() -> FastAPI:
    return _app(Access())


def _is_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert {"type", "title", "status", "detail", "errors"} == set(problem)
    return problem


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", HOST, "PARK.example:443"])
def test_names_that_are_served(unlocked: FastAPI, host: str) -> None:
    assert _call(unlocked, "GET", "/page", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "", "[::1", "127.0.0.2", "0.0.0.0"],  # noqa: S104  # a name
)  # a name, not a socket
def test_names_that_are_not(unlocked: FastAPI, host: str) -> None:
    _is_problem(_call(unlocked, "GET", "/page", headers={"Host": host}), 421)


def test_a_wildcard_address_is_no_name() -> None:
    assert served("0.0.0.0") == {"localhost", "127.0.0.1", "::1"}  # noqa: S104  # a name, not a socket


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_other_sites_may_read_nothing_into_being(unlocked: FastAPI, headers: dict[str, str]) -> None:
    _is_problem(_call(unlocked, "POST", "/api/v1/size", headers=headers), 403)


def test_the_page_itself_may_write(unlocked: FastAPI) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}
    assert _call(unlocked, "POST", "/api/v1/size", headers=headers, content=b"ab").text == "2"


def test_without_a_token_nobody_enters_but_the_page_loads(locked: FastAPI) -> None:
    answer = _call(locked, "GET", "/api/v1/number/1")
    _is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert _call(locked, "GET", "/page").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_enters(locked: FastAPI, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}"}
    assert _call(locked, "GET", "/api/v1/number/1", headers=headers).json() == 1


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", TOKEN, "Bearer é"])
def test_nothing_else_does(locked: FastAPI, value: str) -> None:
    _is_problem(
        _call(locked, "GET", "/api/v1/number/1", headers={"Authorization": value.encode("latin-1")}), 401
    )


def test_a_session_enters_until_it_ends(locked: FastAPI, wall: Wall) -> None:
    signed = _call(locked, "POST", "/api/v1/session", json={"token": TOKEN})
    assert signed.status_code == 204
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    headers = {"Cookie": cookie.partition(";")[0]}
    assert _call(locked, "GET", "/api/v1/number/1", headers=headers).status_code == 200
    wall.now += SESSION_S
    _is_problem(_call(locked, "GET", "/api/v1/number/1", headers=headers), 401)


@pytest.mark.parametrize("value", ["9999999999.aa.00", "9999999999..", "", ".", "é", "nan.x.y"])
def test_a_made_up_session_does_not(locked: FastAPI, value: str) -> None:
    headers = {"Cookie": f"parkwatt_session={value}".encode("latin-1")}
    _is_problem(_call(locked, "GET", "/api/v1/number/1", headers=headers), 401)


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"token": "wrong"}', 401), (b"{", 422), (b'{"token": 1}', 422), (b"\xff", 422)]
)
def test_a_wrong_token_opens_no_session(locked: FastAPI, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = _call(locked, "POST", "/api/v1/session", content=body, headers=headers)
    _is_problem(answer, status)
    assert "set-cookie" not in answer.headers


def test_a_form_of_another_kind_is_refused(locked: FastAPI) -> None:
    _is_problem(_call(locked, "POST", "/api/v1/session", data={"token": TOKEN}), 415)


def test_signing_out_takes_the_cookie_away(unlocked: FastAPI) -> None:
    assert "Max-Age=0" in _call(unlocked, "DELETE", "/api/v1/session").headers["set-cookie"]


def test_signing_out_ends_the_session_whoever_kept_its_cookie(locked: FastAPI) -> None:
    signed = _call(locked, "POST", "/api/v1/session", json={"token": TOKEN})
    headers = {"Cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert _call(locked, "DELETE", "/api/v1/session", headers=headers).status_code == 204
    _is_problem(_call(locked, "GET", "/api/v1/number/1", headers=headers), 401)


def test_before_the_keys_are_known_an_unknown_one_comes_again(wall: Wall) -> None:
    app = _app(Access(Keyring(digest(TOKEN), wall), asked=True, now=wall))
    answer = _call(app, "GET", "/api/v1/number/1", headers={"Authorization": "Bearer pwk_another"})
    _is_problem(answer, 503)
    assert answer.headers["retry-after"]
    _is_problem(_call(app, "GET", "/api/v1/number/1"), 401)
    known = {"Authorization": f"Bearer {TOKEN}"}
    assert _call(app, "GET", "/api/v1/number/1", headers=known).status_code == 200


def test_answers_of_the_api_say_how_they_may_be_used(unlocked: FastAPI) -> None:
    headers = _call(unlocked, "GET", "/api/v1/number/1").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "content-security-policy" not in _call(unlocked, "GET", "/page").headers


def test_a_fault_of_ours_tells_only_its_number(unlocked: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem = _is_problem(_call(unlocked, "GET", "/api/v1/fault"), 500)
    assert "vault" not in str(problem)
    number = problem["detail"].split()[-1].rstrip(".")
    assert number in caplog.text
    assert "the secret of the vault" in caplog.text


def test_paths_and_methods_that_are_not_there(unlocked: FastAPI) -> None:
    _is_problem(_call(unlocked, "GET", "/api/v1/nothing"), 404)
    answer = _call(unlocked, "PUT", "/api/v1/number/1")
    _is_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_a_mistake_is_told_by_field_value_and_reason(unlocked: FastAPI) -> None:
    problem = _is_problem(_call(unlocked, "GET", "/api/v1/number/one"), 422)
    [mistake] = problem["errors"]
    assert (mistake["field"], mistake["value"]) == ("number", "one")
    assert "integer" in mistake["reason"]


async def _chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


def test_bodies_are_bounded_also_in_chunks(unlocked: FastAPI) -> None:
    assert _call(unlocked, "POST", "/api/v1/size", content=b"x" * 1000).text == "1000"
    _is_problem(_call(unlocked, "POST", "/api/v1/size", content=b"x" * 1001), 413)
    _is_problem(_call(unlocked, "POST", "/api/v1/size", content=_chunks(11)), 413)


def _packed(unlocked: FastAPI, body: bytes, encoding: str = "gzip") -> httpx.Response:
    return _call(unlocked, "POST", "/api/v1/size", content=body, headers={"Content-Encoding": encoding})


def test_gzip_is_unpacked_and_bounded_again(unlocked: FastAPI) -> None:
    assert _packed(unlocked, gzip.compress(b"x" * 5000)).text == "5000"
    _is_problem(_packed(unlocked, gzip.compress(b"x" * 5001)), 413)
    _is_problem(_packed(unlocked, gzip.compress(b"\0" * 900_000)), 413)


def test_zstd_is_unpacked_and_bounded_whether_or_not_it_declares_its_size(unlocked: FastAPI) -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False)
    for pack in (zstandard.compress, silent.compress):
        assert _packed(unlocked, pack(b"x" * 5000), "zstd").text == "5000"
        _is_problem(_packed(unlocked, pack(b"x" * 5001), "zstd"), 413)
        _is_problem(_packed(unlocked, pack(b"\0" * 900_000), "zstd"), 413)
        whole = pack(b"x" * 500)
        for body in (whole[:-4], b"not zstd", whole + whole, b""):
            _is_problem(_packed(unlocked, body, "zstd"), 400)


def test_broken_gzip_is_refused(unlocked: FastAPI) -> None:
    whole = gzip.compress(b"x" * 500)
    for body in (whole[:-4], b"not gzip", whole + whole, b""):
        _is_problem(_packed(unlocked, body), 400)
    _is_problem(_packed(unlocked, whole, "br"), 415)


def test_a_body_that_does_not_arrive_is_not_waited_for(
    unlocked: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_S", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        yield b"some"
        await asyncio.sleep(60)

    problem = _is_problem(_call(unlocked, "POST", "/api/v1/size", content=trickle()), 408)
    assert "took more than" in problem["detail"]
