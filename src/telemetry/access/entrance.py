"""How people come in: by name, password and code, or by a link that is good once."""

import math
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta

from telemetry.access import codes, passwords
from telemetry.access.errors import CodeNeeded, LinkSpent, LockedOut, WrongSecret
from telemetry.access.roster import IDLE, LONGEST
from telemetry.settings.token import digest
from telemetry.storage import attempts, audit, links, people, sessions
from telemetry.storage.attempts import Lock
from telemetry.storage.links import Link
from telemetry.storage.people import Person, PersonDraft, Secrets
from telemetry.storage.pool import Connections, Transaction
from telemetry.storage.sessions import OpenSession, Session

ADMINISTRATOR = "park-administrator"
LINK_LASTS = timedelta(hours=24)
_LOCK = Lock()


def known(db: Connections, name: str, password: str, code: str | None, now: datetime) -> Person:
    """Whose name, password and code these are. Raises LockedOut, WrongSecret, CodeNeeded, StorageError."""
    if not name.isprintable():
        raise WrongSecret
    with db.connection() as tx:
        closed = attempts.begin(tx, name, now, _LOCK)
        person = people.named(tx, name)
        kept = people.secrets(tx, person.id) if person else None
    _check_open(closed, now)
    if not passwords.same(kept.password if kept else None, password) or person is None or kept is None:
        raise WrongSecret
    with db.connection() as tx:
        _check_code(tx, kept, code, now)
        _admit(tx, person, kept, password, now)
    return person


def confirmed(db: Connections, number: int, password: str, now: datetime) -> bool:
    """Whether it is the password of one who is signed in; wrong ones are held against the name.

    Raises LockedOut, StorageError.
    """
    with db.connection() as tx:
        person = people.numbered(tx, number)
        name = person.name if person else ""
        closed = attempts.begin(tx, name, now, _LOCK)
        kept = people.secrets(tx, number)
    _check_open(closed, now)
    if not passwords.same(kept.password, password):
        return False
    with db.connection() as tx:
        attempts.succeeded(tx, name)
    return True


def _check_open(closed: datetime | None, now: datetime) -> None:
    """Raises LockedOut."""
    if closed is not None:
        raise LockedOut(max(1, math.ceil((closed - now).total_seconds())))


def _check_code(tx: Transaction, kept: Secrets, code: str | None, now: datetime) -> None:
    """Raises CodeNeeded, WrongSecret; each code is good once."""
    if kept.totp is None:
        return
    if code is None:
        raise CodeNeeded
    step = codes.step_of(kept.totp, code, now)
    if step is None or not people.use_step(tx, kept.person_id, step):
        raise WrongSecret


def _admit(tx: Transaction, person: Person, kept: Secrets, password: str, now: datetime) -> None:
    """Nothing is held against the name any more."""
    attempts.succeeded(tx, person.name)
    if kept.password is not None and passwords.outdated(kept.password):
        people.set_password(tx, person.id, passwords.encoded(password), now)


def opened(
    tx: Transaction, person: Person, origin: str, browser: str, now: datetime
) -> tuple[str, OpenSession]:
    """A new session of theirs, and what its cookie says."""
    cookie = secrets.token_urlsafe(32)
    made = Session(
        digest=digest(cookie),
        person_id=person.id,
        name=person.name,
        origin=origin,
        browser=browser,
        created_at=now,
        last_used_at=now,
    )
    audit.sign(tx, person.name, origin)
    sessions.put(tx, made)
    return cookie, OpenSession(**asdict(made), roles=person.roles, areas=person.areas)


def standing(tx: Transaction, now: datetime) -> list[OpenSession]:
    """The sessions that hold."""
    return sessions.open_(tx, now - IDLE, now - LONGEST)


def link_for(tx: Transaction, person: Person | None, who: str, now: datetime) -> str:
    """The secret of a link by which a person, or the first of all, sets a password; those of before end."""
    secret = secrets.token_urlsafe(32)
    link = Link(
        digest=digest(secret),
        person_id=person.id if person else None,
        name=person.name if person else "the first person",
        created_by=who,
        created_at=now,
        expires_at=now + LINK_LASTS,
    )
    links.put(tx, link)
    return secret


def of_link(tx: Transaction, secret: str, now: datetime) -> Link:
    """The link of this secret. Raises LinkSpent."""
    found = links.good(tx, digest(secret), now)
    if found is None or (found.person_id is None and people.anybody(tx)):
        raise LinkSpent
    return found


def set_by_link(tx: Transaction, secret: str, name: str, encoded: str, now: datetime) -> Person:
    """Sets the password; `name` counts for the first of all alone. Raises LinkSpent."""
    people.lock(tx)
    link = of_link(tx, secret, now)
    if not links.spend(tx, link.digest, now):
        raise LinkSpent
    person = link.person_id or _first(tx, name, now)
    people.set_password(tx, person, encoded, now)
    sessions.end_all(tx, person, now)
    found = people.numbered(tx, person)
    if found is None:
        raise LinkSpent
    attempts.succeeded(tx, found.name)
    return found


def _first(tx: Transaction, name: str, now: datetime) -> int:
    draft = PersonDraft(
        name=name, roles=[ADMINISTRATOR], areas=None, created_by="the set-up link", created_at=now
    )
    made = people.put(tx, draft)
    if made is None:
        raise LinkSpent
    return made
