"""Alerts while the database is away: judged by what it told last, told from the disk, then handed over."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import structs

from alerts.engine import Engine
from alerts.journal import Recalled, Transition, What
from alerts.rule import Rule
from alerts.silence import Silence
from alerts.watch import quantities_of
from alerts.window import Window
from telemetry.jobs.telling import OVER, Teller
from telemetry.reports.watched import declared_park
from telemetry.settings.current import Current
from telemetry.storage import alerts, deliveries
from telemetry.storage.alert_rules import Standing
from telemetry.storage.carried import Known, Row, ended, open_after
from telemetry.storage.errors import OutboxFull, StorageError, StorageUnavailable
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Connections, Transaction

_LOG = logging.getLogger(__name__)
_AHEAD = timedelta(hours=24)
"""Messages that are due until then are known beforehand."""
_NOTHING = Known(rules=[], silences=(), open=[], told={}, waiting=[])


class Meanwhile:
    """What a worker that evaluates alerts does without its journal."""

    def __init__(self, outbox: Outbox, database: Connections, current: Current) -> None:
        self._outbox = outbox
        self._database = database
        self._teller = Teller(current)

    @property
    def known(self) -> Known | None:
        return self._outbox.known

    @property
    def pending(self) -> bool:
        return self._outbox.pending

    def note(self, engine: Engine | None, stored: list[Standing], silences: tuple[Silence, ...]) -> None:
        """How things stand, as long as the database tells; without an engine another process judges.

        Raises StorageError.
        """
        known = None
        if engine is not None:
            opened = engine.open_unread()
            with self._database.connection() as tx:
                told = deliveries.told(tx, [each.alert for each in opened])
                waiting = deliveries.awaiting(tx, datetime.now(UTC) + _AHEAD)
            known = Known(rules=stored, silences=silences, open=opened, told=told, waiting=waiting)
        self._know(known)

    def _know(self, known: Known | None) -> None:
        try:
            self._outbox.know(known)
        except OutboxFull as error:
            _LOG.warning("how alerts stand is not kept on the disk: %s", error)

    def begin(self, since_us: int) -> None:
        """The database has not answered since; what it was to send meanwhile is sent from here."""
        if self._outbox.away_us is not None:
            return
        known = self.known
        self._outbox.away_us = known.away_us if known and known.away_us else since_us
        if known is not None:
            self._know(structs.replace(known, away_us=self._outbox.away_us))
            self._put((), known.waiting)

    @property
    def going_on(self) -> bool:
        """Whether the database has not answered yet."""
        return self._outbox.away_us is not None

    def over(self) -> None:
        """It answers."""
        self._outbox.away_us = None

    def away_s(self, now_us: int) -> float:
        since = self._outbox.away_us
        return 0.0 if since is None else max(0.0, (now_us - since) / 1e6)

    def deputy(self, current: Current, rules: Sequence[Rule], now_us: int) -> Engine:
        """For a process that has not seen the database yet: rules that need no reading, as they stood."""
        park = declared_park(current.plan, datetime.fromtimestamp(now_us / 1e6, UTC))
        unread = [rule for rule in rules if rule.unread]
        engine = Engine(unread, Window(park, quantities_of(unread)))
        engine.window.begun_us = now_us
        opened = open_after(self.known.open if self.known else (), self._outbox.changes)
        engine.resume(Recalled(opened, (), 0), now_us)
        return engine

    def tell(self, changes: Sequence[Transition]) -> bool:
        """Whether they are on the disk with their messages; else they wait in memory."""
        known = self.known or _NOTHING
        over = [change.alert for change in changes if change.what is What.RESOLVED]
        made = list(self._teller.meanwhile(changes, known, (*known.waiting, *self._outbox.rows)))
        return self._put(changes, made, over)

    def _put(self, changes: Sequence[Transition], rows: Sequence[Row], over: Sequence[str] = ()) -> bool:
        try:
            self._outbox.take_back(over, OVER)
            self._outbox.put(changes, rows)
        except OutboxFull as error:
            _LOG.error("nobody is told of what happens until the database answers: %s", error)
            return False
        return True

    def hand_over(self, *, deserted: bool, now_us: int) -> None:
        """The journal takes over what happened and what was sent, with its times; then it is kept there.

        `deserted`: another process judges by now, and knows nothing of the alerts that are open here.

        Raises StorageUnavailable.
        """
        left = open_after((), self._outbox.changes) if deserted else ()
        like = {change.alert: change for change in self._outbox.changes}
        endings = [ended(each, now_us, like) for each in left]

        def put(changes: Sequence[Transition], rows: Sequence[Row]) -> None:
            try:
                with self._database.connection() as tx:
                    self._take_over(tx, changes, rows, endings)
            except StorageUnavailable:
                raise
            except StorageError as error:
                _LOG.error("the journal takes over one by one what happened without it: %s", error)
                self._one_by_one(changes, rows)

        self._outbox.hand_over(put)
        _LOG.info("the journal has taken over what happened while the database was away")

    def _take_over(
        self,
        tx: Transaction,
        changes: Sequence[Transition],
        rows: Sequence[Row],
        endings: Sequence[Transition],
    ) -> None:
        alerts.put(tx, [*changes, *endings])
        deliveries.take_over(tx, rows)
        over = [change for change in changes if change.what is What.RESOLVED]
        self._teller.tell(tx, [*over, *endings])

    def _one_by_one(self, changes: Sequence[Transition], rows: Sequence[Row]) -> None:
        """What the journal refuses for good must not hold up the rest. Raises StorageUnavailable."""
        for change, row in (*((change, None) for change in changes), *((None, row) for row in rows)):
            try:
                with self._database.connection() as tx:
                    alerts.put(tx, [change] if change else [])
                    deliveries.take_over(tx, [row] if row else [])
            except StorageUnavailable:
                raise
            except StorageError as error:
                _LOG.error("the journal refuses what happened while it was away: %s", error)
