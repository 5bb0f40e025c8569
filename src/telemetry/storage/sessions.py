"""Sessions of people: by the hash of what their cookie says, from when to when."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    digest: bytes
    """SHA-256."""
    person_id: int
    name: str
    """Of the person."""
    origin: str
    """The address that signed in."""
    browser: str
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession(Session):
    """One that was not ended, with what its person may now."""

    roles: list[str]
    areas: list[str] | None


def put(conn: Connection[Any], session: Session) -> None:
    conn.execute(_SQL["put"], asdict(session))


def open_(conn: Connection[Any], idle_since: datetime, made_since: datetime) -> list[OpenSession]:
    """Those of people whose account stands that were used after the one and made after the other time."""
    asked = {"idle_since": idle_since, "made_since": made_since}
    return conn.cursor(row_factory=class_row(OpenSession)).execute(_SQL["open"], asked).fetchall()


def used(conn: Connection[Any], last: Mapping[bytes, datetime]) -> None:
    """When sessions were last used."""
    conn.execute(_SQL["used"], {"digests": list(last), "times": list(last.values())})


def end(conn: Connection[Any], digest: bytes, now: datetime) -> None:
    """Once ended, a second time changes nothing."""
    conn.execute(_SQL["end"], {"digest": digest, "now": now})


def end_all(conn: Connection[Any], person: int, now: datetime, but: bytes = b"") -> None:
    """Those of a person, all but one."""
    conn.execute(_SQL["end_all"], {"person": person, "but": but, "now": now})


def expire(conn: Connection[Any], before: datetime) -> None:
    """Forget those that were made before then, however they ended; the audit log keeps that they were."""
    conn.execute(_SQL["expire"], {"before": before})
