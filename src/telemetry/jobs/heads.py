"""How far the audit log went and when, noted in the data folder, apart from the database that keeps it."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from telemetry.settings.audit_heads import note, noted
from telemetry.storage import audit
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
_PAUSE_S = 60.0


class HeadKeeper:
    """A log that was cut off or written anew is found by the heads that it had before."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except (StorageError, OSError) as error:
                _LOG.warning("the head of the audit log is not noted for now: %s", error)
            await asyncio.sleep(_PAUSE_S)

    def step(self) -> None:
        """Note the head where it is another. Raises StorageError, OSError."""
        with self._db.connection() as tx:
            head = audit.head(tx)
        if head is not None and noted(self._folder).get(head.number) != head.hash:
            note(self._folder, head.number, head.hash, datetime.now(UTC))
