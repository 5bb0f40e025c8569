"""Sessions that the database has hold within two seconds; while nobody has an account, a link is told."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, Self

from telemetry.access import entrance
from telemetry.access.roster import LONGEST, Roster
from telemetry.reports.people import path_of
from telemetry.settings.environment import Environment
from telemetry.settings.token import note_accounts
from telemetry.storage import attempts, people, sessions
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
_PAUSE_S = 2.0
_FORGOTTEN = timedelta(days=1)
_CLEANED_EVERY = 1800
"""Steps."""


class Note(Protocol):
    def __call__(self, *, anybody: bool) -> None: ...


class PeopleWatch:
    def __init__(self, db: Database, roster: Roster, offer: Callable[[str], None], note: Note) -> None:
        """`offer` is told the secret of the set-up link, once; `note`, whether accounts stand."""
        self._db = db
        self._roster = roster
        self._offer: Callable[[str], None] | None = offer
        self._note = note
        self._noted: bool | None = None
        self._steps = 0

    @classmethod
    def of(cls, environment: Environment, db: Database, roster: Roster) -> Self:
        """One that prints the link for the person who starts the service, and in no log."""

        def offer(secret: str) -> None:
            told = "Nobody has an account yet. Who opens this first, within a day, becomes its administrator:"
            print(told, f"{environment.address}{path_of(secret)}", flush=True)  # noqa: T201  # as said above

        return cls(db, roster, offer, partial(note_accounts, environment.data_dir))

    async def run(self) -> None:
        """Until cancelled; while the database is away, the sessions that were known hold."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except (StorageError, OSError) as error:
                _LOG.debug("sessions, or the note that accounts stand, stay as they were: %s", error)
            await asyncio.sleep(_PAUSE_S)

    def step(self) -> None:
        """Raises StorageError, OSError."""
        now, turn = datetime.now(UTC), self._roster.turn()
        with self._db.connection() as tx:
            if used := self._roster.drained():
                sessions.used(tx, used)
            found, anybody = entrance.standing(tx, now), people.anybody(tx)
        self._roster.replace(found, turn, anybody=anybody)
        self._tell(now, anybody=anybody)
        if self._steps % _CLEANED_EVERY == 0:
            self._clean(now)
        self._steps += 1

    def _tell(self, now: datetime, *, anybody: bool) -> None:
        if self._noted != anybody:
            self._note(anybody=anybody)
            self._noted = anybody
        if self._offer is not None and not anybody:
            with self._db.connection() as tx:
                secret = entrance.link_for(tx, None, "the start", now)
            self._offer(secret)
        self._offer = None

    def _clean(self, now: datetime) -> None:
        with self._db.connection() as tx:
            sessions.expire(tx, now - LONGEST)
            attempts.expire(tx, now - _FORGOTTEN)
