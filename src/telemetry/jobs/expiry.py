"""What is older than the site's retention leaves, once an hour; settled data never do."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from accounting.intervals import ANCHORS
from telemetry.settings.current import Current
from telemetry.storage import retention
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
_PAUSE_S = 3600.0


class Expirer:
    def __init__(self, db: Database, current: Current, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives the wall's time [s]."""
        self._db = db
        self._current = current
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except StorageError as error:
                _LOG.warning("old readings stay for now: %s", error)
            await asyncio.sleep(_PAUSE_S)

    def step(self) -> None:
        """Expire what is due now. Raises StorageError."""
        site = self._current.plan.site
        if site is None:
            return
        kept = site.retention
        if kept.readings:
            meters = retention.expire_readings(self._db, self._ago(kept.readings), ANCHORS)
            if meters:
                _LOG.info("readings older than %d days left, of %d meters", kept.readings, meters)
        if kept.conflicts:
            retention.expire_conflicts(self._db, self._ago(kept.conflicts))
        if kept.strays:
            retention.expire_strays(self._db, self._ago(kept.strays))
        if kept.deliveries:
            retention.expire_deliveries(self._db, self._ago(kept.deliveries))

    def _ago(self, days: int) -> datetime:
        """Midnight of UTC, that many days before this one."""
        today = datetime.fromtimestamp(self._clock(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=days)
