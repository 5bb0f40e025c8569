"""Keys of programs and the hashes of their secrets, as the database has them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Secret:
    id: int
    digest: bytes
    """SHA-256."""
    created_at: datetime
    valid_until: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """A key before it stands."""

    name: str
    roles: list[str]
    areas: list[str] | None = None
    meters: list[str] | None = None
    sources: list[str] | None = None
    per_minute: int | None = None
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(KeyDraft):
    """As it stands, or stood until it was revoked."""

    id: int
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    secrets: tuple[Secret, ...] = ()


def listed(conn: Connection[Any]) -> list[Key]:
    """All, the revoked ones too."""
    secrets: dict[int, list[Secret]] = {}
    for row in conn.cursor(row_factory=dict_row).execute(_SQL["secrets"]):
        secrets.setdefault(row.pop("key_id"), []).append(Secret(**row))
    keys = conn.cursor(row_factory=dict_row).execute(_SQL["listed"]).fetchall()
    return [Key(**key, secrets=tuple(secrets.get(key["id"], ()))) for key in keys]


def put(conn: Connection[Any], draft: KeyDraft, digest: bytes) -> int | None:
    """Its number; None where a key of this name stands."""
    conn.execute(_SQL["lock"])
    row = conn.execute(_SQL["put"], asdict(draft)).fetchone()
    if row is None:
        return None
    conn.execute(_SQL["put_secret"], {"key": row[0], "digest": digest, "now": draft.created_at})
    return int(row[0])


def rotate(conn: Connection[Any], key: int, digest: bytes, now: datetime, until: datetime) -> None:
    """A further secret; the others hold until then."""
    conn.execute(_SQL["lock"])
    conn.execute(_SQL["put_secret"], {"key": key, "digest": digest, "now": now})
    conn.execute(_SQL["end_secrets"], {"key": key, "but": digest, "until": until})


def revoke(conn: Connection[Any], key: int, who: str, now: datetime) -> None:
    """Once revoked, a second time changes nothing."""
    conn.execute(_SQL["revoke"], {"key": key, "who": who, "now": now})


def used(conn: Connection[Any], last: Mapping[int, datetime]) -> None:
    """When secrets were last used, by their numbers."""
    conn.execute(_SQL["used"], {"ids": list(last), "times": list(last.values())})
