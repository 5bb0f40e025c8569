"""Where deliveries lie until they are sent: in the database, or on the disk while that is away."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from alerts import routing
from telemetry.storage import deliveries
from telemetry.storage.deliveries import Bundle, Grouping, Turn
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Database, Transaction

T = TypeVar("T")


class Ledger(Protocol):
    """What a sender does with them; each raises StorageError."""

    def take(self, turn: Turn, grouping: Grouping) -> Bundle | None:
        """What is due longest, leased."""
        ...

    def following(self) -> datetime | None: ...
    def extend(self, key: str, turn: Turn) -> None: ...
    def sent(self, key: str, now: datetime) -> None: ...
    def renew(self, key: str, new: str, due: datetime, now: datetime) -> None: ...
    def failed(self, key: str, holder: str, error: str, due: datetime, *, final: bool) -> None: ...


class Desk(Protocol):
    """Lends its ledger."""

    @property
    def away_us(self) -> int | None:
        """Since when the database has not answered [us]; None: it does."""
        ...

    def work(self, do: Callable[[Ledger], T], key: str | None = None) -> T:
        """`key`: about this message, which may have been handed over. Raises StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class _Rows:
    """Of one transaction."""

    tx: Transaction

    def take(self, turn: Turn, grouping: Grouping) -> Bundle | None:
        first = deliveries.head(self.tx, turn)
        group = grouping(first.contact, first.channel) if first else None
        return deliveries.take(self.tx, first, turn, group) if first else None

    def following(self) -> datetime | None:
        return deliveries.following(self.tx)

    def extend(self, key: str, turn: Turn) -> None:
        deliveries.extend(self.tx, key, turn)

    def sent(self, key: str, now: datetime) -> None:
        deliveries.sent(self.tx, key, now)

    def renew(self, key: str, new: str, due: datetime, now: datetime) -> None:
        deliveries.renew(self.tx, key, new, due, now)

    def failed(self, key: str, holder: str, error: str, due: datetime, *, final: bool) -> None:
        deliveries.failed(self.tx, key, holder, error, due, final=final)


@dataclass(frozen=True, slots=True)
class InDatabase:
    """Nothing is taken from it while the outbox beside it has something to hand over."""

    database: Database
    outbox: Outbox | None = None
    away_us: None = None

    def work(self, do: Callable[[Ledger], T], key: str | None = None) -> T:
        del key
        with self.database.connection() as tx:
            return do(_Rows(tx) if self.outbox is None else _Watched(tx, self.outbox))


@dataclass(frozen=True, slots=True)
class _Watched(_Rows):
    """The outbox knows what is on its way from here."""

    outbox: Outbox

    def take(self, turn: Turn, grouping: Grouping) -> Bundle | None:
        if self.outbox.pending:
            return None
        taken = _Rows.take(self, turn, grouping)
        if taken is not None:
            self.outbox.leave(keys(taken), taken.attempts)
        return taken


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What was handed over meanwhile is noted in the database."""

    outbox: Outbox
    database: Database

    @property
    def away_us(self) -> int | None:
        return self.outbox.away_us

    def work(self, do: Callable[[Ledger], T], key: str | None = None) -> T:
        with self.outbox.held():
            if key is None or self.outbox.holds(key):
                return do(self.outbox)
        return InDatabase(self.database).work(do)


def keys(bundle: Bundle) -> Iterator[str]:
    """Of all that goes in one message."""
    for notice in bundle.notices:
        change = f"{notice.id}/{bundle.renewal}" if bundle.renewal else notice.id
        yield routing.key(change, bundle.contact, bundle.channel)
