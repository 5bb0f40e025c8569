"""Who is to be told of changes of alerts: written in the transaction that keeps the changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from alerts.errors import RuleError
from alerts.journal import Transition, What
from alerts.kinds import read_rule
from alerts.notice import Notice
from alerts.routing import Draft, drafts, ending
from alerts.rule import Rule
from telemetry.model import Site
from telemetry.reports.notices import Notices
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import alert_rules, deliveries
from telemetry.storage.alert_rules import Document, Standing
from telemetry.storage.carried import Known, Row, heard
from telemetry.storage.pool import Transaction

Put: TypeAlias = Callable[[str], Standing | None]
"""A rule that was put through the API, as it was put last, by its code."""
OVER = "the alert is over"
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
        now = datetime.now(UTC)
        for notice, made in self._begun(changes, lambda code: alert_rules.last(tx, code)):
            deliveries.put(tx, notice, made, now)
        over = [change for change in changes if change.what is What.RESOLVED]
        alerts = [change.alert for change in over]
        if not over or not self._somebody:
            return
        deliveries.take_back(tx, alerts, OVER, renewals=True)
        told = deliveries.told(tx, alerts)
        for notice, made in self._over(over, told, lambda code: alert_rules.last(tx, code)):
            deliveries.put(tx, notice, made, now)

    def meanwhile(self, changes: Sequence[Transition], known: Known, rows: Sequence[Row]) -> Iterator[Row]:
        """The same while the database is away, by what it told last and by what was made since."""
        now, put = datetime.now(UTC), {str(each.document["code"]): each for each in known.rules}
        begun = [
            Row.of(draft, notice, now) for notice, made in self._begun(changes, put.get) for draft in made
        ]
        over = [change for change in changes if change.what is What.RESOLVED]
        alerts = [change.alert for change in over]
        told = {alert: [*known.told.get(alert, ()), *heard((*rows, *begun), alert)] for alert in alerts}
        yield from begun
        for notice, made in self._over(over, told, put.get):
            yield from (Row.of(draft, notice, now) for draft in made)

    @property
    def _somebody(self) -> bool:
        return self._current.plan.site is not None and bool(self._current.plan.directory.contacts)

    def _words(self, plan: Plan, site: Site) -> Notices:
        if self._notices is None or plan is not self._plan:
            self._plan, self._notices = plan, Notices(plan, site, self._notices)
        return self._notices

    def _begun(self, changes: Sequence[Transition], put: Put) -> Iterator[tuple[Notice, list[Draft]]]:
        plan = self._current.plan
        if plan.site is None or not plan.directory.contacts:
            return
        notices, zone = self._words(plan, plan.site), plan.zone
        for change in changes:
            if change.what in _BEGINS and not change.quiet:
                own = None if notices.knows(change.rule) else put(change.rule)
                notice = _notice(notices, change, own)
                directory = plan.directory if own is None or own.owner is None else plan.directory.of_areas()
                yield notice, drafts(directory, notice, zone)

    def _over(
        self, changes: Sequence[Transition], told: Mapping[str, Sequence[tuple[str, str]]], put: Put
    ) -> Iterator[tuple[Notice, list[Draft]]]:
        """Who was told that it began is told that it is over, though a silence has begun meanwhile."""
        plan = self._current.plan
        if plan.site is None or not plan.directory.contacts:
            return
        notices, zone = self._words(plan, plan.site), plan.zone
        for change in changes:
            if change.alert in told:
                own = None if notices.knows(change.rule) else put(change.rule)
                notice = _notice(notices, change, own)
                yield notice, ending(plan.directory, notice, zone, told[change.alert])


def _notice(notices: Notices, change: Transition, put: Standing | None) -> Notice:
    return notices.of(change, _read(put.document) if put else None)


def _read(document: Document) -> Rule | None:
    """None where it cannot be a rule any more."""
    try:
        return read_rule(document)
    except RuleError:
        return None
