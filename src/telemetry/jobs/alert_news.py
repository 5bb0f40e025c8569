"""What happens to alerts, in whatever process, goes to everybody who watches the live view."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec

from telemetry.reports.alerts import change
from telemetry.settings.current import Current
from telemetry.storage import alert_lists
from telemetry.storage.alert_lists import KeptChange
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_LOOK_S = 1.0
EVENT = "alert"


class AlertNews:
    """Follows the journal by number, from its end on."""

    def __init__(self, database: Database, current: Current, tell: Callable[[str, bytes], None]) -> None:
        self._database = database
        self._current = current
        self._tell = tell
        self._number: int | None = None

    async def run(self) -> None:
        """Until cancelled; while the database is away, nothing happens to alerts."""
        while True:
            with suppress(StorageError):
                await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Tell what is new. Raises StorageError."""
        zone = self._current.plan.zone
        for each in await asyncio.to_thread(self._news):
            self._tell(EVENT, msgspec.json.encode(change(each, zone)))

    def _news(self) -> list[KeptChange]:
        with self._database.connection() as conn:
            if self._number is None:
                self._number = alert_lists.newest(conn)
                return []
            found = alert_lists.changes(conn, after=self._number)
        self._number = found[-1].number if found else self._number
        return found
