"""Links that are good once: what they are for, and the password that is set by them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access import entrance, passwords
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.problems import Mistake, Refusal
from telemetry.api.records import as_body
from telemetry.api.session import address_of, let_in
from telemetry.reports.moment import Moment
from telemetry.storage import audit
from telemetry.storage.people import Person

_Secret = Annotated[str, Meta(min_length=1, max_length=128, examples=["what-follows-the-mark-in-the-link"])]


class ShownLink(Struct, forbid_unknown_fields=True):
    """What follows the mark # in a link."""

    link: _Secret


class UsedLink(Struct, forbid_unknown_fields=True):
    """A password to set by a link."""

    link: _Secret
    password: Annotated[
        str, Meta(max_length=512, description="12 characters or more", examples=["four-words-on-a-slip"])
    ]
    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64)] | None,
        Meta(description="Of the first of all; others have one"),
    ] = None


class LinkPurpose(Struct, frozen=True):
    """What a link is for."""

    name: Annotated[str | None, Meta(description="Whose password; null: that of the first of all")]
    expires_at: Moment


EXAMPLE = LinkPurpose("li.na", datetime.fromisoformat("2026-11-23T08:00:00+08:00"))
FURTHER: tuple[type[Struct], ...] = (ShownLink, UsedLink)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["session"])
    access = dependencies.settings.access

    @routes.post(
        "/links/look",
        responses=documented("It is good", LinkPurpose),
        openapi_extra=as_body(ShownLink),
        summary="What a link is for",
    )
    async def look(request: Request) -> Response:
        """Uses nothing up; 410 where it is good no more."""
        access.knock(address_of(request))
        shown = await bodies.secret(request, ShownLink)
        return answer(await run_in_threadpool(_look, dependencies, shown))

    @routes.post(
        "/links/use", status_code=204, openapi_extra=as_body(UsedLink), summary="Set a password by a link"
    )
    async def use(request: Request) -> Response:
        """Signs in as the person whose link it is; the first of all becomes the park's administrator."""
        access.knock(address_of(request))
        used = await bodies.secret(request, UsedLink)
        person = await run_in_threadpool(_use, dependencies, used, address_of(request))
        access.roster.leave_all(person.id)
        return await run_in_threadpool(let_in, dependencies, request, person)

    return routes


def _look(dependencies: Dependencies, shown: ShownLink) -> LinkPurpose:
    with dependencies.store.connection() as tx:
        link = entrance.of_link(tx, shown.link, datetime.now(UTC))
    return LinkPurpose(link.name if link.person_id else None, link.expires_at)


def _use(dependencies: Dependencies, used: UsedLink, address: str) -> Person:
    now = datetime.now(UTC)
    with dependencies.store.connection() as tx:
        link = entrance.of_link(tx, used.link, now)
    name = link.name if link.person_id else _first_name(used.name)
    check(used.password, name)
    encoded = passwords.encoded(used.password)
    with dependencies.store.connection() as tx:
        audit.sign(tx, name, address)
        return entrance.set_by_link(tx, used.link, name, encoded, now)


def _first_name(name: str | None) -> str:
    """Raises Refusal (422)."""
    if name is None or name != name.strip() or not name.isprintable():
        raise refused("name", "is missing, or begins or ends with a space, or cannot be printed")
    return name


def check(password: str, name: str) -> None:
    """Raises Refusal (422), which does not repeat it."""
    unfit = passwords.unfit(password, name)
    if unfit:
        raise refused("password", unfit)


def refused(field: str, reason: str) -> Refusal:
    return Refusal(422, "The request has a mistake; errors names it.", [Mistake(field, None, reason)])
