"""The live hub: a picture every second, encoded once, replayed to whoever missed a few."""

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from telemetry.reports.errors import TooManyWatchers
from telemetry.reports.picture import MeterRow, Picture, Snapshot, Told, Update

_LOG = logging.getLogger(__name__)
TICK_S = 1.0
SILENCE_S = 15.0
REPLAYED = 60
MAX_WATCHERS = 256
_WARM_S = 600.0  # so long after a question every picture is packed before the next one
_RETRY = b"retry: 2000\n\n"
_SILENCE = b": nothing new\n\n"


class View(Protocol):
    """What the hub shows; called in a worker thread."""

    def look(self, now: float) -> Picture:
        """The park at `now` [s since 1970]."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One update as it goes over the wire."""

    sequence: int
    wire: bytes


@dataclass(frozen=True, slots=True)
class _Newest:
    """The picture that was drawn last."""

    look: int
    epoch: str
    sequence: int
    picture: Picture

    def encoded(self) -> bytes:
        return msgspec.json.encode(
            Snapshot(
                time=self.picture.time,
                epoch=self.epoch,
                sequence=self.sequence,
                park=self.picture.park,
                areas=self.picture.areas,
                meters=self.picture.meters,
                counts=self.picture.counts,
            )
        )


class LiveHub:
    """Looks once a tick; watchers follow by sequence and get a snapshot after a gap."""

    def __init__(
        self,
        view: View,
        clock: Callable[[], float] = time.time,
        *,
        tick_s: float = TICK_S,
        silence_s: float = SILENCE_S,
        pack: Callable[[bytes], bytes],
        replayed: int = REPLAYED,
        max_watchers: int = MAX_WATCHERS,
    ) -> None:
        """`pack` makes of a snapshot what goes to those who unpack it."""
        self.epoch = f"{int(clock() * 1000):x}"
        self.sequence = 0
        self.watchers = 0
        self.silence_s = silence_s
        self._renewed = False
        self._view = view
        self._clock = clock
        self._tick_s = tick_s
        self._max_watchers = max_watchers
        self._frames: deque[Frame] = deque(maxlen=replayed)
        self.looks = 0
        self._newest: _Newest | None = None
        self._pack = pack
        self._kept: Told | None = None
        self._keeping = threading.Lock()
        self._asked = -math.inf
        self._coming = False
        self._failing = False
        self.closed = False
        self._news = asyncio.Event()
        self._told: list[tuple[str, bytes]] = []

    async def run(self) -> None:
        """Ticks until cancelled; a failed look is logged once and tried again."""
        while True:
            started = time.monotonic()
            try:
                await self.tick()
                self._failing = False
            except Exception:  # noqa: BLE001  # one bad picture must not end the view
                if not self._failing:
                    _LOG.exception("the live view cannot be drawn")
                self._failing = True
            await asyncio.sleep(max(0.0, started + self._tick_s - time.monotonic()))

    def close(self) -> None:
        """Let every watcher go; an open stream would keep the server from ending."""
        self.closed = True
        self._news.set()

    def tell(self, event: str, data: bytes) -> None:
        """Let every watcher have `data` right after the next update."""
        self._told.append((event, data))

    def renew(self) -> None:
        """Begin a new epoch: whoever watches gets a snapshot next, and asks anew what the park is."""
        self.epoch = f"{int(self.epoch, 16) + 1:x}"
        self._renewed = True

    async def tick(self) -> None:
        gap, self._renewed = self._renewed, False
        try:
            picture, frame = await asyncio.to_thread(self._draw, self.sequence + 1 + gap)
        except BaseException:
            self._renewed = self._renewed or gap
            raise
        if gap:
            self._frames.clear()
            self._kept = None
        self.looks += 1
        self.sequence = frame.sequence
        self._frames.append(frame)
        told, self._told = self._told, []
        for event, data in told:
            self.sequence += 1
            self._frames.append(Frame(self.sequence, self._wire(event, self.sequence, data)))
        self._coming = self._clock() - self._asked < _WARM_S
        self._newest = _Newest(self.looks, self.epoch, self.sequence, picture)
        news, self._news = self._news, asyncio.Event()
        news.set()
        if self._coming:
            await self._pack_ahead(self._newest)

    def snapshot(self) -> Told | None:
        """The newest picture, or the one before it while that is being packed; None before the first.

        It is there at once where somebody asked lately; else it takes its time, so ask in a worker thread.
        """
        self._asked = self._clock()
        newest, kept = self._newest, self._kept
        if newest is None:
            return None
        if kept is not None and kept.look >= newest.look - self._coming:
            return kept
        return self._keep(newest)

    @property
    def picture(self) -> Picture | None:
        """The newest; None before the first."""
        return self._newest.picture if self._newest else None

    def rows(self) -> Mapping[str, MeterRow]:
        """The newest picture's meters by code; empty before the first."""
        return {row.meter: row for row in self._newest.picture.meters} if self._newest else {}

    def join(self, last_event_id: str | None) -> "Watcher":
        """A new watcher; it continues after `last_event_id` while that is kept. Raises TooManyWatchers."""
        if self.watchers >= self._max_watchers:
            raise TooManyWatchers(f"{self.watchers} watch already")
        self.watchers += 1
        return Watcher(self, self._sequence_of(last_event_id))

    async def after(self, sequence: int | None) -> Frame | None:
        """What follows `sequence`: the next update, a snapshot after a gap, None when nothing does."""
        if self._newest is None or sequence == self.sequence:
            return None
        oldest = self._frames[0].sequence
        if sequence is not None and oldest - 1 <= sequence < self.sequence:
            return self._frames[sequence + 1 - oldest]
        told = await asyncio.to_thread(self.snapshot)
        if told is None or told.sequence == sequence:
            return None
        return Frame(told.sequence, self._wire("snapshot", told.sequence, told.plain))

    async def news(self, timeout_s: float) -> None:
        """Returns at the next tick. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._news.wait()

    def _draw(self, sequence: int) -> tuple[Picture, Frame]:
        picture = self._view.look(self._clock())
        changed = [picture.meters[index] for index in picture.changed]
        update = Update(picture.time, sequence, picture.park, picture.areas, changed, picture.counts)
        return picture, Frame(sequence, self._wire("update", sequence, msgspec.json.encode(update)))

    async def _pack_ahead(self, newest: _Newest) -> None:
        try:
            await asyncio.to_thread(self._keep, newest)
        finally:
            self._coming = False

    def _keep(self, newest: _Newest) -> Told:
        """What is told of a picture; whoever asks while another makes it waits for that one."""
        with self._keeping:
            kept = self._kept
            if kept is None or kept.look < newest.look:
                plain = newest.encoded()
                kept = Told(newest.look, newest.sequence, plain, self._pack(plain))
                self._kept = kept
            return kept

    def _wire(self, event: str, sequence: int, data: bytes) -> bytes:
        return b"id: %b-%d\nevent: %b\ndata: %b\n\n" % (self.epoch.encode(), sequence, event.encode(), data)

    def _sequence_of(self, event_id: str | None) -> int | None:
        epoch, _, sequence = (event_id or "").rpartition("-")
        return int(sequence) if epoch == self.epoch and sequence.isdecimal() else None


class Watcher:
    """One client: a cursor and no queue, so a slow one costs nothing."""

    def __init__(self, hub: LiveHub, cursor: int | None) -> None:
        self._hub = hub
        self._cursor = cursor
        self._left = False

    async def events(self) -> AsyncIterator[bytes]:
        yield _RETRY
        while not self._hub.closed:
            frame = await self._hub.after(self._cursor)
            if frame is not None:
                self._cursor = frame.sequence
                yield frame.wire
                continue
            try:
                await self._hub.news(self._hub.silence_s)
            except TimeoutError:
                yield _SILENCE

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self._hub.watchers -= 1
