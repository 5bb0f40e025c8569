"""The worker that evaluates the alert rules: it alone of all processes, as long as its lease goes."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from alerts.errors import LeaseLost
from alerts.journal import Transition
from alerts.look import Circumstances
from alerts.park import Park
from alerts.rule import Rule
from alerts.watch import Watch
from telemetry.jobs.telling import Teller
from telemetry.reports.watched import StoredHistory, park_of
from telemetry.settings.alert_rules import holding
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import registry
from telemetry.storage.alerts import LEASE_S, StoredJournal
from telemetry.storage.errors import StorageError, StorageUnavailable
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
_TICK_S = 0.5
_SLOW_S = 30.0  # how old the park may be


class Alerter:
    """Judges twice a second; what the journal does not take is tried again."""

    def __init__(
        self,
        database: Database,
        current: Current,
        beside: Callable[[], Circumstances] = Circumstances,
        clock: Callable[[], float] = time.time,
        *,
        lease_s: float = LEASE_S,
    ) -> None:
        """`beside` is asked at every tick, `clock` gives the wall's time [s]."""
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._current = current
        self._beside = beside
        self._clock = clock
        self._journal = StoredJournal(database, Teller(current).tell, lease_s)
        self._history = StoredHistory(database)
        self._plan: Plan | None = None
        self._renewed = 0.0
        self._rules: tuple[Rule, ...] = ()
        self.watch: Watch | None = None
        self._told = ""

    async def run(self) -> None:
        """Until cancelled; then another process may begin at once."""
        try:
            while True:
                started = time.monotonic()
                await asyncio.to_thread(self._attempt)
                await asyncio.sleep(max(0.0, started + _TICK_S - time.monotonic()))
        finally:
            with suppress(StorageError):
                self._journal.release(self.holder)

    def _attempt(self) -> None:
        try:
            self.step()
        except LeaseLost:
            self.watch = None
        except StorageUnavailable as error:
            self._tell(f"alerts wait for the database: {error}")
        except Exception as error:  # noqa: BLE001  # alerts that fail must not end the service
            self._tell(f"alerts cannot be evaluated: {error}", error)
        else:
            self._told = ""

    def _tell(self, what: str, error: Exception | None = None) -> None:
        if what != self._told:
            _LOG.error("%s", what, exc_info=error)
        self._told = what

    def step(self) -> Sequence[Transition]:
        """Judge once; what changed. Raises LeaseLost, StorageError."""
        now = self._clock()
        plan = self._current.plan
        if plan.site is None:
            return []
        if self.watch is None or plan is not self._plan or abs(now - self._renewed) >= _SLOW_S:
            self._renew(plan, now)
        return self.watch.tick(int(now * 1e6), self._beside()) if self.watch else []

    def _renew(self, plan: Plan, now: float) -> None:
        """A park or rules that have changed are watched anew, with what the journal holds."""
        at = datetime.fromtimestamp(now, UTC)
        park = park_of(registry.load(self._database), plan, at)
        rules = holding(plan.rules, at.astimezone(park.zone).date())
        if self.watch is None or not self._stands(park, rules):
            self.watch = Watch(self._journal, self._history, self.holder, park, rules)
        self._plan, self._rules, self._renewed = plan, rules, now

    def _stands(self, park: Park, rules: tuple[Rule, ...]) -> bool:
        return self.watch is not None and rules == self._rules and park.alike(self.watch.window.park)
