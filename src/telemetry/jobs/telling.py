"""Who is to be told of changes of alerts: written in the transaction that keeps the changes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.errors import RuleError
from alerts.journal import Transition, What
from alerts.kinds import read_rule
from alerts.notice import Notice
from alerts.routing import drafts, ending
from alerts.rule import Rule
from telemetry.reports.notices import Notices
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import alert_rules, deliveries
from telemetry.storage.alert_rules import Document, Standing
from telemetry.storage.pool import Transaction

_BEGINS = {What.FIRED, What.RAISED, What.REVEALED, What.STORMED}


class Teller:
    """Goes by the contacts and routes that hold at the time."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._plan: Plan | None = None
        self._notices: Notices | None = None

    def tell(self, tx: Transaction, changes: Sequence[Transition]) -> None:
        """In `tx`, with the changes themselves; twice the same changes nothing.

        What a rule of single areas found is told where a route names areas.
        """
        plan = self._current.plan
        if plan.site is None or not plan.directory.contacts:
            return
        if self._notices is None or plan is not self._plan:
            self._plan, self._notices = plan, Notices(plan, plan.site)
        zone, now = plan.zone, datetime.now(UTC)
        for change in changes:
            if change.what in _BEGINS and not change.quiet:
                put = _put(tx, self._notices, change)
                notice = _notice(self._notices, change, put)
                directory = plan.directory if put is None or put.owner is None else plan.directory.of_areas()
                deliveries.put(tx, notice, drafts(directory, notice, zone), now)
        self._end(tx, [change for change in changes if change.what is What.RESOLVED], now)

    def _end(self, tx: Transaction, changes: Sequence[Transition], now: datetime) -> None:
        """Who was told that it began is told that it is over, though a silence has begun meanwhile."""
        plan, notices = self._plan, self._notices
        if not changes or plan is None or plan.site is None or notices is None:
            return
        alerts = [change.alert for change in changes]
        deliveries.take_back(tx, alerts, "the alert is over", renewals=True)
        told = deliveries.told(tx, alerts)
        for change in changes:
            if change.alert in told:
                notice = _notice(notices, change, _put(tx, notices, change))
                made = ending(plan.directory, notice, plan.zone, told[change.alert])
                deliveries.put(tx, notice, made, now)


def _put(tx: Transaction, notices: Notices, change: Transition) -> Standing | None:
    """A rule that was put through the API, as it was put last; None: a file has it."""
    return None if notices.knows(change.rule) else alert_rules.last(tx, change.rule)


def _notice(notices: Notices, change: Transition, put: Standing | None) -> Notice:
    return notices.of(change, _read(put.document) if put else None)


def _read(document: Document) -> Rule | None:
    """None where it cannot be a rule any more."""
    try:
        return read_rule(document)
    except RuleError:
        return None
