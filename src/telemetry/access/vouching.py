"""Whose account it is that a provider vouches for: invited, or made by what the provider says of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from telemetry.access import entrance
from telemetry.access.errors import LinkSpent, NotVouched
from telemetry.access.permissions import PERMISSIONS
from telemetry.settings.provider import Granted, ProviderSettings
from telemetry.storage import audit, links, people, sessions
from telemetry.storage.people import Person, PersonDraft
from telemetry.storage.pool import Transaction

_LONGEST = 64
"""Characters of a name."""


def admitted(
    tx: Transaction, settings: ProviderSettings, claims: Mapping[str, Any], origin: str, now: datetime
) -> Person:
    """Raises NotVouched."""
    people.lock(tx)
    person, granted = people.vouched(tx, settings.issuer, claims["sub"]), grant_of(settings, claims)
    audit.sign(tx, person.name if person else _name(claims), origin)
    if person is None:
        return _made(tx, settings, claims, granted, now)
    if person.created_by != settings.issuer:
        return person
    if granted is None:
        raise NotVouched("what it says of them opens nothing here any more")
    people.change(tx, person.id, list(granted.roles), _areas(granted))
    return _numbered(tx, person.id)


def withdrawn(tx: Transaction, settings: ProviderSettings, claims: Mapping[str, Any], now: datetime) -> None:
    """Ends the sessions of those whose account came of what the provider says no more."""
    person = people.vouched(tx, settings.issuer, claims["sub"])
    if person and person.created_by == settings.issuer and grant_of(settings, claims) is None:
        audit.sign(tx, person.name, settings.issuer)
        sessions.end_all(tx, person.id, now)


def bound(  # noqa: PLR0917  # as admitted, with what was shown
    tx: Transaction, issuer: str, claims: Mapping[str, Any], secret: str, origin: str, now: datetime
) -> Person:
    """From now on the provider vouches for whoever was invited. Raises LinkSpent, NotVouched."""
    people.lock(tx)
    link = entrance.of_link(tx, secret, now)
    if link.person_id is None:
        raise NotVouched("the first of all sets a password")
    if people.vouched(tx, issuer, claims["sub"]) is not None:
        raise NotVouched("it vouches for another account already")
    if not links.spend(tx, link.digest, now):
        raise LinkSpent
    audit.sign(tx, link.name, origin)
    people.vouch(tx, link.person_id, issuer, claims["sub"])
    sessions.end_all(tx, link.person_id, now)
    return _numbered(tx, link.person_id)


def grant_of(settings: ProviderSettings, claims: Mapping[str, Any]) -> Granted | None:
    """The first that fits; two are never joined, since roles of one would hold in areas of the other."""
    told = claims.get(settings.claim)
    values = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return next((each for each in settings.grants if each.value in values), None)


def unfit_roles(settings: ProviderSettings) -> list[str]:
    """What is said of roles that no account may have, or not so."""
    return [reason for each in settings.grants for role in each.roles if (reason := _unfit(role, each))]


def _unfit(role: str, granted: Granted) -> str | None:
    found = PERMISSIONS.roles.get(role)
    if found is None or not found.people:
        return f"{role!r} is no role of people"
    if found.whole_park and granted.areas is not None:
        return f"{role!r} is about the whole park, not of {', '.join(granted.areas)}"
    return None


def _made(
    tx: Transaction,
    settings: ProviderSettings,
    claims: Mapping[str, Any],
    granted: Granted | None,
    now: datetime,
) -> Person:
    if granted is None:
        raise NotVouched("nobody has invited them, and what it says of them opens nothing here")
    if not people.anybody(tx) and entrance.ADMINISTRATOR not in granted.roles:
        raise NotVouched(f"the first of all has to be a {entrance.ADMINISTRATOR}")
    draft = PersonDraft(
        name=_name(claims),
        roles=list(granted.roles),
        areas=_areas(granted),
        issuer=settings.issuer,
        subject=claims["sub"],
        created_by=settings.issuer,
        created_at=now,
    )
    number = people.put(tx, draft)
    if number is None:
        raise NotVouched(f"another account bears the name {draft.name!r}; an administrator can invite them")
    return _numbered(tx, number)


def _name(claims: Mapping[str, Any]) -> str:
    told = (claims.get(key) for key in ("preferred_username", "email", "name", "sub"))
    named = next(text for text in told if isinstance(text, str) and text.strip())
    return "".join(sign for sign in named if sign.isprintable()).strip()[:_LONGEST].strip()


def _areas(granted: Granted) -> list[str] | None:
    return None if granted.areas is None else list(granted.areas)


def _numbered(tx: Transaction, number: int) -> Person:
    found = people.numbered(tx, number)
    if found is None or found.ended_at is not None:
        raise NotVouched("their account was ended")
    return found
