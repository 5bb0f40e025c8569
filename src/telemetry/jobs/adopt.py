"""What came before its meter or its name was declared becomes readings once it is; it has a bound."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from accounting.quantity import LARGEST
from ingest.batch import Outcome, Store
from ingest.decode import Meaning
from ingest.errors import PayloadError, StoreUnavailable
from telemetry.reports.strays import StrayTally
from telemetry.storage import stray
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database
from telemetry.storage.stray import K, NamedNumber

_LOG = logging.getLogger(__name__)
_PAUSE_S = 60.0
_ROWS = 5_000
"""Adopted in one turn."""
Naming = Callable[[str, str, str, str | None], Meaning | None]
"""Of a name as the store keeps it: what it means by now."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Rows that are kept at most: of undeclared meters and posted names each, and of what templates lack."""

    strays: int
    unmapped: int


class Adopter:
    """Rows are written before they are forgotten: a turn that breaks off in between is done again."""

    def __init__(
        self, db: Database, store: Store, tally: StrayTally, naming: Naming, bounds: Callable[[], Bounds]
    ) -> None:
        """`bounds` gives those that hold now."""
        self._db = db
        self._naming = naming
        self._store = store
        self._tally = tally
        self._bounds = bounds
        self._changed = asyncio.Event()
        self._dropping = False

    def wake(self) -> None:
        """The site has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await asyncio.to_thread(self.adopt) or await asyncio.to_thread(self.adopt_names):
                    pass
                await asyncio.to_thread(self.trim)
            except (StorageError, StoreUnavailable) as error:
                _LOG.warning("rows of meters that were undeclared wait: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_S):
                    await self._changed.wait()
            self._changed.clear()

    def adopt(self) -> int:
        """Bring in some rows of meters in service; how many. Raises StorageError, StoreUnavailable."""
        with self._db.connection() as conn:
            kept = stray.declared(conn, _ROWS)
        if not kept:
            return 0
        stored = self._stored(kept)
        with self._db.connection() as conn:
            stray.forget(conn, stored)
        self._tally.adopted += len(stored)
        meters = ", ".join(sorted({each.meter for each in stored}))
        _LOG.info("%d rows from before their meters were declared are readings now: %s", len(stored), meters)
        return len(stored)

    def adopt_names(self) -> int:
        """Bring in some numbers whose names mean something by now; how many.

        Raises StorageError, StoreUnavailable.
        """
        while self._find_meters():
            pass
        with self._db.connection() as conn:
            wanted = {each: form for each in stray.names(conn) if (form := self._naming(*each)) is not None}
            kept = stray.named(conn, list(wanted), _ROWS) if wanted else []
        if not kept:
            return 0
        shown = list(_numbers(kept, list(wanted.values())))
        stored = {(each.id, each.place) for each in self._stored(shown)} if shown else set()
        waiting = {(each.id, each.place) for each in shown} - stored
        done = [each for each in kept if (each.id, each.place) not in waiting]
        with self._db.connection() as conn:
            stray.forget_names(conn, done)
        self._tally.adopted += len(stored)
        names = ", ".join(sorted({name for each in done for name in each.values}))
        _LOG.info("%d numbers from before their names were declared are readings now: %s", len(done), names)
        return len(done)

    def _find_meters(self) -> int:
        with self._db.connection() as conn:
            return stray.find_meters(conn, _ROWS)

    def _stored(self, kept: Sequence[K]) -> list[K]:
        groups = stray.alike(kept)
        outcomes = self._store.write([stray.batch(rows) for rows in groups])
        became = zip(chain(*groups), np.concatenate(outcomes).tolist(), strict=True)
        return [each for each, outcome in became if outcome != Outcome.UNKNOWN_METER]

    def trim(self) -> None:
        """Give up what is too much. Raises StorageError."""
        bounds = self._bounds()
        with self._db.connection() as conn:
            dropped = stray.trim(conn, bounds.strays)
            stray.trim_unmapped(conn, bounds.unmapped)
        if dropped and not self._dropping:
            _LOG.error(
                "more than %d rows of undeclared meters, or under undeclared names, are kept: the oldest are "
                "given up; declare them or stop their senders (GET /api/v1/strays lists them)",
                bounds.strays,
            )
        self._dropping = dropped > 0
        self._tally.dropped += dropped


def _numbers(kept: Sequence[NamedNumber], meanings: Sequence[Meaning]) -> Iterator[NamedNumber]:
    """Without those that mean no value, or more than any meter shows."""
    for each in kept:
        quantity, form = meanings[each.place - 1]
        [raw] = each.values.values()
        with suppress(PayloadError):
            if abs(number := float(form(raw))) <= LARGEST:
                yield replace(each, values={quantity: number})
