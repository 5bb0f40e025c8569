"""The audit log: who changed what, before and after, and whether it still is what was written."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class AuditRow:
    number: int
    at: datetime
    who: str
    origin: str
    act: str
    kind: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; None: all. The newest `limit` rows with numbers below `below`."""

    below: int
    limit: int
    kind: str | None = None
    name: str | None = None
    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    """Stands somewhere in the name, in who, or in what was before and after."""


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the log is what was written."""

    rows: int
    head: str
    """Hash of the last sound row; '' where there is none."""
    broken: int | None
    """Number of the first row that is not, or is missing."""


def sign(conn: Connection[Any], who: str, origin: str) -> None:
    """Say in whose name the transaction that runs changes anything."""
    conn.execute(_SQL["sign"], {"who": who, "origin": origin})


def signature(conn: Connection[Any]) -> tuple[str, str]:
    """In whose name the transaction that runs changes anything, and from where; '' for the service's own."""
    row = conn.execute(_SQL["signature"]).fetchone()
    return (row[0], row[1]) if row else ("", "")


def listed(conn: Connection[Any], sought: Sought) -> list[AuditRow]:
    """The newest first."""
    return conn.cursor(row_factory=class_row(AuditRow)).execute(_SQL["listed"], asdict(sought)).fetchall()


def verified(conn: Connection[Any]) -> Chain:
    """Reckon every hash anew, from the first row on."""
    number, head = 0, ""
    while found := conn.execute(_SQL["chain"], {"above": number}).fetchall():
        for row, text, previous, told in found:
            sound = hashlib.sha256(text.encode()).hexdigest() == told
            if row != number + 1 or previous != head or not sound:
                return Chain(number, head, number + 1)
            number, head = row, told
    return Chain(number, head, None)
