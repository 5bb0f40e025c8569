"""The journal of alerts: every change once, the state that they leave, and who may write them."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Json

from accounting.grid import moment_of, to_us
from alerts.errors import LeaseLost
from alerts.journal import Open, Quiet, Recalled, Subject, Transition
from alerts.verdict import Kind
from telemetry.storage import queries
from telemetry.storage.pool import Connections, Transaction

_SQL = queries.beside(__file__)
LEASE_S = 15.0
"""How long nobody evaluates after the one that did was killed."""
_RENEWED_S = 3.0
Tell = Callable[[Transaction, Sequence[Transition]], None]


class StoredJournal:
    """Fits `alerts.journal.Journal`: asks the database only as often as is needed."""

    def __init__(self, database: Connections, tell: Tell, lease_s: float = LEASE_S) -> None:
        """`tell` writes who is to be told, in the transaction that keeps the changes."""
        self._database = database
        self._tell = tell
        self._lease_s = lease_s
        self._renewed = self._noted = -math.inf

    def lease(self, holder: str) -> bool:
        """Raises StorageError."""
        if time.monotonic() - self._renewed < min(_RENEWED_S, self._lease_s / 3):
            return True
        asked_at = time.monotonic()
        with self._database.connection() as conn:
            held = conn.execute(_SQL["lease"], {"holder": holder, "seconds": self._lease_s}).rowcount == 1
        self._renewed = asked_at if held else -math.inf
        return held

    def release(self, holder: str) -> None:
        """Raises StorageError."""
        self._renewed = -math.inf
        with self._database.connection() as conn:
            conn.execute(_SQL["release"], {"holder": holder})

    def recall(self, since_us: int) -> Recalled:
        """Raises StorageError."""
        with self._database.connection() as conn:
            opened = [_open(*row) for row in conn.execute(_SQL["open"])]
            fired = conn.execute(_SQL["fired"], {"since": moment_of(since_us)}).fetchall()
            row = conn.execute(_SQL["last_evaluated"]).fetchone()
        before = [(rule, Subject(Kind(kind), code), to_us(at)) for rule, kind, code, at in fired]
        return Recalled(opened, before, to_us(row[0]) if row and row[0] else 0)

    def keep(self, holder: str, transitions: Sequence[Transition], evaluated_us: int) -> None:
        """That nothing has changed is noted now and then. Raises LeaseLost, StorageError."""
        if not transitions and time.monotonic() - self._noted < _RENEWED_S:
            return
        with self._database.connection() as conn:
            if conn.execute(_SQL["hold"], {"holder": holder}).rowcount == 0:
                self._renewed = -math.inf
                raise LeaseLost("another process evaluates the alerts by now")
            put(conn, transitions)
            self._tell(conn, transitions)
            conn.execute(_SQL["evaluated"], {"at": moment_of(evaluated_us)})
        self._noted = time.monotonic()


def in_turn(conn: Connection[Any]) -> None:
    """Until it ends no other transaction numbers a change: who follows the numbers misses none."""
    conn.execute(_SQL["lock"])


def put(conn: Connection[Any], transitions: Sequence[Transition]) -> None:
    """What stands already stays as it is."""
    if transitions:
        in_turn(conn)
        rows = [_row(place, each) for place, each in enumerate(transitions)]
        conn.execute(_SQL["put"], {"rows": Json(rows)})


def _row(place: int, each: Transition) -> dict[str, Any]:
    return {
        "place": place,
        "id": each.id,
        "alert": each.alert,
        "rule": each.rule,
        "subject_kind": each.subject.kind,
        "subject": each.subject.code,
        "what": each.what,
        "at": moment_of(each.at_us).isoformat(),
        "since": moment_of(each.since_us).isoformat(),
        "fired": moment_of(each.fired_us).isoformat(),
        "severity": each.severity,
        "stage": each.stage,
        "value": _number(each.value),
        "limit_value": _number(each.limit),
        "unit": each.unit,
        "flapping": each.flapping,
        "corrected": each.corrected,
        "quiet": each.quiet,
        "band": each.band,
        "by": each.by,
        "note": each.note,
        "more": {name: _number(value) for name, value in each.more.items()},
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _open(  # noqa: PLR0917  # a row
    rule: str,
    kind: str,
    code: str,
    stage: int,
    since: datetime,
    fired: datetime,
    flapping: bool,  # noqa: FBT001
    quiet: str,
    told: bool,  # noqa: FBT001
) -> Open:
    subject = Subject(Kind(kind), code)
    return Open(rule, subject, stage, to_us(since), to_us(fired), flapping, Quiet(quiet), told)
