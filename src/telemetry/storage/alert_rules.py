"""Rules of alerts that people put beside those of files: every edition of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Json

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of a rule; without a document it was taken away."""

    number: int
    code: str
    document: Document | None
    put_by: str
    put_at: datetime
    reason: str


def put(
    conn: Connection[Any], code: str, document: Document | None, who: str, reason: str, *, now: datetime
) -> None:
    """It holds from now on in place of the one before; None takes the rule away."""
    given = None if document is None else Json(document)
    asked = {"code": code, "document": given, "who": who, "now": now, "reason": reason}
    conn.execute(_SQL["put"], asked)


def standing(conn: Connection[Any]) -> list[Document]:
    """Those that hold, by code."""
    return [document for (document,) in conn.execute(_SQL["standing"])]


def last(conn: Connection[Any], code: str) -> Document | None:
    """As it stands, or stood before it was taken away."""
    row = conn.execute(_SQL["last"], {"code": code}).fetchone()
    return row[0] if row else None


def history(conn: Connection[Any], code: str) -> list[Edition]:
    """The newest first."""
    asked = {"code": code}
    return conn.cursor(row_factory=class_row(Edition)).execute(_SQL["history"], asked).fetchall()
