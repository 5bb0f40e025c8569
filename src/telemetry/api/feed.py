"""The live view as whoever asks may see it: for everybody alike, or cut to the meters of single areas."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from accounting.grid import moment_of
from telemetry.access.doorway import Doorway
from telemetry.api import packing
from telemetry.reports import own
from telemetry.reports.picture import Demand, MeterRow, Picture, Snapshot, Told, Update
from telemetry.storage.tenancy import Scope

_RESOLVED_LOOKS = 10
"""After how many pictures a scope is asked for anew."""


class Watcher(Protocol):
    """One client of the live view."""

    def events(self) -> AsyncIterator[bytes]:
        """Server-sent events as they go over the wire; comments while nothing happens."""
        ...

    def leave(self) -> None: ...


class LiveFeed(Protocol):
    """The live view, encoded once for everybody."""

    @property
    def watchers(self) -> int: ...

    @property
    def epoch(self) -> str: ...

    @property
    def sequence(self) -> int: ...

    @property
    def looks(self) -> int:
        """How many pictures there were."""
        ...

    @property
    def picture(self) -> Picture | None:
        """The newest; None before the first."""
        ...

    def snapshot(self) -> Told | None:
        """The newest picture; None before the first. Takes its time where nobody asked lately."""
        ...

    def rows(self) -> Mapping[str, MeterRow]:
        """The newest picture's meters by code; empty before the first."""
        ...

    def join(self, last_event_id: str | None) -> Watcher:
        """Raises TooManyWatchers."""
        ...


@dataclass(frozen=True, slots=True)
class Live:
    """What routes are given in the place of the feed."""

    feed: LiveFeed
    database: Doorway

    @property
    def watchers(self) -> int:
        return self.feed.watchers

    def snapshot(self) -> Told | None:
        """The newest picture; None before the first. Takes its time, and raises StorageError."""
        scope, picture = self.database.scope(), self.feed.picture
        if scope is None:
            return self.feed.snapshot()
        if picture is None:
            return None
        plain = encoded(self.feed, own.picture(picture, scope))
        return Told(self.feed.looks, self.feed.sequence, plain, packing.packed(plain))

    def demand(self) -> Demand | None:
        """The block that runs; None before the first picture and for single areas. Raises StorageError."""
        picture = self.feed.picture
        return None if picture is None or self.database.scope() is not None else picture.park.demand

    def rows(self) -> Mapping[str, MeterRow]:
        """The newest picture's meters by code; empty before the first. Raises StorageError."""
        scope = self.database.scope()
        found = self.feed.rows()
        return found if scope is None else own.rows(found, scope, datetime.now(UTC))

    def join(self, last_event_id: str | None) -> Watcher:
        """Raises TooManyWatchers."""
        watcher = self.feed.join(last_event_id)
        return OwnWatcher(self, watcher) if self.database.cut else watcher


def encoded(feed: LiveFeed, picture: Picture) -> bytes:
    """A picture as GET /live tells it."""
    snapshot = Snapshot(
        picture.time, feed.epoch, feed.sequence, picture.park, picture.areas, picture.meters, picture.counts
    )
    return msgspec.json.encode(snapshot)


class OwnWatcher:
    """One client that is let in for single areas."""

    def __init__(self, live: Live, place: Watcher) -> None:
        """`place` hears what everybody hears."""
        self._live = live
        self._place = place
        self._seen = 0
        self._resolved = 0
        self._scope: Scope | None = None

    async def events(self) -> AsyncIterator[bytes]:
        feed = self._live.feed
        async for heard in self._place.events():
            if not heard.startswith(b"id:"):
                yield heard
                continue
            if feed.picture is not None and feed.looks != self._seen:
                yield await self._event(feed.picture)
            if b"\nevent: alert\n" in heard and self._is_own(heard):
                yield heard

    def leave(self) -> None:
        self._place.leave()

    def _is_own(self, heard: bytes) -> bool:
        """Whether an alert is of a meter, now and when it fired, or of an area that is wholly theirs."""
        told = msgspec.json.decode(heard.partition(b"\ndata: ")[2], type=_Alert)
        scope = self._scope or _NOTHING
        if told.subject_kind == "area":
            return told.subject in scope.wholly
        moments = (told.at, moment_of(int(told.alert.rpartition("/")[2])))
        return told.subject_kind == "meter" and all(scope.holds(told.subject, each) for each in moments)

    async def _event(self, whole: Picture) -> bytes:
        """A snapshot at first, after a gap and when the scope is another, else what changed."""
        feed, looks = self._live.feed, self._live.feed.looks
        before = self._scope
        if before is None or looks - self._resolved >= _RESOLVED_LOOKS:
            self._scope = await asyncio.to_thread(self._live.database.scope)
            self._resolved = looks
        picture = own.picture(whole, self._scope or _NOTHING)
        follows = self._seen == looks - 1 and self._scope == before
        self._seen = looks
        name, data = ("update", _update(feed, picture)) if follows else ("snapshot", encoded(feed, picture))
        return b"id: %b-%d\nevent: %b\ndata: %b\n\n" % (
            feed.epoch.encode(),
            feed.sequence,
            name.encode(),
            data,
        )


class _Alert(Struct):
    """What tells whose it is."""

    alert: str
    subject_kind: str
    subject: str
    at: datetime


_NOTHING = Scope({}, {}, frozenset())


def _update(feed: LiveFeed, picture: Picture) -> bytes:
    changed = [picture.meters[index] for index in picture.changed]
    update = Update(picture.time, feed.sequence, picture.park, picture.areas, changed, picture.counts)
    return msgspec.json.encode(update)
