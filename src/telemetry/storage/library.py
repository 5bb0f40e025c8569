"""What libraries, rules and contracts of files say, entry by entry: what changes in them is audited."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from telemetry.storage import queries

_SQL = queries.beside(__file__)


def keep(conn: Connection[Any], library: str, entries: Mapping[str, str]) -> None:
    """Let `entries` be what stands of a library: JSON by code; what stands alike stays untouched."""
    conn.execute(_SQL["lock"])
    asked = {"library": library, "codes": list(entries), "contents": list(entries.values())}
    conn.execute(_SQL["keep"], asked)


def standing(conn: Connection[Any], library: str, code: str) -> str | None:
    """JSON of an entry; None: it has none."""
    row = conn.execute(_SQL["standing"], {"library": library, "code": code}).fetchone()
    return None if row is None else str(row[0])
