"""Links that let somebody set a password once, by the hash of their secret."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    digest: bytes
    """SHA-256."""
    person_id: int | None
    """None: whoever comes becomes the first of all."""
    name: str
    created_by: str
    created_at: datetime
    expires_at: datetime


def put(conn: Connection[Any], link: Link) -> None:
    """From now on this one alone is good for its person."""
    conn.execute(_SQL["spend_others"], {"person": link.person_id, "now": link.created_at})
    conn.execute(_SQL["put"], asdict(link))


def good(conn: Connection[Any], digest: bytes, now: datetime) -> Link | None:
    """None where there is none such, or it was used, or is too old, or its person's account was ended."""
    asked = {"digest": digest, "now": now}
    return conn.cursor(row_factory=class_row(Link)).execute(_SQL["good"], asked).fetchone()


def spend(conn: Connection[Any], digest: bytes, now: datetime) -> bool:
    """False where somebody else was faster."""
    return conn.execute(_SQL["spend"], {"digest": digest, "now": now}).rowcount == 1
