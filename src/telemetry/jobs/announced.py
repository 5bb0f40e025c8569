"""Days that were declared through the API become part of the plan, in every process."""

import asyncio
import logging
from collections.abc import Callable

from telemetry.reports.declaring import take_up
from telemetry.settings.current import Current
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
_LOOK_S = 2.0


class Announcements:
    """Looks what is declared for as long as the service runs."""

    def __init__(
        self, database: Database, current: Current, renew: Callable[[], None], look_s: float = _LOOK_S
    ) -> None:
        """`renew` is called after a change."""
        self._database = database
        self._current = current
        self._renew = renew
        self._look_s = look_s

    async def run(self) -> None:
        """Until cancelled; while the database is away, what was declared before goes on."""
        while True:
            await asyncio.sleep(self._look_s)
            try:
                changed = await asyncio.to_thread(take_up, self._database, self._current)
            except StorageError:
                continue
            if changed:
                _LOG.info("the declared days have changed; what they concern is priced anew")
                self._renew()
