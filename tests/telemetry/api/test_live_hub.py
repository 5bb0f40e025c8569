import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime

import msgspec
import pytest

from telemetry.jobs.live import LiveHub, Watcher
from telemetry.reports.errors import TooManyWatchers
from telemetry.reports.picture import Counts, MeterRow, ParkRow, Picture, Snapshot, State, Update

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Counting:
    """A view whose first meter's power counts the looks and whose second stands still."""

    def __init__(self) -> None:
        self.looks = 0
        self.broken = False

    def look(self, now: float) -> Picture:
        if self.broken:
            raise RuntimeError("no picture")
        self.looks += 1
        moving = MeterRow("A", NOW, 0.0, State.LIVE, float(self.looks), None, {})
        still = MeterRow("B", NOW, now, State.STALE, None, None, {})
        park = ParkRow(float(self.looks), None, None, None, 1.0, 1.0, None, None, None)
        return Picture(NOW, park, [], [moving, still], [0], Counts(1, 0, 1, 0))


@pytest.fixture
def view() -> Counting:
    return Counting()


@pytest.fixture
def hub(view: Counting) -> LiveHub:
    return LiveHub(view, lambda: 1000.0, pack=bytes, replayed=3, max_watchers=2, silence_s=0.01)


def _parsed(wire: bytes) -> tuple[str, str, bytes]:
    fields = dict(line.split(b": ", 1) for line in wire.decode().strip().encode().split(b"\n"))
    return fields[b"id"].decode(), fields[b"event"].decode(), fields[b"data"]


async def _next(events: AsyncIterator[bytes]) -> tuple[str, str, bytes]:
    while True:
        wire = await anext(events)
        if wire.startswith(b"id:"):
            return _parsed(wire)


def _ticked(hub: LiveHub, times: int) -> None:
    async def tick() -> None:
        for _ in range(times):
            await hub.tick()

    asyncio.run(tick())


def _events(hub: LiveHub, last: str | None, count: int) -> list[tuple[str, str, bytes]]:
    async def collect() -> list[tuple[str, str, bytes]]:
        async with aclosing(hub.join(last).events()) as events:
            return [await _next(events) for _ in range(count)]

    return asyncio.run(collect())


def test_a_new_watcher_begins_with_a_snapshot(hub: LiveHub) -> None:
    _ticked(hub, 2)
    [(identity, event, data)] = _events(hub, None, 1)
    snapshot = msgspec.json.decode(data, type=Snapshot)
    assert (event, identity) == ("snapshot", f"{hub.epoch}-2")
    assert (snapshot.epoch, snapshot.sequence) == (hub.epoch, 2)
    assert [row.meter for row in snapshot.meters] == ["A", "B"]
    told = hub.snapshot()
    assert told is not None
    assert (told.plain, told.sequence) == (data, 2)


def test_what_was_missed_is_replayed_and_holds_changed_rows_only(hub: LiveHub) -> None:
    _ticked(hub, 4)
    found = _events(hub, f"{hub.epoch}-2", 2)
    assert [(identity, event) for identity, event, _ in found] == [
        (f"{hub.epoch}-3", "update"),
        (f"{hub.epoch}-4", "update"),
    ]
    update = msgspec.json.decode(found[0][2], type=Update)
    assert [(row.meter, row.power_kw) for row in update.meters] == [("A", 3.0)]
    assert update.counts == Counts(1, 0, 1, 0)


@pytest.mark.parametrize("last", ["{epoch}-1", "{epoch}-99", "other-4", "{epoch}-x", "", "-", "\x00"])
def test_after_a_gap_or_an_unknown_id_comes_a_snapshot(hub: LiveHub, last: str) -> None:
    _ticked(hub, 6)
    [(identity, event, _)] = _events(hub, last.format(epoch=hub.epoch), 1)
    assert (event, identity) == ("snapshot", f"{hub.epoch}-6")


def test_pictures_are_packed_ahead_as_long_as_somebody_asks(view: Counting) -> None:
    now, packed = [1000.0], list[bytes]()

    def pack(plain: bytes) -> bytes:
        packed.append(plain)
        return b"packed"

    hub = LiveHub(view, lambda: now[0], pack=pack)
    _ticked(hub, 3)
    assert packed == []
    told = hub.snapshot()
    assert told == hub.snapshot()
    _ticked(hub, 2)
    assert [msgspec.json.decode(each, type=Snapshot).sequence for each in packed] == [3, 4, 5]
    told = hub.snapshot()
    assert told is not None
    assert (told.sequence, told.plain, told.packed, len(packed)) == (5, packed[2], b"packed", 3)
    now[0] += 601
    _ticked(hub, 2)
    assert len(packed) == 3


