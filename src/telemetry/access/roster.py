"""Who is signed in now, as every request needs it: in memory, by the hash of the cookie."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telemetry.access.asker import Asker
from telemetry.storage.sessions import OpenSession

IDLE = timedelta(hours=12)
"""A session ends when nobody used it for so long."""
LONGEST = timedelta(days=7)
"""It ends then, however much it was used."""


@dataclass(slots=True)
class Presence:
    """A session that holds."""

    asker: Asker
    person: int
    made_at: float
    used_at: float
    """[s since 1970]."""


class Roster:
    """Written by whoever reads the database, read by every request."""

    def __init__(
        self, clock: Callable[[], float] = time.time, *, anybody: bool = False, ready: bool = True
    ) -> None:
        """`anybody`: whether accounts stand, as far as is known before the database answers."""
        self.anybody = anybody
        self.ready = ready
        """Whether the database's sessions are known."""
        self._clock = clock
        self._present: dict[bytes, Presence] = {}
        self._used: dict[bytes, datetime] = {}
        self._lock = threading.Lock()
        self._turn = self._held = 0

    def turn(self) -> int:
        """Of a look at the database that begins now."""
        with self._lock:
            self._turn += 1
            return self._turn

    def replace(self, found: Collection[OpenSession], turn: int, *, anybody: bool) -> None:
        """What stands in the database is what holds.

        Unless something changed here since that look began, or one that began later has told already.
        """
        present = {each.digest: _presence(each) for each in found}
        with self._lock:
            if turn < self._held:
                return
            for digest in present.keys() & self._present.keys():
                present[digest].used_at = max(present[digest].used_at, self._present[digest].used_at)
            self._present, self._held = present, turn
            self.anybody, self.ready = anybody, True

    def _changes(self) -> None:
        """What was read from the database before is out of date."""
        self._turn += 1
        self._held = self._turn

    def add(self, made: OpenSession) -> None:
        with self._lock:
            self._changes()
            self._present[made.digest] = _presence(made)
            self.anybody = True

    def leave(self, digest: bytes) -> None:
        with self._lock:
            self._changes()
            self._present.pop(digest, None)

    def leave_all(self, person: int, but: bytes = b"") -> None:
        """End what one person has open, all but one."""
        with self._lock:
            self._changes()
            for digest in [d for d, each in self._present.items() if each.person == person and d != but]:
                del self._present[digest]

    def find(self, digest: bytes) -> Presence | None:
        """Whose cookie has this hash, which is noted as used now."""
        found = self.peek(digest)
        if found is not None:
            found.used_at = self._clock()
            self._used[digest] = datetime.fromtimestamp(found.used_at, UTC)
        return found

    def peek(self, digest: bytes) -> Presence | None:
        """The same, without a note."""
        found = self._present.get(digest)
        return None if found is None or _over(found, self._clock()) else found

    def drained(self) -> Mapping[bytes, datetime]:
        """When sessions were last used since the last call."""
        used, self._used = self._used, {}
        return used


def asker_of(person: int, name: str, roles: Collection[str], areas: Collection[str] | None) -> Asker:
    return Asker(name, tuple(roles), None if areas is None else frozenset(areas), person=person)


def _presence(found: OpenSession) -> Presence:
    asker = asker_of(found.person_id, found.name, found.roles, found.areas)
    return Presence(asker, found.person_id, found.created_at.timestamp(), found.last_used_at.timestamp())


def _over(found: Presence, now: float) -> bool:
    idle, old = now - found.used_at, now - found.made_at
    return idle >= IDLE.total_seconds() or old >= LONGEST.total_seconds()
