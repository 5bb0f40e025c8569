"""One's own account: password, authenticator, and where one is signed in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access import codes, entrance, passwords
from telemetry.access.asker import Asker
from telemetry.api import bodies
from telemetry.api.access import COOKIE
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.links import check, refused
from telemetry.api.problems import Refusal
from telemetry.api.records import as_body
from telemetry.api.session import with_cookie
from telemetry.reports import people
from telemetry.reports.people import PersonEntry
from telemetry.settings.token import digest
from telemetry.storage import people as stored
from telemetry.storage import sessions
from telemetry.storage.people import Person

_Password = Annotated[str, Meta(min_length=1, max_length=512)]


class PostedPassword(Struct, forbid_unknown_fields=True):
    """Another password for oneself."""

    before: _Password
    password: Annotated[_Password, Meta(description="12 characters or more")]


class PasswordShown(Struct, forbid_unknown_fields=True):
    """That it is oneself who asks."""

    password: _Password


class CodeShown(Struct, forbid_unknown_fields=True):
    """A code of the authenticator."""

    code: Annotated[str, Meta(min_length=6, max_length=12, examples=["492039"])]


class Authenticator(Struct, frozen=True):
    """What an authenticator has to know; it holds once a code of it was shown."""

    secret: str
    address: Annotated[str, Meta(description="The same as a link for an authenticator")]


EXAMPLE = Authenticator(
    "JBSWY3DPEHPK3PXP", "otpauth://totp/ParkWatt:li.na?secret=JBSWY3DPEHPK3PXP&issuer=ParkWatt"
)
FURTHER: tuple[type[Struct], ...] = (PostedPassword, PasswordShown, CodeShown)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["account"])

    @routes.get("/account", responses=documented("Oneself", PersonEntry), summary="One's own account")
    def told(asker: Asking) -> Response:
        """Roles, areas, and where one is signed in."""
        return answer(_told(dependencies, number_of(asker)))

    @routes.post(
        "/account/password",
        responses=documented("It holds; other sessions ended", PersonEntry),
        openapi_extra=as_body(PostedPassword),
        summary="Set another password",
    )
    async def set_password(request: Request, asker: Asking) -> Response:
        """Asks for the one of before; ends all other sessions."""
        number_of(asker)
        posted = await bodies.secret(request, PostedPassword)
        return answer(await run_in_threadpool(_set_password, dependencies, request, asker, posted))

    @routes.post(
        "/account/authenticator",
        responses=documented("Shown this once", Authenticator),
        openapi_extra=as_body(PasswordShown),
        summary="Begin with an authenticator",
    )
    async def begin(request: Request, asker: Asking) -> Response:
        """Nothing is asked for until a code of it is shown."""
        number_of(asker)
        shown = await bodies.secret(request, PasswordShown)
        return answer(await run_in_threadpool(_begin, dependencies, asker, shown.password))

    @routes.post(
        "/account/authenticator/confirmation",
        responses=documented("Codes are asked for from now on", PersonEntry),
        openapi_extra=as_body(CodeShown),
        summary="Show the first code",
    )
    async def confirm(request: Request, asker: Asking) -> Response:
        """From now on a code is asked for at each sign-in."""
        number_of(asker)
        shown = await bodies.secret(request, CodeShown)
        return answer(await run_in_threadpool(_confirm, dependencies, asker, shown.code))

    @routes.post(
        "/account/authenticator/removal",
        responses=documented("No code is asked for", PersonEntry),
        openapi_extra=as_body(PasswordShown),
        summary="Go without an authenticator",
    )
    async def remove(request: Request, asker: Asking) -> Response:
        """Asks for the password."""
        number_of(asker)
        shown = await bodies.secret(request, PasswordShown)
        return answer(await run_in_threadpool(_remove, dependencies, asker, shown.password))

    @routes.post("/account/sign-out", status_code=204, summary="Sign out everywhere")
    def leave(request: Request, asker: Asking) -> Response:
        """Ends every session of one's own, this one too."""
        number = number_of(asker)
        with dependencies.database.signed() as tx:
            sessions.end_all(tx, number, datetime.now(UTC))
        dependencies.settings.access.roster.leave_all(number)
        return with_cookie(request, dependencies.settings, "", 0)

    return routes


def number_of(asker: Asker) -> int:
    """Of one's account. Raises Refusal (409) for programs."""
    if asker.person is None:
        raise Refusal(409, "This is about a person's own account, and no person is signed in.")
    return asker.person


def _told(dependencies: Dependencies, number: int) -> PersonEntry:
    with dependencies.database.signed() as tx:
        return people.entry(people.one(tx, number), entrance.standing(tx, datetime.now(UTC)))


def _shown(dependencies: Dependencies, asker: Asker, password: str, field: str = "password") -> Person:
    """Themselves, by their password. Raises LockedOut, Refusal (422)."""
    if not entrance.confirmed(dependencies.store, number_of(asker), password, datetime.now(UTC)):
        raise refused(field, "is not your password")
    with dependencies.database.signed() as tx:
        return people.one(tx, number_of(asker))


def _set_password(
    dependencies: Dependencies, request: Request, asker: Asker, posted: PostedPassword
) -> PersonEntry:
    person = _shown(dependencies, asker, posted.before, "before")
    check(posted.password, person.name)
    encoded, kept = passwords.encoded(posted.password), digest(request.cookies.get(COOKIE, ""))
    with dependencies.database.signed() as tx:
        stored.set_password(tx, person.id, encoded, datetime.now(UTC))
        sessions.end_all(tx, person.id, datetime.now(UTC), but=kept)
    dependencies.settings.access.roster.leave_all(person.id, but=kept)
    return _told(dependencies, person.id)


def _begin(dependencies: Dependencies, asker: Asker, password: str) -> Authenticator:
    person, secret = _shown(dependencies, asker, password), codes.new_secret()
    with dependencies.database.signed() as tx:
        stored.begin_totp(tx, person.id, secret)
    return Authenticator(secret, codes.address(secret, person.name))


def _confirm(dependencies: Dependencies, asker: Asker, code: str) -> PersonEntry:
    number, now = number_of(asker), datetime.now(UTC)
    with dependencies.database.signed() as tx:
        begun = stored.secrets(tx, number).totp_begun
        step = codes.step_of(begun, code, now) if begun else None
        if step is None:
            raise refused("code", "is none that this authenticator shows now")
        stored.set_totp(tx, number, begun, step, now)
    return _told(dependencies, number)


def _remove(dependencies: Dependencies, asker: Asker, password: str) -> PersonEntry:
    person = _shown(dependencies, asker, password)
    with dependencies.database.signed() as tx:
        stored.set_totp(tx, person.id, None, None, datetime.now(UTC))
    return _told(dependencies, person.id)
