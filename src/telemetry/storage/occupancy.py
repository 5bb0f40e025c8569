"""Who occupies which area or meter from when to when: what files say, and what people say beside them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import edition, queries

_SQL = queries.beside(__file__)
FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Of an area or of a meter."""

    area: str | None
    meter: str | None
    enterprise: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Draft):
    id: int
    managed_by: str


def lock(conn: Connection[Any]) -> None:
    """Let nobody else change the registry until the transaction ends."""
    edition.change(conn)


def listed(conn: Connection[Any]) -> list[Standing]:
    """By place and time."""
    return conn.cursor(row_factory=class_row(Standing)).execute(_SQL["listed"]).fetchall()


def put(conn: Connection[Any], draft: Draft) -> int:
    """Its number."""
    row = conn.execute(_SQL["put"], asdict(draft)).fetchone()
    return int(row[0]) if row else 0


def end(conn: Connection[Any], number: int, until: datetime) -> None:
    """What a file says stays."""
    conn.execute(_SQL["end"], {"id": number, "until": until})


def remove(conn: Connection[Any], number: int) -> None:
    """What a file says stays; the audit log keeps what is removed."""
    conn.execute(_SQL["remove"], {"id": number})


def give_way(conn: Connection[Any]) -> None:
    """Remove what people said of times of a place for which a file speaks now."""
    conn.execute(_SQL["yield"])
