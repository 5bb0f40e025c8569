"""Keys made, rotated or revoked anywhere hold here within two seconds; their last use is written down."""

import asyncio
import logging
from datetime import UTC, datetime

from telemetry.access.keyring import FIRST, FIRST_ROLES, Keyring
from telemetry.storage import keys
from telemetry.storage.errors import StorageError
from telemetry.storage.keys import KeyDraft
from telemetry.storage.pool import Database, Transaction

_LOG = logging.getLogger(__name__)
_PAUSE_S = 2.0


class KeyWatch:
    def __init__(self, db: Database, ring: Keyring) -> None:
        self._db = db
        self._ring = ring
        self._adopted = ring.first is None

    async def run(self) -> None:
        """Until cancelled; while the database is away, the keys that were known hold."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except StorageError as error:
                _LOG.debug("keys stay as they were known: %s", error)
            await asyncio.sleep(_PAUSE_S)

    def step(self) -> None:
        """Raises StorageError."""
        adopting, turn = self._ring.first if not self._adopted else None, self._ring.turn()
        with self._db.connection() as tx:
            if adopting is not None:
                _adopt(tx, adopting)
            if used := self._ring.drained():
                keys.used(tx, used)
            found = keys.listed(tx)
        self._ring.replace(found, turn)
        self._adopted = True
        if adopting is not None and self._ring.find(adopting) is None:
            _LOG.warning("the token of the start was revoked or replaced by another: it opens nothing")


def _adopt(tx: Transaction, first: bytes) -> None:
    """The token of the start becomes a key; one that was a key before stays what it has become."""
    known, now = keys.listed(tx), datetime.now(UTC)
    if any(secret.digest == first for key in known for secret in key.secrets):
        return
    standing = next((key for key in known if key.name == FIRST and key.revoked_at is None), None)
    if standing is None:
        draft = KeyDraft(name=FIRST, roles=[*FIRST_ROLES], created_by="the start", created_at=now)
        keys.put(tx, draft, first)
    else:
        keys.rotate(tx, standing.id, first, now, now)
