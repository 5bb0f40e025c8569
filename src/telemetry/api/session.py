"""Sign in and out: a key or a person's password opens a session for the page."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access import entrance
from telemetry.access.asker import MACHINE, Asker
from telemetry.access.roster import LONGEST, Presence
from telemetry.api import bodies
from telemetry.api.access import COOKIE, SESSION_S
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.problems import Refusal
from telemetry.api.records import as_body
from telemetry.settings.token import digest
from telemetry.storage import audit, sessions
from telemetry.storage.people import Person

_BROWSER = 200
"""Characters of a browser's name that are kept."""
_AT_ONCE = 2
"""Passwords that are compared at once: each takes 64 MiB."""


class Token(Struct, forbid_unknown_fields=True):
    """A key signs in."""

    token: Annotated[
        str, Meta(min_length=1, max_length=512, examples=["the-token-that-the-first-start-printed"])
    ]


class Credentials(Struct, forbid_unknown_fields=True):
    """A person signs in."""

    name: Annotated[str, Meta(min_length=1, max_length=64, examples=["li.na"])]
    password: Annotated[str, Meta(min_length=1, max_length=512, examples=["four-words-on-a-slip"])]
    code: Annotated[str | None, Meta(description="Of the authenticator, where one is asked for")] = None


class Signed(Struct, frozen=True):
    """Who asks."""

    name: str
    kind: Annotated[
        Literal["person", "key", "machine"],
        Meta(description="machine: whoever reaches an open loopback port"),
    ]
    roles: list[str]
    permissions: list[str]
    areas: Annotated[list[str] | None, Meta(description="null: the whole park")]


class Door(Struct, frozen=True):
    """Who is let in, and who asks."""

    asks: Annotated[bool, Meta(description="Whether one has to say who one is")]
    accounts: Annotated[bool, Meta(description="Whether anybody has an account")]
    provider: Annotated[str | None, Meta(description="Who else vouches for people; null: nobody")]
    who: Annotated[Signed | None, Meta(description="null: nobody is signed in")]


EXAMPLE = Door(
    asks=True,
    accounts=True,
    provider="Park SSO",
    who=Signed("li.na", "person", ["enterprise-user"], ["see-energy", "see-live"], ["E1"]),
)
FURTHER: tuple[type[Struct], ...] = (Token, Credentials)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["session"])
    settings = dependencies.settings
    hashing = asyncio.Semaphore(_AT_ONCE)

    @routes.get("/session", responses=documented("Who asks", Door), summary="Who is signed in")
    async def told(request: Request) -> Response:
        """Answers whoever asks, and nobody too."""
        return answer(_door(request, settings))

    @routes.post("/session", status_code=204, openapi_extra=as_body(Token), summary="Sign in with a key")
    async def sign_in(request: Request) -> Response:
        """Sets a session cookie for twelve hours."""
        settings.access.knock(address_of(request))
        token = (await bodies.secret(request, Token)).token
        return with_cookie(request, settings, settings.access.sign_in(token), SESSION_S)

    @routes.post(
        "/session/person", status_code=204, openapi_extra=as_body(Credentials), summary="Sign in as a person"
    )
    async def enter(request: Request) -> Response:
        """Sets a session cookie for seven days, or twelve hours without use.

        A 401 whose errors name `code` asks for a code. After five tries a name is closed (429), longer and
        longer.
        """
        settings.access.knock(address_of(request))
        told = await bodies.secret(request, Credentials)
        async with hashing:
            person = await run_in_threadpool(_known, dependencies, told)
        return await run_in_threadpool(let_in, dependencies, request, person)

    @routes.delete("/session", status_code=204, summary="Sign out")
    async def sign_out(request: Request) -> Response:
        """Ends the session and takes its cookie away."""
        cookie = request.cookies.get(COOKIE, "")
        settings.access.sign_out(cookie)
        present = settings.access.roster.find(digest(cookie))
        if present:
            await run_in_threadpool(_leave, dependencies, address_of(request), digest(cookie), present)
        return with_cookie(request, settings, "", 0)

    return routes


def _known(dependencies: Dependencies, told: Credentials) -> Person:
    return entrance.known(dependencies.store, told.name, told.password, told.code, datetime.now(UTC))


def let_in(dependencies: Dependencies, request: Request, person: Person) -> Response:
    """Open a session of theirs; the answer sets its cookie. Raises StorageError."""
    browser, now = request.headers.get("user-agent", "")[:_BROWSER], datetime.now(UTC)
    with dependencies.store.connection() as tx:
        cookie, made = entrance.opened(tx, person, address_of(request), browser, now)
    dependencies.settings.access.roster.add(made)
    return with_cookie(request, dependencies.settings, cookie, LONGEST // timedelta(seconds=1))


def _leave(dependencies: Dependencies, address: str, hashed: bytes, present: Presence) -> None:
    with dependencies.store.connection() as tx:
        audit.sign(tx, present.asker.name, address)
        sessions.end(tx, hashed, datetime.now(UTC))
    dependencies.settings.access.roster.leave(hashed)


def _door(request: Request, settings: Settings) -> Door:
    access, provider = settings.access, settings.provider
    named = provider.settings.name if provider else None
    try:
        asker = access.asker(request)
    except Refusal as refusal:
        if refusal.status != 401:  # noqa: PLR2004  # not let in
            raise
        return Door(access.asks, access.roster.anybody, named, None)
    return Door(access.asks, access.roster.anybody, named, _signed(asker))


def _signed(asker: Asker) -> Signed:
    program: Literal["key", "machine"] = "machine" if asker is MACHINE else "key"
    kind: Literal["person", "key", "machine"] = "person" if asker.person else program
    areas = None if asker.areas is None else sorted(asker.areas)
    return Signed(asker.name, kind, list(asker.roles), sorted(asker.permissions), areas)


def address_of(request: Request) -> str:
    return request.client.host if request.client else "-"


def with_cookie(request: Request, settings: Settings, value: str, lasts_s: int) -> Response:
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        value,
        max_age=lasts_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings.secure(request),
    )
    return response
