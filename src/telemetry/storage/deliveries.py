"""Deliveries of alerts: written with the change that they tell of, leased by a sender, kept as a log."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import structs
from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from alerts.notice import Notice
from alerts.routing import Draft
from telemetry.storage import queries
from telemetry.storage.carried import Row

_SQL = queries.beside(__file__)
_MOST = 1000
"""Alerts that go in one message."""
_AHEAD = 200
"""Messages that are known beforehand."""


Grouping: TypeAlias = Callable[[str, str], Sequence[str] | None]
"""Of a contact's channel: in what that goes in one message has to be alike; None: each goes alone."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first row of a message that is due."""

    id: int
    key: str
    bundle: str | None
    contact: str
    channel: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes in one message, leased by who sends it."""

    key: str
    contact: str
    channel: str
    notices: tuple[Notice, ...]
    attempts: int
    """This one included."""
    renewal: int
    step: int
    """0: told at once; more: passed on, as nobody acknowledged."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the log."""

    id: int
    key: str
    transition: str
    alert: str
    what: str
    contact: str
    channel: str
    step: int
    renewal: int
    notice: Any
    state: str
    bundle: str | None
    created_at: datetime
    due: datetime
    attempts: int
    tried_at: datetime | None
    sent_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Which rows are asked for."""

    states: Sequence[str] | None = None
    """None: all."""
    contact: str | None = None
    contacts: Collection[str] | None = None
    """Those of whoever asks; None: all."""
    alert: str | None = None
    before: int | None = None
    """Only those with a smaller number."""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """Who sends, now, and until when it holds what it takes."""

    holder: str
    now: datetime
    until: datetime


def put(conn: Connection[Any], notice: Notice, drafts: Iterable[Draft], now: datetime) -> None:
    """What stands already stays as it is."""
    rows = [
        asdict(draft)
        | {"transition": notice.id, "alert": notice.alert, "what": notice.what, "renewal": 0, "now": now}
        | {"notice": Jsonb(msgspec.to_builtins(notice))}
        for draft in drafts
    ]
    if rows:
        conn.cursor().executemany(_SQL["put"], rows)


def take_over(conn: Connection[Any], rows: Sequence[Row]) -> None:
    """Those that were made and sent while the database was away; twice the same changes nothing."""
    if rows:
        given = [structs.asdict(row) | {"notice": Jsonb(msgspec.to_builtins(row.notice))} for row in rows]
        conn.cursor().executemany(_SQL["take_over"], given)


def awaiting(conn: Connection[Any], until: datetime) -> list[Row]:
    """What has to be sent by then."""
    found = conn.cursor(row_factory=dict_row).execute(_SQL["awaiting"], {"until": until, "limit": _AHEAD})
    return msgspec.convert(found.fetchall(), list[Row])


def told(conn: Connection[Any], alerts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Who is told of alerts, and wants to know of their end: (contact, channel) by alert."""
    found: dict[str, list[tuple[str, str]]] = {}
    for alert, contact, channel in conn.execute(_SQL["told"], {"alerts": list(alerts)}):
        found.setdefault(alert, []).append((contact, channel))
    return found


def take_back(conn: Connection[Any], alerts: Sequence[str], reason: str, *, renewals: bool) -> None:
    """Nobody further is told of these alerts; with `renewals` what repeats them ends too."""
    conn.execute(_SQL["take_back"], {"alerts": list(alerts), "reason": reason, "renewals": renewals})


def head(conn: Connection[Any], turn: Turn) -> Head | None:
    """The message that is due longest, locked until the transaction ends; others' are left to them."""
    conn.execute(_SQL["end_renewals"])
    return (
        conn.cursor(row_factory=class_row(Head))
        .execute(_SQL["head"], {"now": turn.now, "holder": turn.holder})
        .fetchone()
    )


def following(conn: Connection[Any]) -> datetime | None:
    """When the next message is due, or left by who sends it; None: there is none."""
    row = conn.execute(_SQL["next"]).fetchone()
    return row[0] if row else None


def take(conn: Connection[Any], first: Head, turn: Turn, group: Sequence[str] | None) -> Bundle:
    """Lease it; one that was begun before stays what it was, another one takes what waits beside it.

    `group`: in what that has to be like it, of rule, area and source; None: it goes alone.
    """
    if first.bundle is None:
        asked = {"contact": first.contact, "channel": first.channel, "now": turn.now, "limit": _MOST}
        beside = asked | {"id": first.id, "group": list(group or ())}
        ids = [] if group is None else [row[0] for row in conn.execute(_SQL["beside"], beside)]
        conn.execute(_SQL["bundle"], {"key": first.key, "ids": [*{first.id, *ids}]})
    leased = {"key": first.key, "holder": turn.holder, "until": turn.until, "now": turn.now}
    rows = sorted(conn.execute(_SQL["lease"], leased).fetchall())
    notices = tuple(msgspec.convert(row[1], Notice) for row in rows)
    step = min(row[4] for row in rows)
    return Bundle(first.key, first.contact, first.channel, notices, rows[0][2], rows[0][3], step)


def extend(conn: Connection[Any], key: str, turn: Turn) -> None:
    conn.execute(_SQL["extend"], {"key": key, "holder": turn.holder, "until": turn.until})


def sent(conn: Connection[Any], key: str, now: datetime) -> None:
    """The receiver has it, whoever sent it."""
    conn.execute(_SQL["sent"], {"key": key, "now": now})


def renew(conn: Connection[Any], key: str, new: str, due: datetime, now: datetime) -> None:
    """Let the same be sent once more later, under a key of its own."""
    conn.execute(_SQL["renew"], {"key": key, "new": new, "due": due, "now": now})


def failed(  # what the log says of an attempt
    conn: Connection[Any], key: str, holder: str, error: str, due: datetime, *, final: bool
) -> None:
    """Tried again when it is `due`, unless that is of no use."""
    asked = {"key": key, "holder": holder, "error": error, "due": due, "final": final}
    conn.execute(_SQL["failed"], asked)


def listed(conn: Connection[Any], asked: Listing) -> list[Delivery]:
    """The newest first."""
    lists = {"states": asked.states, "contacts": asked.contacts}
    columns = asdict(asked) | {name: None if each is None else list(each) for name, each in lists.items()}
    return conn.cursor(row_factory=class_row(Delivery)).execute(_SQL["listed"], columns).fetchall()


def one(conn: Connection[Any], number: int) -> Delivery | None:
    return conn.cursor(row_factory=class_row(Delivery)).execute(_SQL["one"], {"id": number}).fetchone()


def retry(conn: Connection[Any], number: int, now: datetime) -> bool:
    """Try a dead letter again, with all that went with it; False when it is not dead."""
    return conn.execute(_SQL["retry"], {"id": number, "now": now}).rowcount > 0
