"""The worker that evaluates the alert rules: it alone of all processes, as long as its lease goes."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from alerts.engine import Engine, Health
from alerts.errors import LeaseLost
from alerts.journal import Transition
from alerts.look import Circumstances
from alerts.park import Park
from alerts.rule import Rule
from alerts.silence import Silence
from alerts.watch import Watch
from ingest.health import SourceHealth
from telemetry.jobs.beside import Beside
from telemetry.jobs.losses import Losses
from telemetry.jobs.meanwhile import Meanwhile
from telemetry.jobs.telling import Teller
from telemetry.reports.own_rules import narrowed
from telemetry.reports.watched import StoredHistory, park_of
from telemetry.settings.alert_rules import holding, read_stored
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import alert_rules, registry, silences
from telemetry.storage.alert_rules import Standing
from telemetry.storage.alerts import LEASE_S, StoredJournal
from telemetry.storage.errors import StorageError, StorageUnavailable
from telemetry.storage.latest import Newest, nothing_newer
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Answers, Database

_LOG = logging.getLogger(__name__)
_TICK_S = 0.5  # between judgements while nothing is read
_LEAST_S = 0.2  # between judgements while readings come
_PATIENCE_S = 30.0  # with a database that takes a question and does not answer
_STANDING_IN_S = 2.0  # between judgements meanwhile
_GOODBYE_S = 5.0  # for the judgement that runs when it ends
_SET_BACK_S = 1.0  # by less no clock is
_SLOW_S = 30.0  # how old the park may be
_OFTEN_S = 2.0  # how old silences, and rules put through the API, may be


class Alerter:
    """Judges twice a second, and when readings have come; what the journal does not take is tried again."""

    def __init__(
        self,
        database: Database,
        current: Current,
        beside: Callable[[], Circumstances] = Circumstances,
        clock: Callable[[], float] = time.time,
        *,
        lease_s: float = LEASE_S,
        tick_s: float = _TICK_S,
        told: Callable[[], None] = lambda: None,
        outbox: Outbox | None = None,
        heard: Callable[[], Mapping[str, int]] = dict,
        fresh: Callable[[Sequence[str]], Newest] = nothing_newer,
        sources: Callable[[], Iterable[SourceHealth]] = tuple,
    ) -> None:
        """`beside` and `sources` are asked at every tick, `clock` gives the wall's time [s].

        `told`: messages may be due. `outbox`: for while the database is away; `heard` tells then when whoever
        reads each meter heard of it last [us]. `fresh`: readings committed here and not shown yet.
        """
        self._call = told
        self._tick_s = tick_s
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._asking = Answers(database)
        self._current = current
        self._beside = beside
        self._asked_beside = Beside(self._asking)
        self._losses = Losses(self._asking, sources)
        self._clock = clock
        self._meanwhile = Meanwhile(outbox, self._asking, current) if outbox else None
        self._deputy: Engine | None = None
        self._heard = heard
        self._answered: float | None = None
        self._refused = 0.0
        self._lease_s = lease_s
        self._journal = StoredJournal(self._asking, Teller(current).tell, lease_s)
        self._history = StoredHistory(self._asking, fresh)
        self._plan: Plan | None = None
        self._renewed = 0.0
        self._rules: tuple[Rule, ...] = ()
        self.watch: Watch | None = None
        self._told = ""
        self._asked = self._noted = self._judged = 0.0
        self._stored: list[Standing] = []
        self._silences: tuple[Silence, ...] = ()

    def health(self) -> Mapping[str, Health]:
        """Of the rules that this process evaluates, by code."""
        watch = self.watch
        if watch is None or not watch.begun:
            return {}
        return watch.engine.health()

    async def run(self) -> None:
        """Until cancelled; then another process may begin at once."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                begun = time.monotonic()
                due = begun + self._tick_s
                self._woken.clear()
                await self._attempted()
                await asyncio.sleep(_rest_s(time.monotonic() - begun))
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, due - time.monotonic())):
                        await self._woken.wait()
        finally:
            self._loop = None
            with suppress(StorageError):
                self._journal.release(self.holder)

    async def _attempted(self) -> None:
        """A database that takes a question and never answers is away too."""
        attempt = asyncio.ensure_future(asyncio.to_thread(self._attempt))
        try:
            await self._answered_by(attempt)
        except asyncio.CancelledError:  # one that goes on would take the lease again once it is given back
            await asyncio.wait({attempt}, timeout=_GOODBYE_S)
            raise
        if attempt.result():
            self._call()

    async def _answered_by(self, attempt: asyncio.Future[bool]) -> None:
        begun, rest_s = time.monotonic(), _PATIENCE_S
        while not (await asyncio.wait({attempt}, timeout=rest_s))[0]:
            left_s = max(begun, self._asking.answered) + _PATIENCE_S - time.monotonic()
            rest_s = max(left_s, _STANDING_IN_S)
            if left_s <= 0 and await asyncio.to_thread(self._stand_in):
                self._call()

    def _stand_in(self) -> bool:
        """Go on beside an attempt that hangs; whether messages may be due."""
        watch = self.watch
        if self._meanwhile is None or watch is None or not watch.begun:
            return False
        try:
            return watch.stand_in(partial(self._tell_beside, self._meanwhile, self._clock()))
        except Exception as error:  # noqa: BLE001  # as above
            self._tell(f"alerts cannot be evaluated: {error}", error)
        return False

    def _tell_beside(self, meanwhile: Meanwhile, now: float, waiting: Sequence[Transition]) -> bool:
        """What waits for the journal, under the same keys, and what has happened since."""
        self._begin_meanwhile(now)
        if waiting:
            self._deputy = None
            if not meanwhile.tell(waiting):
                return False
        deputy, beside = self._deputed(meanwhile, now), self._without_readings(now)
        changes = deputy.evaluate_unread(int(now * 1e6), beside)
        return (bool(changes) and meanwhile.tell(changes)) or bool(waiting)

    def wake(self) -> None:
        """Readings have come: judge now, not at the next tick; from any thread."""
        loop = self._loop  # gone once it ends
        if loop is not None:
            with suppress(RuntimeError):  # it has closed meanwhile
                loop.call_soon_threadsafe(self._woken.set)

    def _attempt(self) -> bool:
        """Whether something has changed."""
        try:
            return self._go_on()
        except Exception as error:  # noqa: BLE001  # alerts that fail must not end the service
            self._tell(f"alerts cannot be evaluated: {error}", error)
        return False

    def _go_on(self) -> bool:
        """Whether something has changed, with the database or without."""
        try:
            changed = bool(self.step())
        except LeaseLost:
            self.watch = None
            return False
        except StorageUnavailable as error:
            self._tell(f"alerts wait for the database: {error}")
            return self._wait()
        self._told = ""
        self._answers()
        return changed

    def _answers(self) -> None:
        self._answered = self._clock()
        if self._meanwhile is not None:
            self._meanwhile.over()

    def _wait(self) -> bool:
        """Go on with what is known without the database; whether messages may be due."""
        now = self._clock()
        self._begin_meanwhile(now)
        engine = self._engine_meanwhile(now)
        if engine is None:
            return False
        changes = self.watch.give_up() if self.watch is not None else []
        changes += engine.evaluate_unread(int(now * 1e6), self._without_readings(now))
        if self._meanwhile is not None and self._meanwhile.tell(changes):
            return bool(changes)
        if self.watch is not None:
            self.watch.wait(changes)
        return False

    def _begin_meanwhile(self, now: float) -> None:
        if self._meanwhile is not None:
            self._meanwhile.begin(int((now if self._answered is None else self._answered) * 1e6))

    def _engine_meanwhile(self, now: float) -> Engine | None:
        """None where another process judges, as far as is known."""
        if self.watch is not None and self.watch.begun and not self.watch.superseded:
            return self.watch.engine
        if self._meanwhile is None or self._meanwhile.known is None:
            return None
        return self._deputed(self._meanwhile, now)

    def _deputed(self, meanwhile: Meanwhile, now: float) -> Engine:
        deputy, known = self._deputy, meanwhile.known
        if deputy is None:
            stored, self._silences = (
                (known.rules, known.silences) if known else (self._stored, self._silences)
            )
            rules = self._holding(self._current.plan, datetime.fromtimestamp(now, UTC), stored)
            self._deputy = deputy = meanwhile.deputy(self._current, rules, int(now * 1e6))
        return deputy

    def _without_readings(self, now: float) -> Circumstances:
        away_s = self._meanwhile.away_s(int(now * 1e6)) if self._meanwhile else 0.0
        heard_us = self._heard()
        return replace(self._beside(), silences=self._silences, away_s=away_s, heard_us=heard_us)

    def _tell(self, what: str, error: Exception | None = None) -> None:
        if what != self._told:
            _LOG.error("%s", what, exc_info=error)
        self._told = what

    def step(self) -> Sequence[Transition]:
        """Judge once; what changed. Raises LeaseLost, StorageError."""
        now = self._clock()
        plan = self._current.plan
        if not self._handed_over(now):
            return []
        if plan.site is None:
            return []
        changed = abs(now - self._asked) >= _OFTEN_S and self._asked_anew(now)
        if self._set_back(now):
            self.watch = None
        if self.watch is None or changed or plan is not self._plan or abs(now - self._renewed) >= _SLOW_S:
            self._renew(plan, now)
        if self.watch is None:
            return []
        self._deputy = None
        if self._meanwhile is not None and self._meanwhile.going_on:
            self.watch.window.begun_us = int(now * 1e6)
        lost = self._losses.of_late(now)
        known = replace(self._beside(), silences=self._silences, dropped=lost)
        beside = self._asked_beside.completed(known, plan, self.watch.window.park, self._rules, now)
        found = self.watch.tick(int(now * 1e6), beside)
        if self._meanwhile is not None and self._asked > self._noted:
            engine = self.watch.engine if self.watch.begun else None
            self._meanwhile.note(engine, self._stored, self._silences)
            self._noted = self._asked
        return found

    def _set_back(self, now: float) -> bool:
        """Whether our own clock was: then what is known of the last hour is of another one."""
        before, self._judged = self._judged, now
        return now < before - _SET_BACK_S

    def _handed_over(self, now: float) -> bool:
        """Whether the journal has all that happened without it; the lease decides who goes on with it."""
        if self._meanwhile is None or not self._meanwhile.pending:
            self._refused = 0.0
            return True
        held = self._journal.lease(self.holder)
        self._refused = self._refused or time.monotonic()
        deserted = not held and time.monotonic() - self._refused > 2 * self._lease_s
        if held or deserted:
            self._meanwhile.hand_over(deserted=deserted, now_us=int(now * 1e6))
        return held

    def _asked_anew(self, now: float) -> bool:
        """Whether other rules than before stand in the database."""
        before = self._stored
        with self._asking.connection() as tx:
            self._stored = alert_rules.evaluated(tx)
            self._silences = silences.standing(tx, datetime.fromtimestamp(now, UTC), _owned(self._stored))
        self._asked = now
        return self._stored != before

    def _renew(self, plan: Plan, now: float) -> None:
        """A park or rules that have changed are watched anew, with what the journal holds."""
        at = datetime.fromtimestamp(now, UTC)
        park = park_of(registry.load(self._asking), plan, at)
        rules = self._holding(plan, at, self._stored)
        if self.watch is None or not self._stands(park, rules):
            self.watch = Watch(self._journal, self._history, self.holder, park, rules)
        self._plan, self._rules, self._renewed = plan, rules, now

    @staticmethod
    def _holding(plan: Plan, at: datetime, stored: Iterable[Standing]) -> tuple[Rule, ...]:
        """Those of files, and beside them those that were put through the API."""
        documents = (narrowed(each) for each in stored)
        put = (read_stored(document, plan.site) for document in documents if document is not None)
        filed = {rule.code for rule in plan.rules}
        every = [*plan.rules, *(rule for rule in put if rule is not None and rule.code not in filed)]
        return holding(every, at.astimezone(plan.zone).date())

    def _stands(self, park: Park, rules: tuple[Rule, ...]) -> bool:
        return self.watch is not None and rules == self._rules and park.alike(self.watch.window.park)


def _rest_s(took_s: float) -> float:
    """Between two judgements, however fast readings come: of the time a quarter goes into them at most."""
    return min(max(_LEAST_S - took_s, 3 * took_s), _TICK_S)


def _owned(stored: Iterable[Standing]) -> Mapping[frozenset[str], Sequence[str]]:
    """Codes of the rules by owner, without those of the park."""
    found: dict[frozenset[str], list[str]] = {}
    for each in stored:
        if each.owner is not None:
            found.setdefault(frozenset(each.owner), []).append(str(each.document["code"]))
    return found
