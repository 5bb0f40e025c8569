"""The audit log: who changed what, before and after, and whether it still is what was written."""

import hashlib
from collections.abc import Mapping
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
class Head:
    """The last row."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the log is what was written."""

    rows: int
    head: str
    """Hash of the last sound row; '' where there is none."""
    compared: int
    """Heads noted before that agree."""
    broken: int | None = None
    """Number of the first row that is not, or is missing."""
    reason: str = ""
    """What is wrong with it."""


def sign(conn: Connection[Any], who: str, origin: str) -> None:
    """Say in whose name the transaction that runs changes anything."""
    conn.execute(_SQL["sign"], {"who": who, "origin": origin})


def changes(conn: Connection[Any]) -> bool:
    """Whether the transaction that runs has changed anything."""
    return conn.execute(_SQL["changes"]).fetchone() == (True,)


def signature(conn: Connection[Any]) -> tuple[str, str]:
    """In whose name the transaction that runs changes anything, and from where; '' for the service's own."""
    row = conn.execute(_SQL["signature"]).fetchone()
    return (row[0], row[1]) if row else ("", "")


def listed(conn: Connection[Any], sought: Sought) -> list[AuditRow]:
    """The newest first."""
    return conn.cursor(row_factory=class_row(AuditRow)).execute(_SQL["listed"], asdict(sought)).fetchall()


def head(conn: Connection[Any]) -> Head | None:
    """None of an empty log."""
    return conn.cursor(row_factory=class_row(Head)).execute(_SQL["head"]).fetchone()


def verified(conn: Connection[Any], noted: Mapping[int, str]) -> Chain:
    """Reckon every hash anew from the first row on; `noted` has hashes by number, kept elsewhere.

    A row that was changed breaks its own hash or the next one's; a log that was written anew or cut off is
    sound in itself, and differs from what was noted.
    """
    number, last, compared = 0, "", 0
    while found := conn.execute(_SQL["chain"], {"above": number}).fetchall():
        for row, text, previous, told in found:
            if reason := _wrong(number, last, (row, text, previous, told), noted):
                return Chain(number, last, compared, number + 1, reason)
            number, last, compared = row, told, compared + (row in noted)
    if beyond := max((each for each in noted if each > number), default=None):
        return Chain(number, last, compared, number + 1, f"is missing: the log went on to {beyond}")
    return Chain(number, last, compared)


def _wrong(number: int, last: str, row: tuple[int, str, str, str], noted: Mapping[int, str]) -> str:
    """Why a row is not the one that was written after `number`; '' where it is."""
    found, text, previous, told = row
    if found != number + 1:
        return f"is missing: the next that stands is {found}"
    if hashlib.sha256(text.encode()).hexdigest() != told:
        return "was changed: its hash is another"
    if previous != last:
        return "does not follow on the row before it"
    if noted.get(found, told) != told:
        return "is another than when its hash was noted"
    return ""
