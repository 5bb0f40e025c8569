"""The database as whoever asks may see it: no transaction without an asker."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from telemetry.access.asker import Asker
from telemetry.storage import audit, tenancy
from telemetry.storage.errors import NotEntrusted
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.tenancy import Resolved, Scope


@dataclass(slots=True)
class Visit:
    """A request, as the transactions that are made for it need it."""

    asker: Asker
    origin: str
    """From where it comes, as the audit log names it."""
    writes: bool
    found: list[Resolved] = field(default_factory=list)
    """The scope, once it is resolved."""
    wrote: bool = False
    """Whether a transaction of it changed anything."""

    def note(self, tx: Transaction) -> None:
        """At the end of a transaction that may have changed something."""
        self.wrote = self.wrote or audit.changes(tx)


class NobodyAsksError(RuntimeError):
    """A transaction was asked for outside a request: a defect."""


VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)
"""Set at the door for as long as a request lasts."""


def _visit() -> Visit:
    visit = VISIT.get()
    if visit is None:
        raise NobodyAsksError
    return visit


@dataclass(frozen=True, slots=True)
class Doorway:
    """What routes are given in the place of the database."""

    whole: Database
    """Cut to nobody."""

    @contextlib.contextmanager
    def connection(self) -> Iterator[Transaction]:
        """One transaction of whoever asks. Raises NobodyAsksError, StorageUnavailable, StorageError."""
        visit = _visit()
        if visit.asker.areas is not None:
            with self.whole.tenant(visit.asker.areas, visit.found) as tx:
                yield tx
            return
        with self.whole.bounded() as tx:
            if visit.writes:
                audit.sign(tx, visit.asker.name, visit.origin)
            yield tx
            if visit.writes:
                visit.note(tx)

    @property
    def areas(self) -> frozenset[str] | None:
        """Those that whoever asks is let in for; None: the whole park. Raises NobodyAsksError."""
        return _visit().asker.areas

    @property
    def cut(self) -> bool:
        """Whether whoever asks is let in for single areas. Raises NobodyAsksError."""
        return self.areas is not None

    def scope(self) -> Scope | None:
        """What whoever asks may see now, resolved anew; None: the whole park.

        Raises NobodyAsksError, StorageUnavailable, StorageError.
        """
        if not self.cut:
            return None
        _visit().found.clear()
        with self.connection() as tx:
            return tenancy.scope(tx)

    def holds(self, area: str | None, lo: datetime, hi: datetime) -> bool:
        """Whether whoever asks has an area with all that stands in it from lo to hi; None: the park.

        Raises NobodyAsksError, StorageUnavailable, StorageError.
        """
        if not self.cut:
            return True
        if area is None:
            return False
        with self.connection() as tx:
            return tenancy.entrusted(tx, area, lo, hi)

    @contextlib.contextmanager
    def entrusted(self, area: str | None, lo: datetime, hi: datetime) -> Iterator[Transaction]:
        """One transaction for a figure of one area from lo to hi that cannot be cut: it sees the whole park.

        Raises NotEntrusted to whoever has not got that area with all that stands in it in all of that time
        (None: the park), NobodyAsksError, StorageUnavailable, StorageError.
        """
        if not self.holds(area, lo, hi):
            raise NotEntrusted(area, lo, hi)
        with self.whole.bounded() as tx:
            yield tx

    @contextlib.contextmanager
    def signed(self) -> Iterator[Transaction]:
        """One transaction that is cut to nobody and bears the name of whoever asks.

        Raises NobodyAsksError, StorageUnavailable, StorageError.
        """
        visit = _visit()
        with self.whole.bounded() as tx:
            audit.sign(tx, visit.asker.name, visit.origin)
            yield tx
            visit.note(tx)
