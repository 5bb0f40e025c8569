"""Changes of alerts and their messages on the disk, beside the spool, until the journal takes them over."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import structs

from alerts.journal import Transition, What
from alerts.notice import Notice
from ingest.spool.segment import Entry, Segment
from telemetry.storage.carried import Carried, Known, Row, State, decode, encode
from telemetry.storage.deliveries import Bundle, Grouping, Turn
from telemetry.storage.errors import OutboxFull

_LOG = logging.getLogger(__name__)
_SEGMENT = 8 << 20
_MOST = 1000
"""Changes and messages that are kept; further ones wait in memory for the journal."""
_UNSENT = {State.WAITING, State.SENDING}


class Outbox:
    """Used from several threads. Whatever it answers to has been written and synced before."""

    def __init__(self, folder: Path, size: int = _SEGMENT, most: int = _MOST) -> None:
        """`open` makes one."""
        self._folder = folder
        self._size = size
        self._most = most
        self._lock = threading.RLock()
        self._segment: Segment | None = None
        self._number = 0
        self._held = Carried()
        self._rows: dict[str, Row] = {}
        self.away_us: int | None = None
        """Since when the database has not answered [us], as far as this process knows."""
        self._elsewhere: dict[str, int] = {}
        """Attempts by key of messages that the database's own sender had in hand."""

    @classmethod
    def open(cls, folder: Path, size: int = _SEGMENT, most: int = _MOST) -> "Outbox":
        """Take what an earlier process left; the folder is that of who owns the spool beside it."""
        outbox = cls(folder, size, most)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        outbox._recover()
        with suppress(OutboxFull):  # told in the log, and tried again with the next change
            outbox._begin(outbox._held)
        return outbox

    @property
    def known(self) -> Known | None:
        """What the database told last; None: this process does not judge."""
        return self._held.known if isinstance(self._held.known, Known) else None

    @property
    def changes(self) -> Sequence[Transition]:
        return self._held.changes

    @property
    def rows(self) -> Sequence[Row]:
        return self._held.rows

    @property
    def pending(self) -> bool:
        """Whether there is something that the journal has not taken over."""
        return bool(self._held.changes or self._held.rows)

    def know(self, known: Known | None) -> None:
        """Raises OutboxFull."""
        if encode(Carried(known)) != encode(Carried(self.known)):
            self._write(Carried(known))

    def put(self, changes: Sequence[Transition], rows: Sequence[Row]) -> None:
        """In one step; what stands already stays as it is. Raises OutboxFull."""
        with self._lock:
            fresh = [row for row in rows if row.key not in self._rows and not self._in_hand(row)]
            if len(self.changes) + len(changes) > self._most or len(self.rows) + len(fresh) > self._most:
                raise OutboxFull(f"{self._most} messages wait for the database already")
            if changes or fresh:
                self._write(Carried(changes=changes, rows=fresh))

    def leave(self, keys: Iterable[str], attempts: int) -> None:
        """These are sent from the database; should it go away meanwhile, they are not sent from here too."""
        for key in keys:
            self._elsewhere.pop(key, None)
            self._elsewhere[key] = attempts
        for key in list(self._elsewhere)[: -2 * self._most]:
            del self._elsewhere[key]

    def _in_hand(self, row: Row) -> bool:
        """Whether the attempt after which the row stands as it does is not its last one."""
        return row.attempts < self._elsewhere.get(row.key, 0)

    def take_back(self, alerts: Sequence[str], reason: str) -> None:
        """Nobody further is told of these alerts. Raises OutboxFull."""
        with self._lock:
            self._change(
                [
                    structs.replace(row, state=State.CANCELLED, error=reason)
                    for row in self.rows
                    if row.alert in alerts and row.state == State.WAITING and (row.step or row.renewal)
                ]
            )

    def hand_over(self, put: Callable[[Sequence[Transition], Sequence[Row]], None]) -> None:
        """Once `put` returns, the journal has everything. Raises what it raises; then all stays here."""
        with self._lock:
            put(self.changes, self.rows)
            emptied = Carried(self.known and self.known.after(self.changes, self.rows), emptied=True)
            with suppress(OutboxFull):  # after a restart the same is handed over again, and changes nothing
                self._write(emptied)
            self._adopt(self._held.with_(emptied))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes anything meanwhile."""
        with self._lock:
            yield

    def holds(self, key: str) -> bool:
        """Whether this message has not been handed over."""
        return any(row.bundle == key for row in self.rows)

    def take(self, turn: Turn, grouping: Grouping) -> Bundle | None:
        """What is due longest, leased with what waits beside it. Raises OutboxFull."""
        due = [row for row in self.rows if self._takeable(row, turn)]
        if not due:
            return None
        first = min(due, key=lambda row: row.due)
        return self._lease(first, turn, grouping(first.contact, first.channel))

    def _takeable(self, row: Row, turn: Turn) -> bool:
        left = row.leased_until is None or row.leased_until < turn.now
        mine = row.holder == turn.holder
        due = row.state == State.WAITING and row.due <= turn.now
        free = due or (row.state == State.SENDING and left and not mine)
        return free and not self._behind(row) and not (row.renewal and self._over(row.alert))

    def _over(self, alert: str) -> bool:
        return any(row.alert == alert and row.what == What.RESOLVED for row in self.rows)

    def _behind(self, row: Row) -> bool:
        """Whether it goes along with another, or one before it about the same alert is on its way."""
        if row.bundle not in {None, row.key}:
            return True
        for other in self.rows:
            if other.key == row.key:
                return False
            same = (other.alert, other.contact, other.channel) == (row.alert, row.contact, row.channel)
            if same and other.attempts and other.state in _UNSENT and other.bundle != row.bundle:
                return True
        return False

    def following(self) -> datetime | None:
        unsent = (row for row in self.rows if row.state in _UNSENT)
        waited = (row.due if row.state == State.WAITING else row.leased_until or row.due for row in unsent)
        return min(waited, default=None)

    def _lease(self, first: Row, turn: Turn, group: Sequence[str] | None) -> Bundle:
        taken = [row for row in self.rows if row.bundle == first.key and row.state in _UNSENT]
        taken = taken or [first, *(self._beside(first, turn, group) if group is not None else ())]
        leased = [
            structs.replace(
                row,
                state=State.SENDING,
                bundle=first.key,
                holder=turn.holder,
                leased_until=turn.until,
                attempts=row.attempts + 1,
                tried_at=turn.now,
            )
            for row in taken
        ]
        self._change(leased)
        head = leased[0]
        step = min(row.step for row in leased)
        notices = tuple(row.notice for row in leased)
        return Bundle(first.key, head.contact, head.channel, notices, head.attempts, head.renewal, step)

    def _beside(self, first: Row, turn: Turn, group: Sequence[str]) -> Iterator[Row]:
        for row in self.rows:
            same = (row.contact, row.channel) == (first.contact, first.channel) and row.key != first.key
            free = row.state == State.WAITING and row.bundle is None and row.not_before <= turn.now
            if same and free and _alike(row.notice, first.notice, group):
                yield row

    def extend(self, key: str, turn: Turn) -> None:
        """Raises OutboxFull."""
        self._change([structs.replace(row, leased_until=turn.until) for row in self._sending(key)])

    def sent(self, key: str, now: datetime) -> None:
        """Raises OutboxFull."""
        done = {"state": State.SENT, "sent_at": now, "leased_until": None, "error": ""}
        self._change([structs.replace(row, **done) for row in self._sending(key)])

    def renew(self, key: str, new: str, due: datetime, now: datetime) -> None:
        """Let the same be sent once more later; of those sent before only the first is kept."""
        row = self._rows[key]
        again = structs.replace(
            row,
            key=new,
            renewal=row.renewal + 1,
            state=State.WAITING,
            bundle=None,
            created_at=now,
            not_before=due,
            due=due,
            attempts=0,
            holder=None,
            tried_at=None,
            sent_at=None,
        )
        self._write(Carried(rows=[again], gone=[key] if row.renewal else []))

    def failed(  # what the log says of an attempt
        self, key: str, holder: str, error: str, due: datetime, *, final: bool
    ) -> None:
        """Raises OutboxFull."""
        state = State.DEAD if final else State.WAITING
        left = {"state": state, "due": due, "leased_until": None, "error": error}
        rows = [row for row in self._sending(key) if row.holder == holder]
        self._change([structs.replace(row, **left) for row in rows])

    def _sending(self, key: str) -> list[Row]:
        return [row for row in self.rows if row.bundle == key and row.state == State.SENDING]

    def _change(self, rows: Sequence[Row]) -> None:
        if rows:
            self._write(Carried(rows=rows))

    def close(self) -> None:
        with self._lock:
            if self._segment is not None:
                self._segment.close()
            self._segment = None

    def _write(self, later: Carried) -> None:
        with self._lock:
            held, entry = self._held.with_(later), Entry(encode(later), len(later.rows))
            if self._segment is None or self._segment.room < entry.size:
                self._begin(held)
            else:
                self._append(self._segment, entry)
            self._adopt(held)

    def _append(self, segment: Segment, entry: Entry) -> None:
        try:
            segment.append([entry], time.time_ns() // 1000)
        except OSError as error:  # nobody knows what of the file's end is on the disk
            segment.close()
            self._segment = None
            raise OutboxFull(f"the outbox cannot be written: {error}") from error

    def _adopt(self, held: Carried) -> None:
        self._held = held
        self._rows = {row.key: row for row in held.rows}

    def _begin(self, held: Carried) -> None:
        """A file that begins with all that is held; then those of before go. Raises OutboxFull."""
        entry = Entry(encode(held), len(held.rows))
        path = self._folder / f"{self._number + 1:012d}.segment"
        try:
            path.unlink(missing_ok=True)
            segment = Segment.create(path, max(self._size, 2 * entry.size))
            self._append(segment, entry)
            _sync(self._folder)
        except OSError as error:
            raise OutboxFull(f"the outbox cannot be written: {error}") from error
        self._number += 1
        self._close_with(segment)

    def _close_with(self, segment: Segment) -> None:
        if self._segment is not None:
            self._segment.close()
        self._segment = segment
        for path in self._folder.glob("*.segment"):
            if path != segment.path:
                path.unlink()

    def _recover(self) -> None:
        """The newest file that begins whole counts: the one before it went only then."""
        for path in sorted(self._folder.glob("*.segment"), reverse=True):
            segment, _ = Segment.recover(path)
            records = list(_records(segment))
            segment.close()
            self._number = max(self._number, segment.number)
            if records:
                for each in records:
                    self._adopt(self._held.with_(each))
                self._adopt(self._held.with_(Carried(rows=[_left(row) for row in self._held.rows])))
                return


def _records(segment: Segment) -> Iterator[Carried]:
    while (frame := segment.take()) is not None:
        try:
            yield decode(frame.payload)
        except msgspec.MsgspecError as error:
            _LOG.error("the outbox %s: a record cannot be read: %s", segment.path.name, error)


def _left(row: Row) -> Row:
    """Whoever was sending it is no more: the folder has one owner."""
    return structs.replace(row, leased_until=row.tried_at) if row.state == State.SENDING else row


def _alike(one: Notice, other: Notice, group: Sequence[str]) -> bool:
    told = {
        "rule": lambda notice: notice.rule,
        "area": lambda notice: notice.areas[:1],
        "source": lambda notice: notice.source,
    }
    return all(told[name](one) == told[name](other) for name in group)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
