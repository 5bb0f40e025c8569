"""People with accounts, for whoever may manage them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access import entrance
from telemetry.access.asker import Asker
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.records import as_body
from telemetry.reports import people
from telemetry.reports.people import MadePerson, PersonEntry, PostedPart, PostedPerson, SessionEntry
from telemetry.storage import people as stored


class PersonList(Struct, frozen=True):
    """Everybody there ever was."""

    people: list[PersonEntry]


_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
ENTRY = PersonEntry(
    id=3,
    name="li.na",
    roles=["enterprise-user"],
    areas=["E1"],
    provider=None,
    created_by="wang.wei",
    created_at=_AT,
    password_at=_AT.replace(hour=9),
    authenticator_at=None,
    ended_by=None,
    ended_at=None,
    sessions=[SessionEntry("192.0.2.7", "Mozilla/5.0", _AT.replace(hour=9), _AT.replace(hour=10))],
)
EXAMPLE = MadePerson("/enter#shown-this-once", ENTRY)
LIST_EXAMPLE = PersonList([ENTRY])
FURTHER: tuple[type[Struct], ...] = (PostedPerson, PostedPart)
_Number = Annotated[int, Path(ge=1, lt=1 << 31, examples=[3])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["people"])

    @routes.get("/people", responses=documented("People", PersonList), summary="People")
    def listed() -> Response:
        """Who may do what, and where they are signed in."""
        with dependencies.database.connection() as tx:
            present = entrance.standing(tx, datetime.now(UTC))
            return answer(PersonList([people.entry(person, present) for person in stored.listed(tx)]))

    @routes.post(
        "/people",
        responses=documented("The account stands; the link is shown this once", MadePerson),
        openapi_extra=as_body(PostedPerson),
        summary="Make an account",
    )
    async def make(request: Request, asker: Asking) -> Response:
        """For a person, in roles of the table of permissions; they set their password by the link."""
        return answer(await run_in_threadpool(_make, dependencies, await bodies.posted(request), asker))

    @routes.post(
        "/people/{number}/change",
        responses=documented("They may that from now on", PersonEntry),
        openapi_extra=as_body(PostedPart),
        summary="Give other roles or areas",
    )
    async def change(request: Request, number: _Number) -> Response:
        """Holds within two seconds, in open sessions too; the last administrator stays one."""
        return answer(await run_in_threadpool(_change, dependencies, number, await bodies.posted(request)))

    @routes.post(
        "/people/{number}/reset",
        responses=documented("Their password holds no more; the link is shown this once", MadePerson),
        summary="Reset password and authenticator",
    )
    def reset(number: _Number, asker: Asking) -> Response:
        """Ends their sessions; they set another password by the link."""
        with dependencies.database.connection() as tx:
            made = people.reset(tx, number, asker.name, datetime.now(UTC))
        dependencies.settings.access.roster.leave_all(number)
        return answer(made)

    @routes.post("/people/{number}/end", responses=documented("Ended", PersonEntry), summary="End an account")
    def end(number: _Number, asker: Asking) -> Response:
        """It lets nobody in from now on; what they did stays theirs. The last administrator stays."""
        with dependencies.database.connection() as tx:
            told = people.end(tx, number, asker.name, datetime.now(UTC))
        dependencies.settings.access.roster.leave_all(number)
        return answer(told)

    return routes


def _make(dependencies: Dependencies, body: Any, asker: Asker) -> MadePerson:  # noqa: ANN401  # JSON
    with dependencies.database.connection() as tx:
        return people.make(tx, dependencies.plan.site, body, asker.name, datetime.now(UTC))


def _change(dependencies: Dependencies, number: int, body: Any) -> PersonEntry:  # noqa: ANN401  # JSON
    with dependencies.database.connection() as tx:
        told = people.change(tx, dependencies.plan.site, number, body)
    renew(dependencies)
    return told


def renew(dependencies: Dependencies) -> None:
    """What stands in the database holds here at once. Raises StorageError."""
    roster = dependencies.settings.access.roster
    turn = roster.turn()
    with dependencies.store.connection() as tx:
        found, anybody = entrance.standing(tx, datetime.now(UTC)), stored.anybody(tx)
    roster.replace(found, turn, anybody=anybody)
