"""Keys of programs: made, rotated, revoked, and told without their secrets."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

from telemetry.access.keyring import new_secret
from telemetry.access.permissions import PERMISSIONS
from telemetry.model import Site
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.moment import Moment
from telemetry.settings.token import digest
from telemetry.storage import keys
from telemetry.storage.keys import Key, KeyDraft
from telemetry.storage.pool import Transaction

_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Codes = Annotated[list[_Word], Meta(min_length=1, max_length=1000)]
_LONGEST_OVERLAP_H = 31 * 24
_PUSHES = frozenset({"push"})


class PostedKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make."""

    name: Annotated[_Word, Meta(examples=["telegraf-hall-2"])]
    roles: Annotated[_Codes, Meta(examples=[["push"]])]
    whole_park: Annotated[bool, Meta(description="Lets it see and do for every area")] = False
    areas: Annotated[_Codes | None, Meta(description="What it may see, with all that lies in them")] = None
    meters: Annotated[_Codes | None, Meta(description="What it may post for; default: those of areas")] = None
    sources: Annotated[_Codes | None, Meta(description="What it may post under; default: all")] = None
    per_minute: Annotated[int, Meta(ge=1, le=1_000_000, description="Requests; null: no bound")] | None = 6000
    expires_at: Annotated[datetime, Meta(tz=True, description="Default: never")] | None = None


class PostedRotation(Struct, frozen=True, forbid_unknown_fields=True):
    """A further secret for a key."""

    overlap_hours: Annotated[
        int, Meta(ge=0, le=_LONGEST_OVERLAP_H, description="For how long the secrets of before hold")
    ] = 24


class SecretEntry(Struct, frozen=True):
    """A secret, by all but itself."""

    created_at: Moment
    valid_until: Moment | None
    last_used_at: Annotated[Moment | None, Meta(description="To within a few seconds")]


class KeyEntry(Struct, frozen=True):
    """A key; null in areas, meters and sources is no limit."""

    id: int
    name: str
    roles: list[str]
    areas: list[str] | None
    meters: list[str] | None
    sources: list[str] | None
    per_minute: int | None
    created_by: str
    created_at: Moment
    expires_at: Moment | None
    revoked_by: str | None
    revoked_at: Moment | None
    secrets: list[SecretEntry]


class MadeKey(Struct, frozen=True):
    """A key with its new secret, which is shown this once and kept as a hash alone."""

    secret: str
    key: KeyEntry


def make(tx: Transaction, site: Site | None, body: Any, who: str, now: datetime) -> MadeKey:  # noqa: ANN401  # JSON
    """Raises QueryError with the field at fault."""
    posted = converted(body, PostedKey)
    _check(posted, site, now)
    draft = KeyDraft(
        name=posted.name,
        roles=posted.roles,
        areas=None if posted.whole_park else (posted.areas or []),
        meters=posted.meters,
        sources=posted.sources,
        per_minute=posted.per_minute,
        created_by=who,
        created_at=now,
        expires_at=posted.expires_at,
    )
    secret = new_secret()
    number = keys.put(tx, draft, digest(secret))
    if number is None:
        raise QueryError("name", posted.name, "another key that is not revoked bears it")
    return MadeKey(secret, entry(one(tx, number)))


def _check(posted: PostedKey, site: Site | None, now: datetime) -> None:
    for role in posted.roles:
        if role not in PERMISSIONS.roles:
            raise QueryError("roles", role, f"is none of {', '.join(PERMISSIONS.roles)}")
    if posted.whole_park and posted.areas:
        raise QueryError("areas", ", ".join(posted.areas), "cannot stand beside whole_park")
    known = {area.code for area in site.areas} if site else set()
    for area in posted.areas or ():
        if area not in known:
            raise QueryError("areas", area, "no area has this code")
    if posted.expires_at is not None and posted.expires_at <= now:
        raise QueryError("expires_at", posted.expires_at.isoformat(), "is past")
    _check_reach(posted)


def _check_reach(posted: PostedKey) -> None:
    """What a key may reach is always said: nothing is open because nobody thought of it."""
    if posted.whole_park or posted.areas:
        return
    if not PERMISSIONS.of_roles(posted.roles) <= _PUSHES:
        raise QueryError("areas", None, "name the areas that it may see, or set whole_park")
    if not (posted.meters or posted.sources):
        raise QueryError("meters", None, "name what it may post for: meters, sources, areas or whole_park")


def rotate(tx: Transaction, number: int, overlap_hours: int, now: datetime) -> MadeKey:
    """Raises QueryError."""
    _standing(tx, number)
    secret = new_secret()
    keys.rotate(tx, number, digest(secret), now, now + timedelta(hours=overlap_hours))
    return MadeKey(secret, entry(one(tx, number)))


def revoke(tx: Transaction, number: int, who: str, now: datetime) -> KeyEntry:
    """Raises QueryError."""
    one(tx, number)
    keys.revoke(tx, number, who, now)
    return entry(one(tx, number))


def one(tx: Transaction, number: int) -> Key:
    """Raises QueryError."""
    found = next((key for key in keys.listed(tx) if key.id == number), None)
    if found is None:
        raise QueryError("number", number, "no key bears it")
    return found


def _standing(tx: Transaction, number: int) -> None:
    if one(tx, number).revoked_at is not None:
        raise QueryError("number", number, "this key is revoked; make another")


def entry(key: Key) -> KeyEntry:
    return KeyEntry(
        id=key.id,
        name=key.name,
        roles=key.roles,
        areas=key.areas,
        meters=key.meters,
        sources=key.sources,
        per_minute=key.per_minute,
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_by=key.revoked_by,
        revoked_at=key.revoked_at,
        secrets=[SecretEntry(s.created_at, s.valid_until, s.last_used_at) for s in key.secrets],
    )
