"""People with accounts: made, given roles, reset, ended, and told without their secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from telemetry.access import entrance
from telemetry.access.entrance import ADMINISTRATOR
from telemetry.access.permissions import PERMISSIONS
from telemetry.model import Site
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.moment import Moment
from telemetry.storage import people, sessions
from telemetry.storage.people import Person, PersonDraft
from telemetry.storage.pool import Transaction
from telemetry.storage.sessions import OpenSession

_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Codes = Annotated[list[_Word], Meta(min_length=1, max_length=100)]


class PostedPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """An account to make."""

    name: Annotated[_Word, Meta(examples=["li.na"])]
    roles: Annotated[_Codes, Meta(examples=[["enterprise-user"]])]
    whole_park: bool = False
    areas: Annotated[_Codes | None, Meta(description="Each with all that lies in it")] = None


class PostedPart(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person may from now on, and where."""

    roles: Annotated[_Codes, Meta(examples=[["energy-manager"]])]
    whole_park: bool = False
    areas: _Codes | None = None


class SessionEntry(Struct, frozen=True):
    """Where somebody is signed in."""

    origin: Annotated[str, Meta(description="The address that signed in")]
    browser: str
    created_at: Moment
    last_used_at: Annotated[Moment, Meta(description="To within a few seconds")]


class PersonEntry(Struct, frozen=True):
    """A person; null in areas is the whole park."""

    id: int
    name: str
    roles: list[str]
    areas: list[str] | None
    provider: Annotated[str | None, Meta(description="Who vouches for them, in the place of a password")]
    created_by: str
    created_at: Moment
    password_at: Annotated[Moment | None, Meta(description="null: they have not used their link yet")]
    authenticator_at: Moment | None
    ended_by: str | None
    ended_at: Moment | None
    sessions: list[SessionEntry]


class MadePerson(Struct, frozen=True):
    """A person, and the link by which they set their password, which is shown this once."""

    link: Annotated[str, Meta(description="Path on this service; good once, for a day")]
    person: PersonEntry


def make(tx: Transaction, site: Site | None, body: Any, who: str, now: datetime) -> MadePerson:  # noqa: ANN401  # JSON
    """Raises QueryError with the field at fault."""
    posted = converted(body, PostedPerson)
    areas = _checked(posted, site)
    people.lock(tx)
    if not people.anybody(tx) and ADMINISTRATOR not in posted.roles:
        raise QueryError("roles", ", ".join(posted.roles), f"the first of all has to be a {ADMINISTRATOR}")
    draft = PersonDraft(name=posted.name, roles=posted.roles, areas=areas, created_by=who, created_at=now)
    number = people.put(tx, draft)
    if number is None:
        raise QueryError("name", posted.name, "another account bears it")
    return MadePerson(path_of(entrance.link_for(tx, one(tx, number), who, now)), entry(one(tx, number), ()))


def change(tx: Transaction, site: Site | None, number: int, body: Any) -> PersonEntry:  # noqa: ANN401  # JSON
    """Raises QueryError."""
    posted = converted(body, PostedPart)
    areas = _checked(posted, site)
    people.lock(tx)
    _standing(tx, number)
    people.change(tx, number, posted.roles, areas)
    _check_ruled(tx, "roles", posted.roles)
    return entry(one(tx, number), ())


def reset(tx: Transaction, number: int, who: str, now: datetime) -> MadePerson:
    """Password and authenticator hold no more, and all sessions end. Raises QueryError."""
    people.lock(tx)
    person = _standing(tx, number)
    if person.issuer is not None:
        raise QueryError("number", number, f"{person.issuer} vouches for them; reset it there")
    people.void(tx, number)
    sessions.end_all(tx, number, now)
    return MadePerson(path_of(entrance.link_for(tx, person, who, now)), entry(one(tx, number), ()))


def end(tx: Transaction, number: int, who: str, now: datetime) -> PersonEntry:
    """The account lets nobody in from now on. Raises QueryError."""
    people.lock(tx)
    _standing(tx, number)
    people.end(tx, number, who, now)
    sessions.end_all(tx, number, now)
    _check_ruled(tx, "number", number)
    return entry(one(tx, number), ())


def path_of(secret: str) -> str:
    """Behind the mark #, what follows is sent to no server and stands in no log of one."""
    return f"/enter#{secret}"


def one(tx: Transaction, number: int) -> Person:
    """Raises QueryError."""
    found = people.numbered(tx, number)
    if found is None:
        raise QueryError("number", number, "no account bears it")
    return found


def _standing(tx: Transaction, number: int) -> Person:
    found = one(tx, number)
    if found.ended_at is not None:
        raise QueryError("number", number, "this account was ended; make another")
    return found


def _checked(posted: PostedPerson | PostedPart, site: Site | None) -> list[str] | None:
    """The areas; None: the whole park. Raises QueryError."""
    for role in posted.roles:
        if role not in PERMISSIONS.roles or not PERMISSIONS.roles[role].people:
            of_people = [name for name, each in PERMISSIONS.roles.items() if each.people]
            raise QueryError("roles", role, f"is none of {', '.join(of_people)}")
        if PERMISSIONS.roles[role].whole_park and not posted.whole_park:
            raise QueryError("whole_park", None, f"{role} is about the whole park: set it")
    if posted.whole_park == bool(posted.areas):
        raise QueryError(
            "areas", posted.areas, "name the areas that they may see, or set whole_park, not both"
        )
    known = {area.code for area in site.areas} if site else set()
    for area in posted.areas or ():
        if area not in known:
            raise QueryError("areas", area, "no area has this code")
    return posted.areas


def _check_ruled(tx: Transaction, field: str, value: object) -> None:
    """Somebody has to be left who can let others in. Raises QueryError."""
    left = (each for each in people.listed(tx) if each.ended_at is None and ADMINISTRATOR in each.roles)
    if not any(each.password_at or each.issuer for each in left):
        raise QueryError(field, value, f"no {ADMINISTRATOR} with a password would be left")


def entry(person: Person, present: Sequence[OpenSession]) -> PersonEntry:
    return PersonEntry(
        id=person.id,
        name=person.name,
        roles=person.roles,
        areas=person.areas,
        provider=person.issuer,
        created_by=person.created_by,
        created_at=person.created_at,
        password_at=person.password_at,
        authenticator_at=person.totp_at,
        ended_by=person.ended_by,
        ended_at=person.ended_at,
        sessions=[session_entry(each) for each in present if each.person_id == person.id],
    )


def session_entry(each: OpenSession) -> SessionEntry:
    return SessionEntry(each.origin, each.browser, each.created_at, each.last_used_at)
