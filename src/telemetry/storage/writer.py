"""How batches become readings: one COPY where all is new, a merge where rows stand already, one commit."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from ingest.batch import Batch, Outcome
from ingest.checks import Checks, Looked
from ingest.errors import StoreUnavailable
from telemetry.storage import closing, dirty, flags, late, merge, queries, seen, stray
from telemetry.storage.approach import Approaches
from telemetry.storage.dirty import Stage
from telemetry.storage.errors import StorageError, StorageUnavailable
from telemetry.storage.flags import Flags
from telemetry.storage.latest import Board, Newest
from telemetry.storage.merge import RacedError, Written
from telemetry.storage.pool import Database
from telemetry.storage.rows import Rows, gather, sources_of

_SQL = queries.beside(__file__)
_LOG = logging.getLogger(__name__)
_FLUSH_S = 1.0
_TRIES = 8


class Writer:
    """The store of the pipeline; several threads may write at once."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.time) -> None:
        """Know nothing yet; `open` makes one that knows the meters. `clock` gives the wall's time [s]."""
        self._db = db
        self._clock = clock
        self._ids: dict[str, int] = {}
        self._approaches = Approaches()
        self._seen = seen.Seen()
        self._checks = Checks()
        self._board = Board(clock)
        self._flushed: Callable[[], None] = _nobody
        self._closing = threading.Event()
        self._flusher = threading.Thread(target=self._flush_on, name="latest", daemon=True)

    @classmethod
    def open(cls, db: Database, clock: Callable[[], float] = time.time) -> Self:
        """One that has started. Raises StorageError."""
        writer = cls(db, clock)
        writer.start()
        return writer

    def start(self) -> None:
        """Repair `latest`, learn the meters. Raises StorageError."""
        self._board.repair(self._db)
        self.refresh()
        self._flusher.start()

    def refresh(self) -> None:
        """Learn anew which meters are in service; for after a site was applied. Raises StorageError."""
        with self._db.connection() as conn:
            self._ids = dict(conn.execute(_SQL["meters"]).fetchall())
            self._checks.learn(dict(conn.execute(_SQL["rated"]).fetchall()))
            self._seen.learn(conn)

    def tell(self, flushed: Callable[[], None]) -> None:
        """Call `flushed` whenever there is news, in a thread of the writer's own."""
        self._flushed = flushed

    def fresh(self, quantities: Sequence[str]) -> Newest:
        """Readings of this process that are committed and that `latest` does not show yet."""
        return self._board.fresh(quantities)

    def close(self) -> None:
        """Flush `latest`. Raises StorageError when it could not be written; the next start repairs it."""
        self._closing.set()
        if self._flusher.is_alive():
            self._flusher.join()
        self._board.flush(self._db)

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        """Outcomes of each batch in turn, after one commit.

        Raises StoreUnavailable when the database is away, StorageError for what it refuses.
        """
        readings = [batch for batch in batches if not batch.unmapped]
        unmapped = [batch for batch in batches if batch.unmapped]
        try:
            outcome = self._persist(readings, unmapped) if readings else self._keep_aside(unmapped)
        except StorageUnavailable as error:
            raise StoreUnavailable(str(error)) from error
        became = iter(np.split(outcome, np.cumsum([len(batch) for batch in readings])[:-1]))
        aside = np.uint8(Outcome.ACCEPTED)
        return [np.full(len(each), aside) if each.unmapped else next(became) for each in batches]

    def _keep_aside(self, unmapped: Sequence[Batch]) -> NDArray[np.uint8]:
        with self._db.connection() as conn:
            stray.put_unmapped(conn, unmapped)
        return np.empty(0, np.uint8)

    def _persist(self, batches: Sequence[Batch], unmapped: Sequence[Batch]) -> NDArray[np.uint8]:
        names = sources_of(batches)
        for _ in range(_TRIES):
            try:
                with self._db.connection() as conn:
                    stray.put_unmapped(conn, unmapped)
                    ids = self._known(conn, batches)
                    rows = gather(batches, ids)
                    if not rows.known.all():
                        stray.put(conn, batches, ids)
                    written = merge.put(conn, rows, names, self._approaches.of(names))
                    looked = self._doubt(conn, rows, written)
                    news = self._annotate(conn, rows, written)
            except RacedError:
                self._approaches.beware(names, np.ones(len(names), bool), np.zeros(len(names), bool))
            else:
                self._approaches.beware(names, written.stood, written.filled)
                self._remember(rows, written, news)
                self._checks.hold(looked)
                return _outcomes(rows, written)
        raise StorageUnavailable(f"other writers changed the same rows {_TRIES} times")

    def _known(self, conn: Connection[Any], batches: Sequence[Batch]) -> Mapping[str, int]:
        """Numbers of the meters of `batches`; the database is asked for those not known yet."""
        known = self._ids
        unknown = {code for batch in batches for code in batch.meters if code not in known}
        if unknown:
            found = dict(conn.execute(_SQL["meters_by_code"], {"codes": list(unknown)}).fetchall())
            self._ids = known = {**self._ids, **found}
        return known

    def _doubt(self, conn: Connection[Any], rows: Rows, written: Written) -> Looked:
        now_us = int(self._clock() * 1e6)
        looked = self._checks.look(written.meter_id, written.time, rows.columns, written.values, now_us)
        found = looked.doubts
        flags.add(
            conn,
            Flags(written.meter_id[found.row], written.time[found.row], found.flag, found.delta),
            found.quantity,
        )
        return looked

    def _annotate(self, conn: Connection[Any], rows: Rows, written: Written) -> NDArray[np.int64]:
        news = self._seen.news(written.meter_id, rows.columns, written.values)
        seen.put(conn, news)
        newest = self._board.newest(closing.meters(written.meter_id))
        now_us = int(self._clock() * 1e6)
        dirty.mark(conn, Stage.ENERGY, closing.marks(written.meter_id, written.time, newest, now_us))
        late.put(conn, late.behind(written.meter_id, written.time, newest, now_us))
        return news

    def _remember(self, rows: Rows, written: Written, news: NDArray[np.int64]) -> None:
        self._seen.hold(news)
        self._board.offer(written.meter_id, written.time, written.batch_id, rows.columns, written.values)
        self._flushed()

    def _flush_on(self) -> None:
        failing, due = False, time.monotonic() + _FLUSH_S
        while not self._closing.wait(max(0.0, due - time.monotonic())):
            due = time.monotonic() + _FLUSH_S
            try:
                if self._board.flush(self._db):
                    self._flushed()
            except StorageError as error:
                if not failing:
                    _LOG.warning("the newest readings wait to be shown: %s", error)
                failing = True
            else:
                failing = False


def _nobody() -> None:
    """Waits for news."""


def _outcomes(rows: Rows, written: Written) -> NDArray[np.uint8]:
    """uint8[n] over all rows of the write; one in which nothing was read stands already."""
    outcome = np.where(rows.known, Outcome.DUPLICATE, Outcome.UNKNOWN_METER).astype(np.uint8)
    outcome[rows.origin] = written.outcome
    return outcome
