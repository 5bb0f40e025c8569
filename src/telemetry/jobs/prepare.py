"""The database is brought up to date and told the site, at the start or as soon as it answers."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ingest.assignment import assignment
from ingest.batch import Batch
from ingest.errors import StoreUnavailable
from telemetry.jobs import contracts, entries
from telemetry.reports.declaring import take_up
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import server, templates
from telemetry.storage.errors import StorageError
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 15.0


def tell(database: Database, plan: Plan) -> None:
    """Make the database know the site, the libraries, and the templates by which its sources are decoded.

    Raises StorageError.
    """
    site, now = plan.site, datetime.now(UTC)
    entries.keep(database, plan)
    if site is not None:
        apply_site(database, site, now)
        with database.connection() as tx:
            _LOG.info("%s", server.arrange(tx, site.chunks))
        decoded = (assignment(source, site.meters, plan.library.devices) for source in site.sources)
        templates.keep(database, decoded, now)


class Preparation:
    """The store of the pipeline, closed until everything is ready; then it is the writer."""

    def __init__(self, url: str, database: Database, writer: Writer, current: Current) -> None:
        self.done = False
        self.reason = "the database was not asked yet"
        self._url = url
        self._database = database
        self._writer = writer
        self._current = current

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        """As the writer. Raises StoreUnavailable."""
        if not self.done:
            raise StoreUnavailable(self.reason)
        return self._writer.write(batches)

    def attempt(self) -> None:
        """Once; what was done already is done again and changes nothing. Raises StorageError."""
        try:
            self._prepare()
        except StorageError as error:
            self.reason = f"the database has not been ready since the start: {error}"
            raise

    def _prepare(self) -> None:
        migrate(self._url)
        with closing(Database.open(self._url, size=1)) as own:
            contracts.put_back(own, self._current, datetime.now(UTC))
            tell(own, self._current.plan)
            take_up(own, self._current)
        self._database.connect()
        self._writer.start()
        self.done = True

    async def run(self, then: Callable[[], None]) -> None:
        """Until all is ready; `then` is called when that took more than the start."""
        pause, told = _FIRST_PAUSE_S, ""
        while not self.done:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            try:
                await asyncio.to_thread(self.attempt)
            except StorageError as error:
                if told != str(error):
                    _LOG.warning("still without the database: %s", error)
                told = str(error)
            else:
                _LOG.info("the database is ready")
                then()
