"""Which deliveries follow from a change of an alert: to whom, by which channel, when at the earliest."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.channel import Channel
from alerts.contacts import Contact, Directory, Route
from alerts.journal import What
from alerts.notice import Notice
from alerts.rule import Severity

_WAIT_S = 10.0
"""How long the end of an alert waits for that of others."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One delivery that has to be made."""

    key: str
    """The same whenever the same change is told to the same contact by the same channel."""
    contact: str
    channel: str
    step: int
    """0: at once; more: an escalation, which an acknowledgement or the end of the alert takes back."""
    follow_up: bool
    """Whether the end of the alert is told too."""
    not_before: datetime
    due: datetime
    """By then it goes, with what has come for the contact meanwhile."""


def drafts(directory: Directory, notice: Notice, zone: ZoneInfo) -> list[Draft]:
    """That an alert began or became graver: each channel once, at the earliest time that any route gives."""
    found: dict[str, Draft] = {}
    for route in directory.routes:
        for draft in _of_route(directory, route, notice, zone) if route.fits(notice) else ():
            stands = found.get(draft.key, draft)
            first = min(stands, draft, key=lambda each: each.due.timestamp())
            found[draft.key] = replace(first, follow_up=stands.follow_up or draft.follow_up)
    return list(found.values())


def ending(
    directory: Directory, notice: Notice, zone: ZoneInfo, told: Iterable[tuple[str, str]]
) -> list[Draft]:
    """That it is over, to those who were told of it: (contact, channel)."""
    found = []
    for code, name in told:
        contact = directory.by_code.get(code)
        channel = contact.channel(name) if contact else None
        if contact is not None and channel is not None:
            wait_s = _WAIT_S if channel.grouped else 0.0
            found.append(_draft(contact, channel, notice, notice.at(zone), wait_s))
    return found


def key(change: str, contact: str, channel: str) -> str:
    """Says nothing of whom or what to a stranger, and is no longer than headers allow."""
    return hashlib.sha256(f"{change}\n{contact}\n{channel}".encode()).hexdigest()[:32]


def _of_route(directory: Directory, route: Route, notice: Notice, zone: ZoneInfo) -> Iterator[Draft]:
    for step, (after_s, codes) in enumerate(route.steps()):
        at = _later(notice.at(zone), after_s)
        for contact in (directory.by_code[code] for code in codes):
            for channel in contact.channels:
                wait_s = route.wait if channel.grouped and not step else 0.0
                draft = _draft(contact, channel, notice, at, wait_s)
                yield replace(draft, step=step, follow_up=What.RESOLVED in route.of)


def _draft(contact: Contact, channel: Channel, notice: Notice, at: datetime, wait_s: float) -> Draft:
    free = contact.quiet.ends(at, Severity(notice.severity)) if contact.quiet else at
    due = max(free, _later(at, wait_s), key=datetime.timestamp)
    named = key(notice.id, contact.code, channel.name)
    return Draft(named, contact.code, channel.name, 0, follow_up=False, not_before=free, due=due)


def _later(at: datetime, seconds: float) -> datetime:
    """By the time that passes, whatever the park's clock does meanwhile."""
    return (at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(at.tzinfo)
