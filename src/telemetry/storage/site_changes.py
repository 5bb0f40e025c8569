"""What people added to the site's file through the page, so that the audit log says who and what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Json

from telemetry.storage import queries

_SQL = queries.beside(__file__)


def note(
    conn: Connection[Any], codes: Sequence[str], document: Mapping[str, Any], who: str, now: datetime
) -> None:
    """That these came into the file."""
    asked = {"name": ", ".join(codes), "document": Json(document), "who": who, "now": now}
    conn.execute(_SQL["note"], asked)
