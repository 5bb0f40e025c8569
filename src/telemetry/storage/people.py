"""People with accounts, and their secrets, as the database has them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """A person before they have an account."""

    name: str
    roles: list[str]
    areas: list[str] | None
    """None: the whole park."""
    issuer: str | None = None
    subject: str | None = None
    """Whom a provider of OpenID Connect vouches for."""
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(PersonDraft):
    id: int
    password_at: datetime | None = None
    """Since when the password holds; None: there is none yet."""
    totp_at: datetime | None = None
    """Since when a code is asked for beside it."""
    ended_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a person is known by; the password as Argon2 encodes it."""

    person_id: int
    password: str | None
    totp: str | None
    totp_step: int | None
    """Of the code that was used last; None: none was."""
    totp_begun: str | None
    """What becomes totp when a code of it has been shown."""


def lock(conn: Connection[Any]) -> None:
    """Until the transaction ends, nobody else changes people."""
    conn.execute(_SQL["lock"])


def listed(conn: Connection[Any]) -> list[Person]:
    """All, those too whose account was ended."""
    return conn.cursor(row_factory=class_row(Person)).execute(_SQL["listed"]).fetchall()


def anybody(conn: Connection[Any]) -> bool:
    """Whether any account stands."""
    return conn.execute(_SQL["anybody"]).fetchone() == (True,)


def named(conn: Connection[Any], name: str) -> Person | None:
    """Whose account stands under this name, in capitals or not."""
    return conn.cursor(row_factory=class_row(Person)).execute(_SQL["named"], {"name": name}).fetchone()


def numbered(conn: Connection[Any], person: int) -> Person | None:
    """Whose account bears this number, ended or not."""
    return conn.cursor(row_factory=class_row(Person)).execute(_SQL["numbered"], {"person": person}).fetchone()


def vouched(conn: Connection[Any], issuer: str, subject: str) -> Person | None:
    """Whose account stands for whom this provider vouches."""
    asked = {"issuer": issuer, "subject": subject}
    return conn.cursor(row_factory=class_row(Person)).execute(_SQL["vouched"], asked).fetchone()


def vouch(conn: Connection[Any], person: int, issuer: str, subject: str) -> None:
    """The provider vouches for them from now on, and no password holds any more."""
    void(conn, person)
    conn.execute(_SQL["vouch"], {"person": person, "issuer": issuer, "subject": subject})


def secrets(conn: Connection[Any], person: int) -> Secrets:
    """Nothing in it where the person has set none."""
    found = conn.cursor(row_factory=class_row(Secrets)).execute(_SQL["secrets"], {"person": person})
    return found.fetchone() or Secrets(person, None, None, None, None)


def put(conn: Connection[Any], draft: PersonDraft) -> int | None:
    """Their number; None where an account of this name stands."""
    row = conn.execute(_SQL["put"], asdict(draft)).fetchone()
    return None if row is None else int(row[0])


def change(conn: Connection[Any], person: int, roles: list[str], areas: list[str] | None) -> None:
    conn.execute(_SQL["change"], {"person": person, "roles": roles, "areas": areas})


def end(conn: Connection[Any], person: int, who: str, now: datetime) -> None:
    """Once ended, a second time changes nothing."""
    conn.execute(_SQL["end"], {"person": person, "who": who, "now": now})


def set_password(conn: Connection[Any], person: int, encoded: str, now: datetime) -> None:
    conn.execute(_SQL["put_password"], {"person": person, "password": encoded})
    conn.execute(_SQL["password_set"], {"person": person, "now": now})


def void(conn: Connection[Any], person: int) -> None:
    """Neither password nor code holds any more."""
    conn.execute(_SQL["forget"], {"person": person})
    conn.execute(_SQL["voided"], {"person": person})


def begin_totp(conn: Connection[Any], person: int, secret: str) -> None:
    """Kept until a code of it is shown."""
    conn.execute(_SQL["begin_totp"], {"person": person, "totp": secret})


def set_totp(conn: Connection[Any], person: int, secret: str | None, step: int | None, now: datetime) -> None:
    """None: no code is asked for from now on."""
    conn.execute(_SQL["put_totp"], {"person": person, "totp": secret, "step": step})
    conn.execute(_SQL["totp_set"], {"person": person, "now": now if secret else None})


def use_step(conn: Connection[Any], person: int, step: int) -> bool:
    """Whether no code of this step or a later one was used before."""
    return conn.execute(_SQL["use_step"], {"person": person, "step": step}).rowcount == 1
