"""What alerts and their messages need while the journal is away, and how it is written to the disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from alerts.journal import Open, Quiet, Transition, What
from alerts.notice import Notice
from alerts.routing import Draft
from alerts.silence import Silence
from telemetry.storage.alert_rules import Standing


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    """Given up."""
    CANCELLED = "cancelled"
    """Nobody has to be told any more."""


class Row(Struct, frozen=True, kw_only=True):
    """One delivery as the database has it, or will have it."""

    key: str
    transition: str
    alert: str
    what: str
    contact: str
    channel: str
    step: int
    follow_up: bool
    renewal: int = 0
    notice: Notice
    state: State = State.WAITING
    bundle: str | None = None
    created_at: datetime
    not_before: datetime
    due: datetime
    attempts: int = 0
    holder: str | None = None
    leased_until: datetime | None = None
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    error: str = ""

    @classmethod
    def of(cls, draft: Draft, notice: Notice, now: datetime) -> "Row":
        return cls(
            key=draft.key,
            transition=notice.id,
            alert=notice.alert,
            what=notice.what,
            contact=draft.contact,
            channel=draft.channel,
            step=draft.step,
            follow_up=draft.follow_up,
            notice=notice,
            created_at=now,
            not_before=draft.not_before,
            due=draft.due,
        )


class Known(Struct, frozen=True, kw_only=True):
    """How things stood when the database answered last."""

    rules: list[Standing]
    """Those that people put through the API."""
    silences: tuple[Silence, ...]
    open: list[Open]
    """Alerts of rules that need no reading."""
    told: dict[str, list[tuple[str, str]]]
    """Who was told of those: (contact, channel) by alert."""
    waiting: list[Row]
    """Deliveries that were still to be made, of whatever rule."""
    away_us: int | None = None
    """Since when it has not answered [us]; None: it does."""

    def after(self, changes: Sequence[Transition], rows: Sequence[Row]) -> "Known":
        """Once the database has all of it, until it tells anew."""
        opened = open_after(self.open, changes)
        whom = {each.alert: self.told.get(each.alert, []) for each in opened}
        told = {alert: [*known, *heard(rows, alert)] for alert, known in whom.items()}
        return structs.replace(self, open=opened, told=told, waiting=[], away_us=None)


class Carried(Struct, frozen=True):
    """What the journal is to take over; one record of the file, or all of them together."""

    known: Known | UnsetType | None = UNSET
    """None: another process judges."""
    changes: Sequence[Transition] = ()
    rows: Sequence[Row] = ()
    """Of those of one key the last counts."""
    gone: Sequence[str] = ()
    """Keys that need not be kept any more."""
    emptied: bool = False
    """The journal has everything of before."""

    def with_(self, later: "Carried") -> "Carried":
        before = Carried(self.known) if later.emptied else self
        changes = {each.id: each for each in (*before.changes, *later.changes)}
        rows = {each.key: each for each in (*before.rows, *later.rows)}
        left = [row for key, row in rows.items() if key not in later.gone]
        known = before.known if later.known is UNSET else later.known
        return Carried(known, list(changes.values()), left)


def heard(rows: Iterable[Row], alert: str) -> list[tuple[str, str]]:
    """Who is told of an alert, and wants to know of its end: (contact, channel)."""
    found = (row for row in rows if row.alert == alert and row.state != State.CANCELLED and row.follow_up)
    return list(dict.fromkeys((row.contact, row.channel) for row in found))


def encode(carried: Carried) -> bytes:
    return _ENCODER.encode(carried)


def decode(data: bytes) -> Carried:
    """Raises msgspec.MsgspecError."""
    found: Carried = _DECODER.decode(data)
    return found


def open_after(before: Iterable[Open], changes: Iterable[Transition]) -> list[Open]:
    """Alerts that are open once all of it happened."""
    found = {each.alert: each for each in before}
    for change in changes:
        if change.what is What.RESOLVED:
            found.pop(change.alert, None)
        elif change.what is not What.STORMED:
            told = change.quiet is Quiet.NO or (change.alert in found and found[change.alert].told)
            found[change.alert] = _opened(change, told=told)
    return list(found.values())


def ended(opened: Open, now_us: int, like: Mapping[str, Transition]) -> Transition:
    """That another process goes on in its place; `like` are the changes by alert."""
    return replace(
        like[opened.alert], what=What.RESOLVED, at_us=max(now_us, opened.fired_us), quiet=Quiet.GONE
    )


def _opened(change: Transition, *, told: bool) -> Open:
    return Open(
        change.rule,
        change.subject,
        change.stage,
        change.since_us,
        change.fired_us,
        change.flapping,
        change.quiet,
        told,
    )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER: Any = msgspec.msgpack.Decoder(Carried)
