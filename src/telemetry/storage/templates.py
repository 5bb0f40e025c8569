"""The editions of device templates that readings were decoded by."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from ingest.assignment import Assignment
from telemetry.storage import queries
from telemetry.storage.pool import Database

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    edition: str
    template: str
    content: dict[str, Any]
    """What it said beside the defaults."""
    since: datetime
    """When it was first taken up."""


def keep(db: Database, assigned: Iterable[Assignment], now: datetime) -> None:
    """Keep what these sources are decoded by from now on. Raises StorageError."""
    rows = [(each.edition, code, content) for each in assigned for code, content in each.contents.items()]
    edition, template, content = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"edition": [*edition], "template": [*template], "content": [*content], "now": now}
    with db.connection() as conn:
        conn.execute(_SQL["put"], columns)


def of(conn: Connection[Any], template: str, editions: Collection[str]) -> list[StoredTemplate]:
    """What a template said in editions, the oldest first; all of an edition that lacks it.

    Editions that only an edge had are not known here.
    """
    rows = conn.cursor(row_factory=class_row(StoredTemplate))
    return rows.execute(_SQL["of"], {"template": template, "editions": list(editions)}).fetchall()
