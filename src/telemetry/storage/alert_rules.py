"""Rules of alerts that people put beside those of files: every edition of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Json

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Document = Mapping[str, Any]


Owner: TypeAlias = Collection[str] | None
"""Areas that whoever put a rule is let in for; None: the whole park."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of a rule; without a document it was taken away."""

    number: int
    code: str
    document: Document | None
    put_by: str
    put_at: datetime
    reason: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that holds."""

    document: Document
    owner: Owner
    meters: Sequence[str] | None = None
    """Those of its owner now; None: it is the park's."""


def put(
    conn: Connection[Any],
    code: str,
    document: Document | None,
    who: str,
    reason: str,
    *,
    owner: Owner,
    now: datetime,
) -> None:
    """It holds from now on in place of the one before; None takes the rule away."""
    given = None if document is None else Json(document)
    named = None if owner is None else sorted(owner)
    asked = {"code": code, "document": given, "who": who, "now": now, "reason": reason, "owner": named}
    conn.execute(_SQL["put"], asked)


def lock(conn: Connection[Any], code: str) -> None:
    """Until the transaction ends nobody else puts a rule of this code."""
    conn.execute(_SQL["lock"], {"code": code})


def standing(conn: Connection[Any]) -> list[Standing]:
    """Those that hold, by code."""
    return [Standing(*row) for row in conn.execute(_SQL["standing"])]


def evaluated(conn: Connection[Any]) -> list[Standing]:
    """Those that hold, by code, without those whose owners have left."""
    return [Standing(*row) for row in conn.execute(_SQL["evaluated"])]


def last(conn: Connection[Any], code: str) -> Standing | None:
    """As it stands, or stood before it was taken away."""
    row = conn.execute(_SQL["last"], {"code": code}).fetchone()
    return Standing(*row) if row else None


def history(conn: Connection[Any], code: str) -> list[Edition]:
    """The newest first."""
    asked = {"code": code}
    return conn.cursor(row_factory=class_row(Edition)).execute(_SQL["history"], asked).fetchall()
