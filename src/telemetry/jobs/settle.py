"""The settling of the park: marks become quarter hours, and quarter hours the statement."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np

from accounting.grid import SLOT_US, floor_slot, to_us
from telemetry.jobs import activities, quarter_hours, statement, virtual
from telemetry.jobs.basis import Basis
from telemetry.jobs.ranges import DAY_US, joined
from telemetry.reports.factors import Factors
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import dirty, edition, progress, records, registry
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.errors import StorageError, StorageUnavailable
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.readings import Ranges

_LOG = logging.getLogger(__name__)
_PAUSE_S = 0.5
_METERS = 1000
_WORKERS = 2
_QUARTER = timedelta(microseconds=SLOT_US)
_EVER = timedelta(days=36_500)
_RETRY_S = 60.0
_BACKOFF_S = 5.0
_AFTER_EDGE_S = 60.0
"""How long after the end of a quarter hour meters that went silent in it are settled."""


def basis_of(plan: Plan) -> Basis:
    """What the plan's statement is made by."""
    library = plan.library
    return Basis(
        plan.zone,
        Factors(library.factors, library.regions),
        library.coal,
        plan.tariff,
        plan.own_tariffs,
        library.potentials,
        plan.site.region if plan.site else "",
        library.fuels,
        library.heating_values,
    )


class Worker:
    """One settler of marks; any number may work on one database, each meter is held by one at a time."""

    def __init__(self, db: Database, basis: Basis, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives the wall's time [s]."""
        self._db = db
        self._basis = basis
        self._clock = clock
        self._limit = _METERS
        self._postponed: dict[int, float] = {}
        self._digests = basis.digests()
        self._stale = False

    def start(self) -> None:
        """Mark what changed while no worker ran: libraries, meters that went silent. Raises StorageError."""
        with self._db.connection() as tx:
            edition.change(tx)
            changes = [
                edition.changed(tx, library, digest, self._now()) for library, digest in self._digests.items()
            ]
            if any(changes):
                dirty.mark_all_energy(tx)
                records.mark_all(tx)
        self.sweep(_EVER)

    def sweep(self, back: timedelta = _QUARTER) -> None:
        """Mark meters that are silent since a quarter hour that ended no longer than `back` ago."""
        edge = datetime.fromtimestamp(floor_slot(to_us(self._now())) // 1_000_000, UTC)
        with self._db.connection() as tx:
            dirty.mark_newest(tx, edge - back, edge)
            progress.forget(tx)

    def drain(self) -> None:
        """Settle until no mark is left that could be taken. Raises StorageError."""
        while self.step():
            pass

    def step(self) -> bool:
        """Settle some meters in each stage; False when no marks were there. Raises StorageUnavailable.

        A meter that cannot be settled is left alone for a minute, so that the others go on.
        """
        worked = [self._step(stage) for stage in Stage]
        return any([*worked, self._activities()])

    def _activities(self) -> bool:
        try:
            with self._db.connection() as tx:
                return self._current(tx) and activities.settle(tx, self._basis.rating, self._now())
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001  # the meters go on
            _LOG.exception("activities could not be settled; they are tried again")
            return False

    def _step(self, stage: Stage) -> bool:
        held: list[int] = []
        try:
            with self._db.connection() as tx:
                if not self._current(tx):
                    return False
                marks = dirty.take(tx, stage, self._basis.zone, self._limit, self._left_alone())
                held = np.unique(marks.meter_id).tolist()
                if held:
                    self._settle(tx, stage, marks)
                    progress.note(tx, stage, _days(marks))
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001  # whatever is wrong with one meter must not stop the others
            self._failed(stage, held)
        return bool(held)

    def _current(self, tx: Transaction) -> bool:
        """Whether the statement is made by this worker's libraries; else it is left to the others."""
        stale = not edition.holds(tx, self._digests)
        if stale and not self._stale:
            _LOG.warning("settling waits: another process settles by other factors, coefficients or tariffs")
        self._stale = stale
        return not stale

    def _settle(self, tx: Transaction, stage: Stage, marks: Marks) -> None:
        now, meters = self._now(), registry.read(tx, np.unique(marks.meter_id).tolist()).by_id
        if stage is Stage.ENERGY:
            reckoned = {meter_id: meter for meter_id, meter in meters.items() if meter.virtual}
            of_reckoned = np.isin(marks.meter_id, list(reckoned))
            quarter_hours.settle(tx, meters, marks.picked(~of_reckoned), to_us(now))
            virtual.settle(tx, reckoned, marks.picked(of_reckoned))
        else:
            statement.settle(tx, meters, marks, self._basis, now)

    def _failed(self, stage: Stage, held: list[int]) -> None:
        """Look for the meter at fault one by one; once it is found, leave it alone for a while."""
        if len(held) != 1:
            _LOG.warning("settling %d meters (%s) failed; looking for the one at fault", len(held), stage)
            self._limit = 1
            return
        _LOG.exception("meter %d could not be settled (%s)", held[0], stage)
        self._postponed[held[0]] = time.monotonic() + _RETRY_S
        self._limit = _METERS

    def _left_alone(self) -> list[int]:
        now = time.monotonic()
        self._postponed = {meter: until for meter, until in self._postponed.items() if until > now}
        return list(self._postponed)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


class Crew:
    """Workers side by side: while the database writes for one, another reckons."""

    def __init__(self, db: Database, basis: Basis) -> None:
        self._workers = [Worker(db, basis) for _ in range(_WORKERS)]
        self.first = self._workers[0]
        """Marks what is to be done, for all of them."""

    def drain(self) -> None:
        """Settle until no mark is left that could be taken. Raises StorageError."""
        while self.step():
            pass

    def step(self) -> bool:
        """A step of each; False when no marks were there. Raises StorageUnavailable."""
        with ThreadPoolExecutor(len(self._workers), "settle") as pool:
            return any([*pool.map(Worker.step, self._workers)])


class Settler:
    """A crew in threads of its own, for as long as the service runs."""

    def __init__(self, db: Database, current: Current) -> None:
        self._db = db
        self._current = current

    async def run(self) -> None:
        """Settle until cancelled; the step that runs then is let finish."""
        stop = threading.Event()
        work = asyncio.ensure_future(asyncio.to_thread(self._work, stop))
        try:
            await asyncio.shield(work)
        finally:
            stop.set()
            await work

    def _work(self, stop: threading.Event) -> None:
        plan, failing, swept = None, False, _edge()
        while not stop.is_set():
            try:
                if plan is not self._current.plan:
                    crew, plan = self._begun(self._current.plan)
                if _edge() != swept:
                    crew.first.sweep()
                    swept = _edge()
                stop.wait(0.0 if crew.step() else _PAUSE_S)
                failing = False
            except StorageError as error:
                if not failing:
                    _LOG.warning("settling waits for the database: %s", error)
                failing = True
                stop.wait(_BACKOFF_S)

    def _begun(self, plan: Plan) -> tuple[Crew, Plan]:
        """A crew by this plan, with what the plan changed marked."""
        crew = Crew(self._db, basis_of(plan))
        crew.first.start()
        return crew, plan


def _days(marks: Marks) -> int:
    """Days of meters that the marks touch."""
    first, last = marks.lo // DAY_US, np.maximum(marks.lo, marks.hi - 1) // DAY_US + 1
    whole = joined(Ranges(marks.meter_id, first * DAY_US, last * DAY_US), 0)
    return int(((whole.hi - whole.lo) // DAY_US).sum())


def _edge() -> int:
    """The last quarter hour whose silent meters are due [us]."""
    return floor_slot(int((time.time() - _AFTER_EDGE_S) * 1e6))