def test_while_a_picture_is_packed_the_one_before_it_is_told(view: Counting) -> None:
    going, free = threading.Event(), threading.Event()
    free.set()

    def pack(_: bytes) -> bytes:
        going.set()
        assert free.wait(60)
        return b""

    async def told_meanwhile() -> list[int]:
        await hub.tick()
        found = [hub.snapshot()]
        free.clear()
        going.clear()
        tick = asyncio.ensure_future(hub.tick())
        await asyncio.to_thread(going.wait, 60)
        found.append(hub.snapshot())
        free.set()
        await tick
        return [told.sequence for told in (*found, hub.snapshot()) if told]

    hub = LiveHub(view, lambda: 1000.0, pack=pack)
    assert asyncio.run(told_meanwhile()) == [1, 1, 2]


def test_a_slow_watcher_jumps_to_the_newest_picture(hub: LiveHub) -> None:
    async def lag() -> list[str]:
        async with aclosing(hub.join(None).events()) as events:
            await hub.tick()
            seen = [(await _next(events))[1]]
            for _ in range(5):
                await hub.tick()
            identity, event, _ = await _next(events)
            assert identity == f"{hub.epoch}-6"
            return [*seen, event]

    assert asyncio.run(lag()) == ["snapshot", "snapshot"]


def test_a_watcher_waits_for_the_first_picture_and_hears_that_nothing_is_new(hub: LiveHub) -> None:
    async def wait() -> list[bytes]:
        async with aclosing(hub.join(None).events()) as events:
            return [await anext(events), await anext(events)]

    assert asyncio.run(wait()) == [b"retry: 2000\n\n", b": nothing new\n\n"]
    assert hub.snapshot() is None


def test_a_tick_wakes_whoever_waits(view: Counting) -> None:
    hub = LiveHub(view, lambda: 1000.0, pack=bytes, silence_s=30)

    async def wake() -> str:
        async with aclosing(hub.join(None).events()) as events:
            waiting = asyncio.ensure_future(_next(events))
            await asyncio.sleep(0)
            await hub.tick()
            return (await asyncio.wait_for(waiting, 60))[1]

    assert asyncio.run(wake()) == "snapshot"


def test_a_closed_hub_lets_its_watchers_go(view: Counting) -> None:
    hub = LiveHub(view, lambda: 1000.0, pack=bytes, silence_s=30)

    async def follow() -> list[bytes]:
        watcher = hub.join(None)
        waiting = asyncio.ensure_future(_all(watcher.events()))
        await asyncio.sleep(0)
        hub.close()
        return await asyncio.wait_for(waiting, 60)

    assert asyncio.run(follow()) == [b"retry: 2000\n\n"]


async def _all(events: AsyncIterator[bytes]) -> list[bytes]:
    return [wire async for wire in events]


def test_there_is_room_for_so_many_and_again_when_one_leaves(hub: LiveHub) -> None:
    first: Watcher = hub.join(None)
    hub.join(None)
    with pytest.raises(TooManyWatchers):
        hub.join(None)
    first.leave()
    first.leave()
    assert hub.watchers == 1
    hub.join(None)


def test_a_view_that_fails_is_told_once_and_tried_again(
    view: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    hub = LiveHub(view, lambda: 1000.0, pack=bytes, tick_s=0.001)

    async def run() -> None:
        view.broken = True
        running = asyncio.ensure_future(hub.run())
        async with asyncio.timeout(60):
            while not caplog.records:  # noqa: ASYNC110  # another task tells it
                await asyncio.sleep(0.005)
            view.broken = False
            while not hub.sequence:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.005)
        running.cancel()

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert hub.sequence > 0
    assert [record.message for record in caplog.records] == ["the live view cannot be drawn"]


class Renewing(Counting):
    """The park changes while a picture is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = bool

    def look(self, now: float) -> Picture:
        meanwhile, self.meanwhile = self.meanwhile, bool
        meanwhile()
        return super().look(now)


def _told(hub: LiveHub, *steps: Callable[[], None]) -> list[str]:
    """The event after each step and the tick that follows."""

    async def told() -> list[str]:
        found = []
        async with aclosing(hub.join(None).events()) as events:
            for step in steps:
                step()
                await hub.tick()
                found.append((await _next(events))[1])
        return found

    return asyncio.run(told())


def test_a_change_while_the_picture_of_another_is_drawn_is_told_too() -> None:
    view = Renewing()
    hub = LiveHub(view, lambda: 1000.0, pack=bytes)

    def changes_twice() -> None:
        hub.renew()
        view.meanwhile = hub.renew

    assert _told(hub, bool, bool, changes_twice, bool, bool) == [
        "snapshot",
        "update",
        "snapshot",
        "snapshot",
        "update",
    ]


def test_a_change_is_told_though_its_first_picture_fails(hub: LiveHub, view: Counting) -> None:
    _ticked(hub, 1)
    hub.renew()
    view.broken = True
    with pytest.raises(RuntimeError):
        _ticked(hub, 1)
    view.broken = False
    before = hub.sequence
    _ticked(hub, 1)
    assert hub.sequence == before + 2, "a gap: whoever watches gets a snapshot"
