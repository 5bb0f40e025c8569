"""The keys that hold now, as every request needs them: in memory, by the hash of the secret."""

import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from telemetry.access.asker import Asker
from telemetry.access.bucket import Bucket
from telemetry.storage.keys import Key

FIRST = "first token"
"""The key that is made of the token of the start."""
FIRST_ROLES = ("park-administrator",)
_PREFIX = "pwk_"
"""By which programs that look for leaked secrets find one."""


def new_secret() -> str:
    """256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a secret opens, until when [s since 1970]; `secret` and `key` are numbers in the database."""

    asker: Asker
    secret: int
    key: int
    until: float | None
    per_minute: int | None


class Keyring:
    """Knows hashes alone. Written by whoever reads the database, read by every request."""

    def __init__(self, first: bytes | None = None, clock: Callable[[], float] = time.time) -> None:
        """`first`: hash of the token of the start, which opens until the database's keys are known."""
        self.first = first
        self.ready = False
        """Whether the database's keys are known."""
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = self._held = 0
        self._passes: Mapping[bytes, Pass] = {}
        if first is not None:
            asker = Asker(FIRST, FIRST_ROLES)
            self._passes = {first: Pass(asker, secret=0, key=0, until=None, per_minute=None)}
        self._buckets: dict[int, Bucket] = {}
        self._used: dict[int, datetime] = {}

    def turn(self) -> int:
        """Of a look at the database that begins now."""
        with self._lock:
            self._turn += 1
            return self._turn

    def replace(self, keys: Collection[Key], turn: int) -> None:
        """What stands in the database is what holds, unless a look that began later has told already."""
        passes = MappingProxyType({d: each for key in keys for d, each in _passes(key).items()})
        with self._lock:
            if turn >= self._held:
                self._passes, self._held = passes, turn
                self.ready = True

    def find(self, hashed: bytes) -> Pass | None:
        """What a secret with this hash opens now."""
        found = self._passes.get(hashed)
        if found is None or (found.until is not None and found.until <= self._clock()):
            return None
        return found

    def wait_s(self, found: Pass) -> int:
        """0 where its key may make one more request now, which is counted; else how long to wait [s]."""
        now = self._clock()
        self._used[found.secret] = datetime.fromtimestamp(now, UTC)
        if found.per_minute is None:
            return 0
        bucket = self._buckets.get(found.key)
        if bucket is None or bucket.per_minute != found.per_minute:
            bucket = Bucket(found.per_minute, found.per_minute, now)
            self._buckets[found.key] = bucket
        return bucket.take(now)

    def drained(self) -> Mapping[int, datetime]:
        """When secrets were last used since the last call, by their numbers."""
        used, self._used = self._used, {}
        used.pop(0, None)
        return used


def _passes(key: Key) -> dict[bytes, Pass]:
    if key.revoked_at is not None:
        return {}
    asker = Asker(key.name, tuple(key.roles), _codes(key.areas), _codes(key.meters), _codes(key.sources))
    return {
        each.digest: Pass(asker, each.id, key.id, _earlier(key.expires_at, each.valid_until), key.per_minute)
        for each in key.secrets
    }


def _codes(named: list[str] | None) -> frozenset[str] | None:
    return None if named is None else frozenset(named)


def _earlier(*ends: datetime | None) -> float | None:
    return min((end.timestamp() for end in ends if end is not None), default=None)
