"""Readings on the disk that the store has not taken yet: bounded, checksummed, one owner."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ingest.batch import Batch
from ingest.errors import PayloadError, SpoolError, SpoolFull
from ingest.spool import record
from ingest.spool.health import Alarm, SpoolHealth, SpoolState
from ingest.spool.segment import Entry, Frame, Segment

__all__ = ["LIMIT", "Kept", "Spool", "SpoolHealth", "SpoolState"]
_log = logging.getLogger(__name__)
LIMIT = 1 << 30
_SEGMENT = 16 << 20
_RECORD = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A batch that the spool hands out; it keeps it until it is told that it is done."""

    batch: Batch
    segment: Segment
    frame: Frame


class Spool:
    """Used from several threads: `append` by one, `take`, `done`, `hold` and `rewind` by another."""

    def __init__(self, folder: Path, lock: int, limit: int, segment: int, clock: Callable[[], float]) -> None:
        """`open` makes one."""
        self.limit = limit
        self._folder = folder
        self._owned = lock
        self._segment = segment
        self._clock = clock
        self._lock = threading.Lock()
        self._segments: list[Segment] = []
        self._active: Segment | None = None
        self._spare: Segment | None = None
        self._number = 0
        self._damaged = 0
        self._cut = 0
        self._alarm = Alarm(limit)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        limit: int = LIMIT,
        segment: int = _SEGMENT,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Take what an earlier process left. `limit` and `segment` in bytes; `clock` dates records [s].

        Raises SpoolError when the folder is another's or cannot be used.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
            spool = cls(folder, _claim(folder), limit, min(segment, limit), clock)
            spool._recover()
        except OSError as error:
            raise SpoolError(f"the spool in {folder} cannot be used: {error}") from error
        return spool

    def append(self, batches: Iterable[Batch]) -> None:
        """Returns once all of them would survive a power cut. Raises SpoolFull when some would not."""
        pieces = (piece for batch in batches for piece in record.parts(batch, _RECORD))
        entries = [Entry(record.encode(piece), len(piece)) for piece in pieces]
        with self._lock:
            try:
                self._append(entries)
            except (OSError, SpoolFull) as error:
                self._alarm.refused(str(error))
                raise SpoolFull(f"the spool takes no more readings: {error}") from error
            self._alarm.full = ""
            self._prepare()
            self._alarm.watch(self._used())

    def take(self, rows: int) -> list[Kept]:
        """The oldest batches that were not taken yet, at least one if there is any, about `rows` rows."""
        taken: list[Kept] = []
        with self._lock:
            for segment in list(self._segments):
                while sum(kept.frame.rows for kept in taken) < rows and (frame := segment.take()):
                    self._read(segment, frame, taken)
        return taken

    def done(self, taken: Sequence[Kept]) -> None:
        """The store has them; their room is free again."""
        with self._lock:
            for kept in taken:
                kept.segment.done(kept.frame)
            self._clear()
            self._prepare()
            self._alarm.watch(self._used())

    def hold(self, kept: Kept, reason: str) -> None:
        """The store refuses this one: keep it, and offer it again after the next start."""
        _log.error("%d rows of %s stay in the spool: %s", len(kept.batch), kept.batch.source, reason)
        with self._lock:
            kept.segment.hold(kept.frame)

    def rewind(self) -> None:
        """Offer again what was taken and is not done."""
        with self._lock:
            for segment in self._segments:
                segment.rewind()

    @property
    def full(self) -> bool:
        """The last rows offered found no room."""
        return bool(self._alarm.full)

    @property
    def pending(self) -> bool:
        """Whether anything waits for the store."""
        with self._lock:
            return any(segment.live > segment.held for segment in self._segments)

    def health(self) -> SpoolHealth:
        with self._lock:
            oldest = next(filter(None, (segment.oldest_us() for segment in self._segments)), None)
            return SpoolHealth(
                state=self._alarm.state(holding=any(segment.live for segment in self._segments)),
                records=sum(segment.live for segment in self._segments),
                rows=sum(segment.rows for segment in self._segments),
                bytes=self._used(),
                limit=self.limit,
                oldest=oldest and oldest / 1e6,
                damaged=self._damaged + sum(segment.damaged for segment in self._segments),
                cut=self._cut,
                held=sum(segment.held for segment in self._segments),
                error=self._alarm.full,
            )

    def close(self) -> None:
        with self._lock:
            for segment in (*self._segments, *([self._spare] if self._spare else [])):
                segment.close()
            self._segments = []
            os.close(self._owned)

    def _recover(self) -> None:
        for path in sorted(self._folder.glob("*.segment")):
            segment, torn = Segment.recover(path)
            self._number = segment.number
            self._segments.append(segment)
            if torn:
                self._cut += 1
                _log.warning(
                    "spool %s: %d bytes of a record that was never finished are cut", path.name, torn
                )
            if segment.damaged:
                _log.error(
                    "spool %s: %d records are damaged, their readings are lost", path.name, segment.damaged
                )
        self._clear()
        self._prepare()
        self._alarm.watch(self._used())

    def _append(self, entries: list[Entry]) -> None:
        now_us, waiting = round(self._clock() * 1e6), entries
        while waiting:
            active = self._with_room(waiting[0].size)
            fitting, room = 0, active.room
            while fitting < len(waiting) and waiting[fitting].size <= room:
                room -= waiting[fitting].size
                fitting += 1
            self._write(active, waiting[:fitting], now_us)
            waiting = waiting[fitting:]

    def _write(self, active: Segment, entries: list[Entry], now_us: int) -> None:
        try:
            active.append(entries, now_us)
        except OSError:  # after a failed fsync nobody knows what of the file's end is on the disk
            active.seal()
            self._active = None
            raise

    def _with_room(self, size: int) -> Segment:
        if self._active and self._active.room >= size:
            return self._active
        if self._active:
            self._active.seal()
        self._active = None
        self._clear()
        spare, self._spare = self._spare, None
        if spare and spare.room < size:
            spare.delete()
            spare = None
        self._active = spare or self._create(size)
        self._segments.append(self._active)
        return self._active

    def _create(self, least: int) -> Segment:
        """Raises OSError, SpoolFull."""
        size = max(least, self._segment)
        if self._allocated() + size > self.limit:
            raise SpoolFull(f"{self.limit} bytes are used")
        self._number += 1
        segment = Segment.create(self._folder / f"{self._number:012d}.segment", size)
        _sync_folder(self._folder)
        self._alarm.tight = ""
        return segment

    def _prepare(self) -> None:
        """Allocate the next segment before it is needed: a full disk is told while there is room left."""
        if self._spare or (self._active and not _half_used(self._active)):
            return
        try:
            self._spare = self._create(0)
        except SpoolFull:
            return
        except OSError as error:
            self._alarm.tight = str(error)

    def _read(self, segment: Segment, frame: Frame, taken: list[Kept]) -> None:
        try:
            taken.append(Kept(record.decode(frame.payload), segment, frame))
        except PayloadError as error:
            _log.error("spool %s: a record stays there unread: %s", segment.path.name, error)
            segment.hold(frame)

    def _clear(self) -> None:
        """Delete the segments in which nothing waits."""
        if self._active and not self._active.live and _half_used(self._active):
            self._active = None
        for segment in [one for one in self._segments if one is not self._active and not one.oldest_us()]:
            self._damaged += segment.damaged
            self._segments.remove(segment)
            segment.delete()

    def _used(self) -> int:
        return sum(segment.end for segment in self._segments if segment.live)

    def _allocated(self) -> int:
        return sum(segment.size for segment in self._segments)


def _half_used(segment: Segment) -> bool:
    return segment.end >= segment.size // 2


def _claim(folder: Path) -> int:
    """The lock of the folder. Raises SpoolError when another process has it."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SpoolError(f"the spool in {folder} is in use by another ParkWatt") from None
    return descriptor


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
